"""The tools an agent of kagent sees: its own code reads the configuration and asks its servers. No model is needed for it."""

import asyncio
import json
import sys
from pathlib import Path

from kagent.adk.types import AgentConfig


async def tools_of(folder: Path) -> None:
    config = AgentConfig.model_validate(json.loads((folder / "config.json").read_text()))
    agent = config.to_agent("helper")
    print(json.dumps({"step": "ready"}), flush=True)
    for toolset in agent.tools:
        found = await toolset.get_tools()
        print(json.dumps({"step": "listed", "tools": sorted(tool.name for tool in found)}), flush=True)
        await toolset.close()


asyncio.run(tools_of(Path(sys.argv[1])))
