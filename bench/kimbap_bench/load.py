"""Load by wrk and h2load: tool calls of an MCP client, or plain GETs."""
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


@dataclasses.dataclass
class Timed:
    """How long requests took that were sent one after the other."""
    p50: float  # microseconds
    p99: float
    p99_by_time: float  # where a stall counts for as many requests as it kept from being sent, as wrk counts


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


def by_time(took, between):
    """The latencies `took`, and those that requests sent every `between` would have had: wrk's correction for the
    requests that a client which waits for each answer doesn't send during a stall."""
    for one in took:
        yield one
        if one > 2 * between:
            missed = one - between
            while missed > between:
                yield missed
                missed -= between


def time_each(workshop, url, body, headers, seconds):
    """One connection, one request at a time, by h2load, which writes down each: wrk's percentiles are by time alone."""
    given, log = workshop.write("body.json", body), workshop.path("h2load.log")
    if os.path.exists(log):
        os.unlink(log)
    options = [option for name, value in headers.items() for option in ("-H", f"{name}: {value}")]
    subprocess.run(["h2load", "--h1", "-c1", "-t1", f"-D{seconds}", "-d", given, "--log-file", log, *options, url],
                   capture_output=True, text=True, check=True)
    with open(log, encoding="ascii") as rows:
        answers = [row.split() for row in rows]
    wrong = sum(status != "200" for _, status, _ in answers)
    if wrong or not answers:
        raise RuntimeError(f"{wrong} of {len(answers)} requests to {url} failed")
    took = sorted(float(each) for _, _, each in answers)
    spaced = sorted(by_time(took, seconds * 1e6 / len(took)))
    return Timed(percentile(took, 50), percentile(took, 99), percentile(spaced, 99))


def percentile(ascending, percent):
    return ascending[min(len(ascending) - 1, len(ascending) * percent // 100)]


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
