"""The process that folds, beside the one that takes batches and shows pages.

Folding computes without a pause; in threads of one process each batch would wait for the interpreter again and again. The process
ends with the one that began it, however that ends: it listens on a pipe for nothing but its end. One that ends by itself is begun
again; what it had not written is folded again from the rows.
"""

import logging
import multiprocessing
import signal
import threading
from multiprocessing.connection import Connection, wait

from caller.records.centre import folding
from config.instants import Seconds
from config.process.running import write_log_lines

AGAIN_SECONDS: Seconds = 5.0  # before a process that ended by itself is begun again
END_SECONDS: Seconds = 10.0  # a round takes a second at most
log_of_faults = logging.getLogger("hallcall.centre")


def keep(database: str, stop: threading.Event) -> None:
    """Let a process fold until `stop`; call in a thread."""
    context = multiprocessing.get_context("spawn")
    while not stop.is_set():
        ours, theirs = context.Pipe()
        process = context.Process(target=_process, args=(database, theirs), name="folding", daemon=True)
        process.start()
        theirs.close()
        while not stop.wait(folding.LOOK_SECONDS):
            if wait([process.sentinel], 0):
                break
        ours.close()
        process.join(END_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
        if not stop.is_set():
            log_of_faults.warning("folding ended with %s and is begun again", process.exitcode)
            stop.wait(AGAIN_SECONDS)


def _process(database: str, other: Connection) -> None:
    """Fold until the other end of the pipe is closed."""
    for each in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # sent to all of a service: the process that began this one ends it
        signal.signal(each, signal.SIG_IGN)
    write_log_lines("centre-folding")
    stop = threading.Event()
    threading.Thread(target=_await_end, args=(other, stop), daemon=True).start()
    folding.follow(database, stop)


def _await_end(other: Connection, stop: threading.Event) -> None:
    """Set `stop` once the other end is closed, with its process or by it."""
    wait([other])
    stop.set()
