"""A client on the Python SDK."""

import asyncio
from contextlib import AsyncExitStack

import httpx2
from mcp import Client, ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import (
    ClientCapabilities,
    CreateMessageResult,
    ElicitationCapability,
    ElicitResult,
    Implementation,
    InitializedNotification,
    InitializeRequest,
    InitializeRequestParams,
    InitializeResult,
    SamplingCapability,
    TextContent,
    ToolListChangedNotification,
)
from speaking import on_line, say

# A credential of the app's own, which must never arrive, and a header that must.
OWN_HEADERS = {"Authorization": "Bearer the-wrong-one", "X-App": "as-it-is"}


async def elicited(_context, _params):
    say(step="asked")
    return ElicitResult(action="accept", content={"answer": "yes"})


async def sampled(_context, _params):
    say(step="asked")
    return CreateMessageResult(role="assistant", model="none", content=TextContent(type="text", text="yes"))


async def heard(message):
    if isinstance(message, ToolListChangedNotification):
        say(step="changed")


async def listen(stack: AsyncExitStack, client: Client) -> Client:
    changes = await stack.enter_async_context(client.listen(tools_list_changed=True))

    async def follow() -> None:
        async for _ in changes:
            say(step="changed")

    following = asyncio.create_task(follow())
    stack.callback(following.cancel)
    return client


async def connect(stack: AsyncExitStack, url: str, transport: str, revision: str, elicits: bool):
    answering = {"elicitation_callback": elicited} if elicits else {"sampling_callback": sampled}
    if transport == "sse":
        streams = sse_client(url, headers=OWN_HEADERS)
    else:
        # The SDK's own client has timeouts that a call that waits for the test would run into.
        web = httpx2.AsyncClient(headers=OWN_HEADERS, timeout=httpx2.Timeout(30, read=None))
        streams = streamable_http_client(url, http_client=await stack.enter_async_context(web))
    if revision >= "2026":
        return await listen(stack, await stack.enter_async_context(Client(streams, mode="auto", **answering)))
    session = ClientSession(
        *await stack.enter_async_context(streams), message_handler=heard, **answering
    )
    return await initialized(await stack.enter_async_context(session), revision, elicits)


async def initialized(session: ClientSession, revision: str, elicits: bool) -> ClientSession:
    """The SDK always offers its newest revision; an application that was written for an older one offers that."""
    capabilities = (
        ClientCapabilities(elicitation=ElicitationCapability())
        if elicits
        else ClientCapabilities(sampling=SamplingCapability())
    )
    offer = InitializeRequestParams(
        protocol_version=revision,
        capabilities=capabilities,
        client_info=Implementation(name="python", version="1.0.0"),
    )
    session.adopt(await session.send_request(InitializeRequest(params=offer), InitializeResult))
    await session.send_notification(InitializedNotification())
    return session


async def call(session, tool: str, arguments: dict) -> None:
    async def progressed(progress, _total, _message) -> None:
        say(step="progress", progress=progress)

    result = await session.call_tool(tool, arguments, progress_callback=progressed)
    say(step="result", content=[part.model_dump(mode="json", exclude_none=True) for part in result.content])


async def said(doing) -> None:
    try:
        await doing
    except asyncio.CancelledError:
        say(step="failed", message="cancelled")
    except Exception as error:
        say(step="failed", message=repr(error))


async def act(commands: asyncio.Queue) -> None:
    """Does what the lines on standard input say, one after the other but for a call, and says what came of it."""
    while True:
        async with AsyncExitStack() as stack:
            session = calling = None
            while True:
                command = await commands.get()
                match command.pop("do"):
                    case "connect":
                        session = await connect(stack, **command)
                        say(step="connected", revision=session.protocol_version)
                    case "list":
                        listed = await session.list_tools()
                        say(step="listed", tools=[tool.name for tool in listed.tools])
                    case "call":
                        doing = call(session, command["tool"], command.get("arguments", {}))
                        calling = asyncio.create_task(said(doing))
                    case "cancel":
                        calling.cancel()
                    case "end":
                        break
        say(step="ended")


async def main() -> None:
    commands: asyncio.Queue = asyncio.Queue()
    loop = asyncio.get_running_loop()
    on_line(lambda line: loop.call_soon_threadsafe(commands.put_nowait, line))
    await said(act(commands))


asyncio.run(main())
