"""Durable take-ticket throughput with 100 waiting producers, against the bare group commit of as many rows.

The floor has the same producers, thread, transaction and rows, made beforehand: no engine, no chain, no
memory of answers. In both, a producer is a task that awaits its order's commit before it sends the next.
"""

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from caller.bench.fixture import INSERT, BareRow, bare_log, clock, county, item_ids, median, open_day
from caller.engine.commands import TakeTicket
from caller.engine.envelope import CommandEnvelope
from caller.eventlog import LOG_NAME, EventLog, Reader
from caller.service.loop import Loop
from caller.service.startup import rest_collector
from config.settings import Settings

PRODUCERS = 100
ORDERS = 6_000  # two busy days of a county hall
ROUNDS = 5


def measure(folder: Path) -> dict[str, float]:
    """Return orders and rows a second, medians of rounds taken in turns."""
    settings = county()
    rest_collector()
    product, floor, ratios = [], [], []
    for number in range(ROUNDS):
        home = folder / f"take-{number}"
        home.mkdir()
        product.append(asyncio.run(_product(home, settings)))
        floor.append(asyncio.run(_floor(home, _rows(home))))
        ratios.append(product[-1] / floor[-1])
    return {"ratio": median(ratios), "product_per_s": median(product), "floor_per_s": median(floor)}


def _rows(home: Path) -> list[BareRow]:
    """Return the very rows that the product wrote."""
    with Reader(home / LOG_NAME) as reader:
        return [tuple(record) for record in reader.after(1)]  # pyright: ignore[reportReturnType]


async def _product(home: Path, settings: Settings) -> float:
    log = EventLog(home / LOG_NAME, settings.hall.site)
    loop = Loop(settings, log, clock())
    loop.on_change(lambda _topics, _seq: None)  # as the server does, so that topics are worked out
    loop.start()
    await _one(loop, open_day())
    items = item_ids(settings)
    orders = [
        CommandEnvelope(
            f"0190aaaa-bbbb-7ccc-8ddd-{n:012d}", TakeTicket(items=[items[n % len(items)]]), "kiosk", "K1"
        )
        for n in range(ORDERS)
    ]
    orders.reverse()
    loop.tick()
    seconds = await _produce(lambda done: loop.submit(orders.pop(), done))
    assert sum(loop.hall.waiting.values()) == ORDERS, "every order gave a number"
    await loop.stop()
    log.close()
    return ORDERS / seconds


async def _one(loop: Loop, order: CommandEnvelope) -> None:
    answered = asyncio.get_running_loop().create_future()
    loop.submit(order, answered.set_result)
    await answered


async def _produce(send: Callable[[Callable[[object], None]], None]) -> float:
    """Return the seconds until all orders of 100 producers are durable; each waits for its own before the next."""
    aio = asyncio.get_running_loop()
    left = ORDERS

    async def producer() -> None:
        nonlocal left
        while left:
            left -= 1
            durable: asyncio.Future[object] = aio.create_future()
            send(durable.set_result)
            await durable

    start = time.perf_counter()
    await asyncio.gather(*[producer() for _ in range(PRODUCERS)])
    return time.perf_counter() - start


async def _floor(home: Path, rows: list[BareRow]) -> float:
    """Measure the bare group commit: one thread, whatever is queued in one transaction, settled in one call."""
    connection = bare_log(home / "floor.db")
    rows = rows[::-1]
    waiting: queue.SimpleQueue[tuple[BareRow, Callable[[object], None]] | None] = queue.SimpleQueue()
    settle = asyncio.get_running_loop().call_soon_threadsafe
    thread = threading.Thread(target=_commit_groups, args=(connection, waiting, settle))
    thread.start()
    seconds = await _produce(lambda done: waiting.put((rows.pop(), done)))
    waiting.put(None)
    thread.join()
    connection.close()
    return ORDERS / seconds


def _commit_groups(
    connection: sqlite3.Connection,
    waiting: queue.SimpleQueue[tuple[BareRow, Callable[[object], None]] | None],
    settle: Callable[..., object],
) -> None:
    while (first := waiting.get()) is not None:
        group = [first]
        while not waiting.empty():
            more = waiting.get()
            if more:
                group.append(more)
        connection.execute("begin immediate")
        connection.executemany(INSERT, [row for row, _ in group])
        connection.execute("commit")
        settle(_settle, [done for _, done in group])


def _settle(producers: list[Callable[[object], None]]) -> None:
    for done in producers:
        done(None)
