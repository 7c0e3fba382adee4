"""The machine and the versions that a result was measured with."""
import os
import re
import subprocess

from . import sdk_server


def _said(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "not there"
    return (done.stdout + done.stderr).strip().splitlines()[0] if done.stdout or done.stderr else ""


def _file(path):
    try:
        with open(path, encoding="ascii") as text:
            return text.read().strip()
    except OSError:
        return ""


def _idling():
    """What a processor without anything to do does: on a virtual one it is most of a lone call's time."""
    governor = _file("/sys/devices/system/cpu/cpuidle/current_governor") or "unknown"
    polls = _file("/sys/module/haltpoll/parameters/guest_halt_poll_ns")
    return f"{governor}, guest_halt_poll_ns {polls}" if polls else governor


def describe():
    """(name, value) pairs for the head of a result."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        model = re.search(r"model name\s*: (.*)", info.read())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    with open("/etc/os-release", encoding="utf-8") as release:
        system = re.search(r'PRETTY_NAME="(.*)"', release.read())
    return [
        ("cores", f"{os.cpu_count()} × {model.group(1) if model else 'unknown'}"),
        ("idling", _idling()),
        ("memory", f"{memory:.0f} GiB"),
        ("system", f"{system.group(1) if system else 'unknown'}, Linux {os.uname().release}"),
        ("compiler", _said("g++", "--version")),
        ("nginx", _said("/usr/sbin/nginx", "-v").removeprefix("nginx version: ")),
        ("wrk", _said("wrk", "-v").split(" Copyright")[0]),
        ("h2load", _said("h2load", "--version")),
        ("the SDK's server", sdk_server.versions()),
    ]


def commit(root):
    return _said("git", "-C", root, "rev-parse", "--short", "HEAD")
