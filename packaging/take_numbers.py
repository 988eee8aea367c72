"""Takes numbers in a hall that was just set up: `python take_numbers.py COUNT`, as `fresh_root.sh` runs it there.

Prints the last number, how many were given today and how many wait. It waits for the caller, and for the day to open by
itself; what does not come within two minutes ends it with an error.
"""

import asyncio
import sys
from pathlib import Path

from caller.client.client import Client
from caller.engine import commands as cmd

TOKEN = Path("/var/lib/hallcall/tokens/manager-office")
CALLER = "ws://127.0.0.1:9300"
ITEM = "V001"  # of the sample village
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.1  # between two looks at what the caller has sent
SPACING_SECONDS = 0.05  # a station may not send faster


async def main(count: int) -> None:
    """Take `count` numbers and print what came of them. Raises `TimeoutError` without a caller or an open day."""
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        Client(CALLER, TOKEN.read_text("utf-8").strip(), ["supervise"], "fresh root") as line,
    ):
        await line.until("current")
        before = line.views["supervise"]["counts"]["issued"]
        while not line.views["supervise"]["hall"]["open"]:
            await asyncio.sleep(LOOK_SECONDS)
        number = ""
        for _ in range(count):
            number = (await line.send(cmd.TakeTicket(items=[ITEM])))["number"]
            await asyncio.sleep(SPACING_SECONDS)
        while (counts := line.views["supervise"]["counts"])["issued"] < before + count:
            await asyncio.sleep(LOOK_SECONDS)
        print(f"{number}, {counts['issued']} given, {counts['waiting']} wait")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
