"""Load by wrk: tool calls of an MCP client, or plain GETs."""
import dataclasses
import json
import os
import re
import statistics
import subprocess

REVISION = "2026-07-28"


@dataclasses.dataclass
class Measured:
    rate: float  # requests per second
    p50: float  # milliseconds
    p99: float
    requests: int


SUMMARY = """
function done(summary, latency)
    local e = summary.errors
    io.write(string.format("result %.1f %.1f %.1f %d %d\\n", summary.requests / (summary.duration / 1e6),
        latency:percentile(50), latency:percentile(99), summary.requests,
        e.status + e.connect + e.read + e.write + e.timeout))
end
"""


def body_of(method, params):
    meta = {"io.modelcontextprotocol/protocolVersion": REVISION,
            "io.modelcontextprotocol/clientInfo": {"name": "wrk", "version": "4"},
            "io.modelcontextprotocol/clientCapabilities": {}}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}},
                      separators=(",", ":"))


def headers_of(token, method, name=None):
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
               "MCP-Protocol-Version": REVISION, "Mcp-Method": method}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if name:
        headers["Mcp-Name"] = name
    return headers


def script(workshop, name, method=None, body=None, headers=None):
    """A wrk script that sends this request; a plain GET without one."""
    lines = []
    if method:
        lines.append(f"wrk.method = {json.dumps(method)}")
        lines.append(f"wrk.body = {json.dumps(body)}")
    lines += [f"wrk.headers[{json.dumps(k)}] = {json.dumps(v)}" for k, v in (headers or {}).items()]
    return workshop.write(name + ".lua", "\n".join(lines) + "\n" + SUMMARY)


def call_script(workshop, name, tool, arguments, token=None):
    return script(workshop, name, "POST", body_of("tools/call", {"name": tool, "arguments": arguments}),
                  headers_of(token, "tools/call", tool))


def measure(url, lua, connections, seconds):
    threads = min(2, connections, os.cpu_count() or 1)
    done = subprocess.run(["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s",
                           "-s", lua, url], capture_output=True, text=True, check=True)
    found = re.search(r"^result (\S+) (\S+) (\S+) (\d+) (\d+)$", done.stdout, re.M)
    rate, p50, p99, requests, wrong = found.groups()
    if int(wrong):
        raise RuntimeError(f"{wrong} of {requests} requests to {url} failed")
    return Measured(float(rate), float(p50) / 1000, float(p99) / 1000, int(requests))


def alternate(rounds, contenders):
    """contenders: name → a function that measures once. Rounds A B C A B C …, after one to warm up,
    which doesn't count. Gives name → list of what it gave."""
    for run in contenders.values():
        run()
    results = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            results[name].append(run())
    return results


def median(values):
    return statistics.median(values)


def spread(values):
    """min–max, as text."""
    return f"{min(values):.2f}–{max(values):.2f}"


def ratios(ours, theirs):
    """Round by round, of rates."""
    return [a.rate / b.rate for a, b in zip(ours, theirs)]
