"""A kimbap with everything on: token, policy, vault credential, scrubbing, durable audit."""
import os
import re
import subprocess

from .growth import grow_audit, grow_vault
from .processes import wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("KIMBAP", os.path.join(ROOT, "build/release/kimbap"))
CREDENTIAL = "shop_0123456789abcdef0123456789abcdef"

MANIFEST = """name: shop
version: 1.0.0
description: Orders
base_url: {upstream}/v1
auth: {{type: bearer, credential_ref: shop.token}}
actions:
  get-order:
    description: Look up one order
    method: GET
    path: /orders/{{order}}
    risk: {{level: low, mutating: false}}
    args:
      - {{name: order, type: string, required: true, pattern: "^[0-9]+$"}}
    request: {{path_params: {{order: "{{order}}"}}}}
    response: {{type: object}}
"""

ACTION = """  action-{n}:
    description: Look up one thing of kind {n} by its identifier
    method: GET
    path: /kind-{n}/{{id}}
    risk: {{level: low, mutating: false}}
    args:
      - {{name: id, type: string, required: true, pattern: "^[a-z0-9-]+$", description: The identifier}}
      - {{name: limit, type: integer, default: 20, minimum: 1, maximum: 100, description: How many}}
    request: {{path_params: {{id: "{{id}}"}}, query: {{limit: "{{limit}}"}}}}
    response: {{type: object}}
"""

RULE = """  - id: rule-{i}
    priority: {i}
    match: {{agents: ["team-{i}-*"], services: [shop, "service-{i}"], risk: [low, medium]}}
    conditions: [{{field: args.order, operator: starts_with, value: "{i}"}}]
    decision: require_approval
"""

LAST_RULE = """  - id: reads
    priority: {i}
    match: {{risk: [low]}}
    decision: allow
"""


def policy_of(rules):
    return ("version: 1.0.0\nrules:\n" + "".join(RULE.format(i=i) for i in range(1, rules)) +
            LAST_RULE.format(i=rules))


class Gateway:
    """Lays an installation out and serves it: with so many policy rules, actions, secrets and audit records; on the
    processors of the list `cpus` where it is given, with a thread each."""

    def __init__(self, workshop, upstream, *, rules=100, actions=1, secrets=1, records=0, fsync=True, cpus=None,
                 wrapper=(), name="gateway"):
        self.workshop, self.name, self.home = workshop, name, workshop.path(name)
        self.wrapper, self.cpus = list(wrapper), cpus
        os.makedirs(self.home)
        self.run("init")
        for folder in ("internal/policy", "manifests"):
            for file in os.listdir(os.path.join(self.home, folder)):
                os.unlink(os.path.join(self.home, folder, file))
        workshop.write(f"{name}/manifests/shop.yaml", MANIFEST.format(upstream=upstream))
        for service in range(0, actions - 1, 25):
            lines = [f"name: service-{service}\nversion: 1.0.0\ndescription: One of many\n"
                     f"base_url: {upstream}\nauth: {{type: none}}\nactions:\n"]
            lines += [ACTION.format(n=n) for n in range(service, min(service + 25, actions - 1))]
            workshop.write(f"{name}/manifests/service-{service}.yaml", "".join(lines))
        workshop.write(f"{name}/internal/policy/rules.yaml", policy_of(rules))
        self._config(fsync)
        self.run("vault", "set", "shop.token", given=CREDENTIAL)
        if secrets > 1:
            grow_vault(self.home, secrets)
        self.token = self.run("token", "create", "--agent", "bench", "--role", "reader").strip()
        if records:
            self.run("call", "shop.get-order", "--arg", "order=1001")
            grow_audit(self.home, records)
        self.child = None
        self.start()

    def _config(self, fsync):
        path = os.path.join(self.home, "kimbap.yaml")
        with open(path, encoding="utf-8") as text:
            lines = text.read()
        with open(path, "w", encoding="utf-8") as out:
            out.write(lines + f"\naudit: {{fsync: {str(fsync).lower()}}}\n")

    def run(self, *arguments, given=""):
        done = subprocess.run([BINARY, *arguments], cwd=self.home, input=given, text=True,
                              capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"kimbap {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def start(self):
        pinned = ["taskset", "-c", self.cpus] if self.cpus else []
        self.child = self.workshop.start(self.name,
                                         [*pinned, *self.wrapper, BINARY, "serve", "--listen", "127.0.0.1:0"],
                                         cwd=self.home)
        wait_for("kimbap serve", lambda: "listen=" in self.workshop.log(self.name) or
                 self.child.poll() is not None, seconds=120)
        found = re.search(r'listen="([0-9.:]+)"', self.workshop.log(self.name))
        if not found:
            raise RuntimeError(self.workshop.log(self.name))
        self.url = f"http://{found.group(1)}/mcp"

    def stop(self):
        self.workshop.stop(self.child)

    def memory_kib(self):
        with open(f"/proc/{self.child.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def calls_logged(self):
        with subprocess.Popen([BINARY, "audit", "export"], cwd=self.home, stdout=subprocess.PIPE) as export:
            return sum(b'"status":"succeeded"' in line for line in export.stdout)
