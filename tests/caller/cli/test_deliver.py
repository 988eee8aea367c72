"""`hallcall deliver` and `hallcall deliveries` as one types them."""

import json
import shutil
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from caller.cli.deliver import before, deliver, deliveries
from caller.delivery import webhooks
from caller.delivery.outbox import Outbox
from caller.delivery.runner import Sender, only_process
from caller.engine import events as ev
from caller.eventlog import LOG_NAME, Batch, Reader, chain
from caller.identity import keys
from config.settings import Webhook
from tests.instruments.event_logs import Diary, order
from tests.instruments.recorded_days import records_of, write_history
from tests.instruments.small_settings import GOOD
from tests.instruments.webhook_receiver import WebhookReceiver, receiving

ROOT = Path(__file__).parents[3]
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("whole")
    write_history(data, 23, 200)
    return data


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    shutil.copy(whole / LOG_NAME, tmp_path / LOG_NAME)
    return tmp_path


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with receiving() as each:
        yield each


def hall(data: Path, receiver: WebhookReceiver) -> Path:
    path = data / "hall.toml"
    hook = f'[[webhook]]\nid = "city"\nurl = "{receiver.url}"\nprivate = true\n'
    path.write_text(GOOD + hook, encoding="utf-8")
    return path


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(deliveries, ["--data", str(data), *words])


def told(data: Path, receiver: WebhookReceiver, rounds: int = 1) -> None:
    """Send some rounds from the log's beginning."""
    with Outbox(data) as outbox, Reader(data / LOG_NAME) as log:
        outbox.begin("city", log.site, chain.genesis(log.site))
    sender = Sender("county", data, Webhook("city", receiver.url, private=True))
    for _ in range(rounds):
        sender.round(threading.Event())


def test_what_waits_what_was_given_up_and_why(data: Path, receiver: WebhookReceiver):
    assert "没有接收方" in run(data).output
    told(data, receiver)
    with Outbox(data) as outbox:
        outbox.rewind("city", chain.genesis("county"))
    receiver.manners = lambda *_: 400
    told(data, receiver)
    with Outbox(data) as outbox:
        first = outbox.messages("city", "waiting", 1)[0]
        outbox.dead(first, "HTTP 400 no", 5)
    shown = run(data)
    assert shown.exit_code == 0
    assert "HTTP 400 no" in shown.output
    assert f"{first.seq} {first.kind} {first.subject}" in shown.output
    (found,) = json.loads(run(data, "--json").output)
    assert (found["receiver"], found["dead"], found["waiting"]) == ("city", 1, len(records_of(data)) - 1)
    assert found["given_up"][0]["seq"] == first.seq
    assert found["trouble"] == "HTTP 400 no"
    assert "1 条重新等候" in run(data, "retry", "city", str(first.seq)).output
    with Outbox(data) as outbox:
        outbox.dead(first, "HTTP 400 no", 5)
    assert run(data, "skip", "city", str(first.seq)).exit_code == 0
    assert json.loads(run(data, "--json").output)[0]["dead"] == 0
    refused = run(data, "skip", "city", str(first.seq))
    assert refused.exit_code == 2
    assert "nothing to skip" in refused.output


def test_pause_and_resume(data: Path, receiver: WebhookReceiver):
    told(data, receiver)
    assert run(data, "pause", "city").exit_code == 0
    assert "已暂停 paused" in run(data).output
    assert run(data, "resume", "city").exit_code == 0
    assert "正常 well" in run(data).output


@pytest.mark.parametrize(
    "verb", [["pause"], ["resume"], ["retry"], ["secret"], ["replay", "--from", "2026-01-01"]]
)
def test_a_receiver_that_is_not_there_is_named_in_both_languages(data: Path, verb: list[str]):
    result = run(data, verb[0], "nowhere", *verb[1:])
    assert result.exit_code == 2
    assert "没有接收方 nowhere" in result.output
    assert "There is no receiver nowhere" in result.output


def test_a_day_is_sent_again_under_the_same_ids(data: Path, receiver: WebhookReceiver):
    told(data, receiver, 90)
    ids = {each.id for each in receiver.taken}
    assert len(ids) == len(records_of(data))
    assert run(data, "replay", "city", "--from", "2000-01-01").exit_code == 0
    told(data, receiver, 90)
    assert len(receiver.taken) == 2 * len(ids)
    assert {each.id for each in receiver.taken} == ids


def test_where_a_day_begins_in_the_halls_zone(tmp_path: Path):
    diary, batch = Diary(tmp_path / LOG_NAME), Batch()
    instants = [datetime(2026, 9, day, hour, tzinfo=ZONE) for day in (21, 22, 24) for hour in (0, 9, 23)]
    for serial, instant in enumerate(instants):
        opened = ev.DayOpened(f"2026-09-{instant.day}", "Asia/Shanghai", 0, 0)
        diary.log.extend(order(f"c-{serial}"), round(instant.timestamp() * 1e6), [opened], batch.rows)
    assert diary.write(batch) is None
    diary.log.close()
    with Reader(tmp_path / LOG_NAME) as log:
        assert before(log, datetime(2026, 9, 21)) == chain.genesis(log.site)
        found = [before(log, datetime(2026, 9, day)).seq for day in (22, 23, 24, 25)]
        assert found == [3, 6, 6, 9]


def test_the_secret_is_that_which_signs_and_a_new_one_is_another(data: Path, receiver: WebhookReceiver):
    told(data, receiver)
    first = run(data, "secret", "city").output.strip()
    key = keys.keys_of(data, webhooks.PURPOSE)[0].secret
    assert first == webhooks.written(webhooks.secret(key, "city", 1))
    second = run(data, "secret", "city", "--new").output.strip()
    assert second == run(data, "secret", "city").output.strip() != first


def test_a_test_message_is_sent_now_and_its_answer_shown(data: Path, receiver: WebhookReceiver):
    path = hall(data, receiver)
    assert "收下了" in run(data, "test", str(path), "city").output
    assert json.loads(receiver.taken[0].body)["type"] == "Test"
    receiver.manners = lambda *_: 500
    refused = run(data, "test", str(path), "city")
    assert refused.exit_code == 2
    assert "HTTP 500" in refused.output
    unknown = run(data, "test", str(path), "nowhere")
    assert unknown.exit_code == 2
    assert "nowhere" in unknown.output


def test_a_second_process_of_one_folder_is_told_so(data: Path, receiver: WebhookReceiver):
    with only_process(data):
        result = CliRunner().invoke(deliver, [str(hall(data, receiver)), "--data", str(data)])
    assert result.exit_code == 2
    assert "已有一个 hallcall deliver 在运行" in result.output


def test_the_recipe_of_the_docs_checks_what_is_sent(data: Path, receiver: WebhookReceiver):
    """The code in docs/integrate.md, as it stands there."""
    told(data, receiver)
    text = (ROOT / "docs" / "integrate.md").read_text("utf-8")
    recipe: dict[str, object] = {}
    exec(text.split("```python\n")[1].split("```")[0], recipe)
    is_ours = recipe["is_ours"]
    assert callable(is_ours)
    secret = run(data, "secret", "city").output.strip()
    got = receiver.taken[0]
    now = int(got.headers["webhook-timestamp"])
    assert is_ours(secret, got.headers, got.body.encode(), now)
    assert not is_ours(secret, got.headers, got.body.encode() + b" ", now)
    assert not is_ours(webhooks.written(b"x" * 24), got.headers, got.body.encode(), now)
