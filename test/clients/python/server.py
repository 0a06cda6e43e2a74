"""A server on the Python SDK."""

import asyncio
import hashlib
import os
import socket
import ssl
from pathlib import Path
from typing import Annotated

import anyio
import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.streamable_http import EventMessage, EventStore
from mcp_types import (
    ElicitRequest,
    ElicitRequestFormParams,
    InputRequiredResult,
    SamplingMessage,
    TextContent,
)
from pydantic import BaseModel, Field
from speaking import on_line, say

# `go` lines of the test.
go_ahead: asyncio.Queue[None] = asyncio.Queue()


class Answer(BaseModel):
    answer: str


class Events(EventStore):
    """Keeps every event, in order, for a client that comes back with the number of the last one it saw."""

    def __init__(self) -> None:
        self._events: list[tuple] = []

    async def store_event(self, stream_id, message):
        self._events.append((stream_id, message))
        return str(len(self._events))

    async def replay_events_after(self, last_event_id, send_callback):
        last = int(last_event_id)
        stream = self._events[last - 1][0]
        for number, (stream_id, message) in enumerate(self._events[last:], last + 1):
            if stream_id == stream and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream


mcp = MCPServer("python")

# From 2026-07-28 on, a client sends such an argument in a header as well, and the server compares the two.
Tag = Annotated[str, Field(json_schema_extra={"x-mcp-header": "Tag"})]


@mcp.tool(structured_output=False)
async def echo(text: str, tag: Tag = "") -> str:
    return text


@mcp.tool(structured_output=False)
async def slow(ctx: Context) -> str:
    for progress in (1, 2, 3):
        await ctx.report_progress(progress, 3)
        await go_ahead.get()
    return "done"


@mcp.tool(structured_output=False)
async def ask(ctx: Context):
    if ctx.protocol_version >= "2026":
        # 2026-07-28 has no requests from server to client.
        if ctx.input_responses is None:
            question = ElicitRequestFormParams(
                message="Really?", requested_schema=Answer.model_json_schema()
            )
            return InputRequiredResult(input_requests={"really": ElicitRequest(params=question)})
        return f"elicited {ctx.input_responses['really'].content['answer']}"
    if ctx.client_capabilities.elicitation is not None:
        answer = await ctx.elicit("Really?", Answer)
        return f"elicited {answer.data.answer}"
    question = SamplingMessage(role="user", content=TextContent(type="text", text="Really?"))
    answer = await ctx.session.create_message(
        [question], max_tokens=10, related_request_id=ctx.request_id
    )
    return f"sampled {answer.content.text}"


@mcp.tool(structured_output=False)
async def announce(ctx: Context) -> str:
    if ctx.protocol_version >= "2026":
        await ctx.notify_tools_changed()
    else:
        await ctx.session.send_tool_list_changed()
    return "announced"


@mcp.tool(structured_output=False)
async def wait() -> str:
    say(event="waiting")
    try:
        await anyio.sleep_forever()
    finally:
        say(event="cancelled")


class Guarded:
    """Says every request and its end to the test, and answers 401 to all that lack exactly one good credential."""

    def __init__(self) -> None:
        self._streamable = mcp.streamable_http_app(event_store=Events(), retry_interval=50)
        self._sse = mcp.sse_app()
        self._accepted = os.environ["ACCEPTED"].split(",")

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return await self._streamable(scope, receive, send)
        headers = [(name.decode("latin-1"), value) for name, value in scope["headers"]]
        values = dict(headers)
        credentials = [
            hashlib.sha256(value).hexdigest() for name, value in headers if name == "authorization"
        ]
        revision = values.get("mcp-protocol-version")
        method, path = scope["method"], scope["path"]
        say(
            event="request",
            method=method,
            path=path,
            headers=[name for name, _ in headers],
            credentials=credentials,
            revision=revision and revision.decode(),
            resumes="last-event-id" in values,
        )
        status = 0

        async def watch(message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            if len(credentials) != 1 or credentials[0] not in self._accepted:
                await watch({"type": "http.response.start", "status": 401, "headers": []})
                await watch({"type": "http.response.body"})
            else:
                app = self._streamable if path == "/mcp" else self._sse
                await app(scope, receive, watch)
        finally:
            say(event="ended", method=method, path=path, status=status)


async def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    tls = {}
    if folder := os.environ.get("TLS"):
        tls = {
            "ssl_certfile": Path(folder, "tls.crt"),
            "ssl_keyfile": Path(folder, "tls.key"),
            "ssl_ca_certs": str(Path(folder, "ca.crt")),
        }
        if os.environ.get("CLIENT_CERTIFICATE") == "required":
            tls["ssl_cert_reqs"] = ssl.CERT_REQUIRED
    loop = asyncio.get_running_loop()
    on_line(lambda _: loop.call_soon_threadsafe(go_ahead.put_nowait, None))
    server = uvicorn.Server(uvicorn.Config(Guarded(), log_level="error", **tls))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    say(event="listening", port=listener.getsockname()[1])
    await serving


asyncio.run(main())
