"""/healthz beside a real caller: right while the web process has what the caller knows, wrong while it has not."""

import json
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.instruments.running_hall import REPO, RunningHall, until


def asked(url: str) -> tuple[int, dict[str, object]]:
    try:
        with urlopen(url, timeout=10) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_it_says_that_the_caller_is_away_and_that_it_is_back(tmp_path: Path) -> None:
    hall = RunningHall(tmp_path, REPO / "config/halls/village.toml").start()
    url = hall.web.address + "/healthz"
    try:
        until(lambda: asked(url) == (200, {"ok": True, "link": "current"}), "it is well")
        hall.kill_caller()
        until(lambda: asked(url)[0] == 503, "it is not")
        status, document = asked(url)
        assert (status, document["ok"], document["code"]) == (503, False, "caller-away")
        assert document["zh"]
        assert document["next_en"]
        hall.restart_caller()
        until(lambda: asked(url)[0] == 200, "it is well again")
    finally:
        hall.close()
