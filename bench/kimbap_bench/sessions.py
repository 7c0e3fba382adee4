"""Idle sessions of the legacy era."""
import http.client
import json

INITIALIZE = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
    "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}})


def open_sessions(gateway, count):
    """One after the other over one connection: what stays is the session alone."""
    host = gateway.url.removeprefix("http://").removesuffix("/mcp")
    connection = http.client.HTTPConnection(host, timeout=30)
    headers = {"Authorization": f"Bearer {gateway.token}", "Content-Type": "application/json",
               "Accept": "application/json, text/event-stream"}
    for _ in range(count):
        connection.request("POST", "/mcp", INITIALIZE, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200 or not answer.getheader("Mcp-Session-Id"):
            raise RuntimeError(f"initialize: {answer.status}")
    connection.close()
