"""The documents of bookings, for the page on which one books by phone, as types. Pure. The rules are those of `documents`."""

from typing import Annotated, Literal, TypedDict

from config.instants import Micros

ByDate = Annotated[str, "date"]
BySlot = Annotated[str, "slot"]


class SlotsView(TypedDict):
    """The slots for which an item may be booked now."""

    item: str
    minutes: int  # a slot's length
    days: dict[
        ByDate, dict[BySlot, int]
    ]  # by date, by the slot's start in UTC microseconds: bookings it still takes


class BookingView(TypedDict):
    """A booking, for who holds its code."""

    appointment: str  # its id
    item: str
    queue: str
    slot: Micros  # its start
    minutes: int  # its length
    day: str
    state: Literal["booked", "cancelled", "used", "missed"]
    change_until: Micros  # until when it may be changed or cancelled
    before: Micros  # the slot it had before a suspension moved or cancelled it; else 0
    why_moved: str  # a code of the hall's list "suspend"; else empty


AnyBookingView = SlotsView | BookingView
