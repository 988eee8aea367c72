"""Takes numbers in a hall that was just set up: `python take_numbers.py COUNT`, as `fresh_root.sh` runs it there.

Prints the last number, how many were given today and how many wait. It waits for the caller, and for the day to open by
itself; what does not come within two minutes ends it with an error.
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from caller.client.client import Client
from caller.engine import commands as cmd

TOKEN = Path("/var/lib/hallcall/tokens/manager-office")
CALLER = "ws://127.0.0.1:9300"
ITEM = "V001"  # of the sample village
PATIENCE_SECONDS = 120.0
SPACING_SECONDS = 0.05  # a station may not send faster


async def _until(line: Client, condition: Callable[[], bool]) -> None:
    if not condition():
        async for _ in line.changes():
            if condition():
                return


async def main(token: str, count: int) -> None:
    """Take `count` numbers and print what came of them. Raises `TimeoutError` without a caller or an open day."""
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        Client(CALLER, token, ["supervise"], "fresh root") as line,
    ):
        await line.until("current")
        before = line.views["supervise"]["counts"]["issued"]
        await _until(line, lambda: line.views["supervise"]["hall"]["open"])
        number = ""
        for _ in range(count):
            number = (await line.send(cmd.TakeTicket(items=[ITEM])))["number"]
            await asyncio.sleep(SPACING_SECONDS)
        await _until(line, lambda: line.views["supervise"]["counts"]["issued"] >= before + count)
        counts = line.views["supervise"]["counts"]
        print(f"{number}, {counts['issued']} given, {counts['waiting']} wait")


if __name__ == "__main__":
    asyncio.run(main(TOKEN.read_text("utf-8").strip(), int(sys.argv[1])))
