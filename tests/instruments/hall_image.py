"""Test instrument: a whole hall, day and register, as bytes that are equal if the halls are."""

import msgspec

from caller.engine.hall import Hall
from caller.engine.register import Register, RegisterRow
from caller.service.idempotency import HallStore
from config.settings import Settings

_pack = msgspec.msgpack.Encoder()
_unpack = msgspec.msgpack.Decoder(tuple[bytes, int, list[RegisterRow]])


def image(hall: Hall) -> bytes:
    """The day, the event the register stands at, and the register's rows in order."""
    return _pack.encode((hall.dump(), hall.register.seq, hall.register.rows()))


def from_image(settings: Settings, data: bytes) -> Hall:
    day, seq, rows = _unpack.decode(data)
    return Hall.load(settings, day, register_of(rows, seq))


def register_of(rows: list[RegisterRow], seq: int) -> Register:
    """A register of these rows, as if it had been saved after event `seq` and read again."""
    written = Register()
    for kind, key, body in rows:
        table = written._tables[kind]
        table.put(key, table.decoder.decode(body))
    written.seq = seq
    written.collect({})
    read = Register.load(rows, written.mark, seq)
    assert read is not None
    return read


def store_image(memory: HallStore) -> bytes:
    """All of memory: the hall, and the answers remembered."""
    return _pack.encode((memory.dump(), image(memory.hall)))
