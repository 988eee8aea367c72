"""Refusals: what the hall refuses, as codes and facts.

A refusal is neither a broken rule of the wire nor a bug: the command was proper, the hall does not carry it out. What
a person reads stands in `config/words` under "refusal"; it is looked up where the answer leaves the process.
"""

from typing import Literal

RefusalCode = Literal[
    # the day
    "day-not-open",
    "day-already-open",
    "day-used",
    "none-closed",
    "tickets-stopped",
    "tickets-live",
    "bad-time",
    # taking a number
    "numbers-from",
    "suspended",
    "suspended-until",
    "suspended-already",
    "not-suspended",
    "item-not-today",
    "unknown-item",
    "unknown-queue",
    "unknown-priority",
    "no-item",
    "queue-closed",
    "quota-used",
    "band-quota-used",
    "live-ticket",
    "client-ticket",
    # papers, outcomes, cases
    "outcome-needed",
    "no-such-outcome",
    "unknown-paper",
    "unnamed-item",
    "voucher-used",
    "voucher-over",
    "voucher-void",
    "voucher-other-item",
    "unknown-case",
    "case-moved",
    "case-step",
    "case-elsewhere",
    "case-went-on",
    "case-on-the-spot",
    "case-needs-limit",
    "case-not-in-hand",
    "case-decision",
    "case-not-ready",
    "case-nothing-here",
    "clock-overdue",
    "extension-used",
    "no-clock",
    "bad-days",
    # a ticket's life
    "unknown-ticket",
    "wrong-state",
    "requeue-used",
    "has-another",
    # windows
    "unknown-window",
    "window-not-open",
    "window-taken",
    "clerk-elsewhere",
    "cannot-serve",
    "window-paused",
    "unknown-pause",
    "window-not-paused",
    "window-busy",
    "before-opening",
    "nobody-here",
    "nobody-waiting",
    "helps-later",
    "stale-view",
    "recall-used",
    "too-soon",
    "no-outcome",
    "pick-reason",
    "no-alarm",
    "nothing-to-take-over",
    "merge-persons",
    "merge-queue",
    "nowhere-to",
    "place-not-allowed",
    # rating
    "no-service",
    "already-rated",
    "rating-late",
    # station jobs
    "no-printer",
    "no-evaluator",
    "no-station",
    "station-busy",
    "unknown-job",
    "job-over",
    # feedback
    "feedback-off",
    "feedback-open",
    "about-yourself",
    "unknown-receipt",
    "unknown-department",
    "judged-already",
    # settings
    "settings-changed",
    "settings-not-here",
    "settings-wrong",
    "settings-site",
    "settings-zone",
    # follow-ups
    "unknown-follow-up",
    "wrong-step",
    "not-owner",
    "another-person",
    "unknown-code",
    "appeal-over",
    # appointments
    "code-tries",
    "unknown-appointment",
    "no-appointments",
    "slot-full",
    "slot-outside",
    "person-booked",
    "too-late-to-cancel",
    "too-early",
    "too-late",
    "appointment-used",
    "booking-moved",
    "booking-cancelled",
    # stations
    "unknown-enrol-code",
    "cannot-enrol",
    "not-enrolled",
    # persons and their accounts
    "sign-in-first",
    "wrong-password",
    "account-locked",
    "account-disabled",
    "change-first",
    "weak-password",
    "no-role-here",
    "role-not-allowed",
    "other-account",
    "other-clerk",
    "unknown-account",
    "accounts-unusable",
    # roles, and whether it can be saved
    "not-allowed",
    "not-saved",
    "save-unknown",
    "log-behind",
    "command-late",
    "too-fast",
    "id-used",
    "failed",
]


class Refused(Exception):
    """The hall does not carry it out; nothing has changed. `facts` are for the placeholders of the code's words."""

    def __init__(self, code: RefusalCode, **facts: object) -> None:
        super().__init__(code)
        self.code: RefusalCode = code
        self.facts = facts
