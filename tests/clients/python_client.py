"""Lists and calls kimbap's tools with the official Python SDK, and prints what it saw as JSON.

    python_client.py http|sse|stdio legacy|auto|2026-07-28 URL|KIMBAP CONFIG

KIMBAP_TOKEN is sent as the bearer token.
"""
import asyncio
import json
import os
import sys

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client


def server(transport: str, target: str, config: str):
    headers = {"Authorization": f"Bearer {os.environ['KIMBAP_TOKEN']}"}
    if transport == "http":
        return streamable_http_client(target, http_client=httpx2.AsyncClient(headers=headers))
    if transport == "sse":
        return sse_client(target, headers=headers)
    return StdioServerParameters(command=target, args=["--config", config, "mcp"])


async def main() -> None:
    transport, mode, target, config = sys.argv[1:]
    heard = []

    async def on_progress(done, total, message) -> None:
        heard.append(done)

    async with Client(server(transport, target, config), mode=mode) as client:
        tools = await client.list_tools()
        echo = await client.call_tool("demo_echo", {"text": "hello"})
        await client.call_tool("demo_stream", {}, progress_callback=on_progress)
        refused = await client.call_tool("demo_wipe", {})
        print(json.dumps({
            "revision": client.protocol_version,
            "tools": [tool.name for tool in tools.tools],
            "echo": echo.structured_content,
            "refused": refused.is_error,
            "progress": len(heard),
        }))


asyncio.run(main())
