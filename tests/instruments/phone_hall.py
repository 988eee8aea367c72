"""A hall of real processes that gives numbers and bookings to phones, driven as its pages do."""

import http.client
import sqlite3
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stdnum.cn import ric

from caller.eventlog import LOG_NAME
from caller.identity.keys import SlipKey, slip_key
from config.instants import MINUTE
from tests.instruments.feedback_hall import FeedbackHall, with_settings
from tests.instruments.running_hall import DEADLINE, RunningHall

SETTINGS = '\n[phone]\ntake = "here"\nbook = true\n'
TEXTING = """
[notify]
applicants = true

[[gateway]]
id = "sms"
url = "https://sms.example.com/send"
body = '{"to": "{phone}", "text": "{text}"}'
"""
PUSHING = """
[notify]
push = true
push_contact = "mailto:it@example.gov.cn"
push_private = true
"""


def id_number(n: int) -> str:
    """A right ID number, another for each n below a thousand."""
    first = f"11010119900101{n:03d}"
    return first + ric.calc_check_digit(f"{first}0")


class PhoneHall(FeedbackHall):
    """Caller and web of a sample hall with a `[phone]` table."""

    def __init__(self, folder: Path, hall: str = "county", settings: str = SETTINGS) -> None:
        RunningHall.__init__(self, folder, with_settings(folder, hall, settings))

    @property
    def slips(self) -> SlipKey:
        return slip_key(self.data)

    def code(self, minutes_ago: int = 0) -> str:
        """The code of the minute the kiosk shows now, or one of before."""
        shown = self.fresh("kiosk")["take"]
        if minutes_ago == 0:
            return shown["code"]
        return self.slips.codes_at(time.time_ns() // 1000 - (minutes_ago - 1) * MINUTE)[1]

    def here(self, phone: str, code: str) -> tuple[int, dict[str, Any]]:
        return self.http("POST", "/take/here", {"code": code, "phone": phone})

    def by_phone(self, phone: str, code: str, passed: str, **chosen: Any) -> tuple[int, dict[str, Any]]:
        form = {"code": code, "phone": phone, "passed": passed} | chosen
        return self.http("POST", "/take/number", form)

    def log_rows(self) -> list[tuple[Any, ...]]:
        with sqlite3.connect(f"file:{self.data / LOG_NAME}?mode=ro", uri=True) as log:
            return log.execute("select * from event").fetchall()

    def text(self, path: str) -> str:
        """What the web process answers, as text with its own line ends."""
        line = http.client.HTTPConnection(urlsplit(self.web.address).netloc, timeout=DEADLINE)
        line.request("GET", path)
        found = line.getresponse().read().decode()
        line.close()
        return found
