"""Programs that a benchmark starts, and ends whatever happens."""
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, ready, seconds=30.0):
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise RuntimeError(f"waited in vain for {what}")
        time.sleep(0.02)


def answers(url):
    """Whether something speaks HTTP there, whatever it says."""
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


class Workshop(contextlib.AbstractContextManager):
    """A temporary folder and the programs started in it; both are gone at the end."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="kimbap-bench.")
        self._running = []

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def start(self, name, command, **options):
        """Starts `command` with its output in NAME.log."""
        log = open(self.path(name + ".log"), "wb")
        child = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT,
                                 stdin=subprocess.DEVNULL, **options)
        log.close()
        self._running.append(child)
        return child

    def stop(self, child):
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(timeout=15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        self._running.remove(child)

    def log(self, name):
        with open(self.path(name + ".log"), encoding="utf-8", errors="replace") as text:
            return text.read()

    def __exit__(self, *_):
        for child in list(self._running):
            self.stop(child)
        shutil.rmtree(self.folder, ignore_errors=True)
