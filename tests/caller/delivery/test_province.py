"""The province is told each service and then its rating, sealed as it wants, whatever manners it has; what it would refuse is shown."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gmalg
import msgspec
import pytest

from caller.delivery import sm2_envelope, webhooks
from caller.delivery.notice_senders import keep_secret
from caller.delivery.outbox import DAY
from caller.delivery.province import ProvinceSender, judge, page_of
from caller.delivery.webhooks import Answer
from caller.engine import commands as cmd
from caller.engine.desk_commands import CorrectOutcome
from config.reading.province_mapping import BadMapping, ProvinceMapping, read
from config.settings import Department, HallTable, Item, Province
from tests.instruments.logged_stage import LoggedStage, messages, rounds, told_from_the_start
from tests.instruments.province_stub import Province as Platform
from tests.instruments.province_stub import opened, openssl, verified
from tests.instruments.small_settings import GOOD
from tests.instruments.webhook_receiver import receiving

CORRECTED = 0.6  # minutes; until then an outcome may be corrected
WORD, APP = "a-word-agreed", "HALL01"
NOWHERE = Path("nowhere")
CHANGES: dict[str, Any] = {
    "hall": HallTable(site="stage", name="舞台大厅", area_code="330106"),
    "departments": (Department("d1", "人社局", code="91330106MA27XL0U2E"),),
    "items": (
        Item("i1", "参保", "d1", "A", case_type="immediate", task_code="330106000001", handle_code="01"),
        Item("i3", "查询", "d1", "A"),
    ),
}


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    private, public = gmalg.SM2().generate_keypair()
    return bytes(private).rjust(32, b"\0").hex(), bytes(public).hex()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[LoggedStage]:
    each = LoggedStage(tmp_path, **CHANGES)
    each.open("1")
    yield each
    each.close()


@pytest.fixture
def platform(tmp_path: Path, keys: tuple[str, str]) -> Iterator[Platform]:
    keep_secret(tmp_path, "province", WORD)
    each = Platform(*keys, WORD, sm2_envelope.make_key(tmp_path, "province"), APP)
    yield each
    each.close()


def mapping(platform: Platform, **changes: Any) -> ProvinceMapping:
    from msgspec import structs

    shipped = read("sm2", NOWHERE)
    return structs.replace(
        shipped, platform=structs.replace(shipped.platform, public_key=platform.public, **changes)
    )


def uploader(stage: LoggedStage, platform: Platform, **changes: Any) -> ProvinceSender:
    row = Province("province", platform.url, "sm2", APP, private=True)
    sender = ProvinceSender(
        stage.settings, stage.data, row, mapping(platform, **changes), lambda: stage.now, lambda: 1.0
    )
    told_from_the_start(stage.data, sender)
    return sender


def served(stage: LoggedStage, level: int = 0, reasons: tuple[str, ...] = (), **more: Any) -> None:
    """One visit, rated by phone where a level is given."""
    number = str(stage.do(cmd.TakeTicket(items=["i1"]))["number"])
    stage.next("1")
    stage.press(cmd.StartService, "1")
    stage.later(5)
    stage.press(cmd.FinishService, "1", **more)
    if level:
        stage.do(cmd.Rate(stage.find(number).id, level, list(reasons), "phone"), "phone")
    stage.later(CORRECTED)


def done(stage: LoggedStage, sender: ProvinceSender) -> bool:
    return not messages(stage.data, sender, "waiting")


def test_a_service_waits_for_its_correction_and_has_the_corrected_outcome(
    stage: LoggedStage, platform: Platform
):
    sender = uploader(stage, platform)
    served(stage)
    stage.later(-CORRECTED)
    rounds(sender)
    assert platform.taken == [], "its outcome may still be corrected"
    stage.do(CorrectOutcome("1", stage.find("A001").id, "accepted"))
    rounds(sender)
    assert platform.taken == []
    stage.later(CORRECTED)
    rounds(sender, stage, lambda: done(stage, sender))
    served(stage)
    rounds(sender, stage, lambda: done(stage, sender))
    assert [record["proStatus"] for _, record in platform.taken] == ["1", "3"]


def test_openssl_agrees_with_what_signs_and_seals(tmp_path: Path, keys: tuple[str, str]):
    assert openssl("version").stdout.startswith(b"OpenSSL 3")
    private, public = keys
    for form in ("raw", "der"):
        for n in range(3):
            said = f"2026-09-21{n}".encode()
            signature = sm2_envelope.sign(said, private, form)
            assert verified(said, signature, public, form)
            assert not verified(said + b"!", signature, public, form)
    text = ("办事" * 200).encode()
    assert opened(sm2_envelope.seal(text, public), private, public) == text


@pytest.mark.parametrize("written", ["07" * 31, "00" + "07" * 31], ids=["by an earlier version", "whole"])
def test_a_key_that_begins_with_zeros_is_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str):
    """gmalg leaves zeros in front away: one key in 256 is shorter than the others."""
    short = bytes.fromhex("07" * 31)
    monkeypatch.setattr(gmalg.SM2, "generate_keypair", lambda _: (short, b""))
    public = sm2_envelope.make_key(tmp_path, "province")
    key = sm2_envelope.private_key(tmp_path, "province")
    assert key == "00" + "07" * 31
    assert sm2_envelope.key_path(tmp_path, "province").read_text("ascii") == key
    assert verified(b"said", sm2_envelope.sign(b"said", key, "raw"), public, "raw")
    sm2_envelope.key_path(tmp_path, "province").write_text(written, "ascii")
    assert sm2_envelope.private_key(tmp_path, "province") == key


def test_a_service_is_told_before_its_rating_with_all_that_the_province_asks(
    stage: LoggedStage, platform: Platform
):
    served(stage, 1, ("slow",), project="330106-2026-1")
    served(stage, 5, project="330106-2026-1")
    sender = uploader(stage, platform)
    rounds(sender, stage, lambda: done(stage, sender))
    assert [kind for kind, _ in platform.taken] == ["service", "service", "rating", "rating"]
    service, rating = platform.taken[0][1], platform.taken[2][1]
    assert service == {
        "projectNo": "330106-2026-1", "projectName": "参保", "taskCode": "330106000001", "taskHandleItem": "01",
        "taskName": "参保", "projectType": "1", "proStatus": "3", "acceptDate": "2026-09-21 09:00:00",
        "resultDate": "2026-09-21 09:05:00", "areaCode": "330106000000", "deptCode": "91330106MA27XL0U2E",
        "orgName": "人社局", "proDepart": "人社局", "proManager": "clerk-1", "serviceName": "一号",
        "serviceNumber": "1", "serviceTime": "2026-09-21 09:05:00", "userProp": "1", "dataSource": "hallcall",
    }  # fmt: skip
    assert (rating["satisfaction"], rating["evalDetail"], rating["pf"]) == ("1", "502", "SJ")
    assert (rating["isdefault"], rating["assessTime"]) == ("0", "2026-09-21 09:05:00")
    assert platform.taken[1][1]["serviceNumber"] == platform.taken[3][1]["serviceNumber"] == "2"


def test_a_bad_rating_without_a_reason_is_kept_shown_and_blocks_nobody(
    stage: LoggedStage, platform: Platform
):
    served(stage, 1)
    served(stage, 5)
    sender = uploader(stage, platform)
    rounds(sender, stage, lambda: done(stage, sender))
    assert [each.detail for each in messages(stage.data, sender, "unfit")] == ["省平台不收：差评没有原因"]
    assert [record["satisfaction"] for kind, record in platform.taken if kind == "rating"] == ["5"]
    assert platform.refused == []


def test_twin_without_the_look_the_province_refuses_it_and_the_visit_stops(
    stage: LoggedStage, platform: Platform
):
    served(stage, 1)
    sender = uploader(stage, platform, bad_needs_reason=False)
    rounds(sender, stage, lambda: bool(messages(stage.data, sender, "dead")))
    assert set(platform.refused) == {"NO-REASON"}


def test_a_platform_of_bad_manners_gets_each_record_once_and_in_order(
    stage: LoggedStage, platform: Platform, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(webhooks, "TIMEOUT_SECONDS", 5.0)  # the one hang costs so much
    moods = ("500", "", "maintenance", "lose", "close", "", "lose", "hang")
    platform.mood = lambda nth: moods[(nth - 1) % 8] if nth <= 8 else moods[(nth - 1) % 7]
    for n in range(4):
        served(stage, 3 + n % 3, project=f"p-{n}")
    sender = uploader(stage, platform)
    rounds(sender, stage, lambda: done(stage, sender))
    keys = [(kind, record["projectNo"]) for kind, record in platform.taken]
    assert len(keys) == len(set(keys)) == 8
    assert all(keys.index(("service", f"p-{n}")) < keys.index(("rating", f"p-{n}")) for n in range(4))
    assert messages(stage.data, sender, "dead", "unfit", "refused") == []


def test_a_wrong_signature_is_refused_shown_and_sent_again_by_hand(stage: LoggedStage, platform: Platform):
    platform.word = "another"
    served(stage, 5)
    sender = uploader(stage, platform)
    rounds(sender, stage, lambda: bool(messages(stage.data, sender, "dead")))
    (dead,) = messages(stage.data, sender, "dead")
    assert "BAD-SIGN" in dead.detail
    assert dead.kind == "service"  # and its rating waits behind it
    platform.word = WORD
    from caller.delivery.outbox import Outbox

    with Outbox(stage.data) as outbox:
        assert outbox.revive("province") == 1
    rounds(sender, stage, lambda: done(stage, sender))
    assert [kind for kind, _ in platform.taken] == ["service", "rating"]


def test_a_restart_gives_the_same_service_the_same_number(stage: LoggedStage, platform: Platform):
    platform.mood = lambda nth: "lose" if nth == 1 else ""
    served(stage, project="p-1")
    sender = uploader(stage, platform)
    rounds(sender)
    served(stage, 5, project="p-1")
    stage.later(60)
    again = ProvinceSender(stage.settings, stage.data, sender.province, sender.mapping, lambda: stage.now)
    rounds(again, stage, lambda: done(stage, again))
    assert [record["serviceNumber"] for kind, record in platform.taken if kind == "service"] == ["1", "2"]
    assert [record["serviceNumber"] for kind, record in platform.taken if kind == "rating"] == ["2"]


def test_who_does_not_rate_is_told_by_default_where_the_province_asks_for_it_and_marked(
    stage: LoggedStage, platform: Platform
):
    served(stage)
    served(stage, 5)
    sender = uploader(stage, platform, default_days=7)
    rounds(sender)
    assert [record["isdefault"] for kind, record in platform.taken if kind == "rating"] == ["0"]
    stage.now += 7 * DAY
    rounds(sender)
    told = [record for kind, record in platform.taken if kind == "rating"]
    assert [(each["isdefault"], each["satisfaction"]) for each in told] == [("0", "5"), ("1", "3")]


def test_the_platform_with_a_page_of_its_own_answers_with_its_address(stage: LoggedStage):
    served(stage, 5, project="p-1")
    with receiving(lambda *_: 200) as receiver:
        receiver.says = b'{"code": 200, "data": {"url": "https://pf.example.gov.cn/e?id=7"}}'
        row = Province("page", receiver.url.removesuffix("/hook"), "page", private=True)
        sender = ProvinceSender(stage.settings, stage.data, row, read("page", NOWHERE), lambda: stage.now)
        told_from_the_start(stage.data, sender)
        rounds(sender)
        (got,) = receiver.received
    assert got.path == "/affair"
    assert json.loads(got.body)["affairId"] == "p-1"
    assert json.loads(got.body)["matterId"] == "330106000001"
    (sent,) = messages(stage.data, sender, "sent")
    assert sent.detail == "https://pf.example.gov.cn/e?id=7"


def test_the_address_is_handed_out_for_the_visit_it_was_answered_for_and_before_that_none(stage: LoggedStage):
    address = "https://pf.example.gov.cn/e?id=7"
    served(stage, project="p-1")
    (ticket,) = (each.id for each in stage.hall.state.tickets.values())
    with receiving(lambda *_: 200) as receiver:
        receiver.says = msgspec.json.encode({"code": 200, "data": {"url": address}})
        row = Province("page", receiver.url.removesuffix("/hook"), "page", private=True)
        assert page_of(stage.data, ticket) == ("", False)
        assert not (stage.data / "delivery.db").exists(), "a look makes no file"
        sender = ProvinceSender(stage.settings, stage.data, row, read("page", NOWHERE), lambda: stage.now)
        told_from_the_start(stage.data, sender)
        assert page_of(stage.data, ticket) == ("", False)
        receiver.manners = lambda *_: 500
        rounds(sender)
        assert page_of(stage.data, ticket) == ("", True)
        receiver.manners = lambda *_: 200
        stage.now += DAY
        rounds(sender)
    assert page_of(stage.data, ticket) == (address, False)
    assert page_of(stage.data, "another") == ("", False)


@pytest.mark.parametrize(
    "given", ["javascript:alert(1)", "//x", "https://", "data:text/html,x", "https://a b", "https://x/\n", "https://[", 7, None, "https://x/" + "a" * 600]
)  # fmt: skip
def test_what_is_no_address_to_open_is_never_shown(given: Any):
    text = msgspec.json.encode({"code": 0, "data": {"url": given}})
    assert judge(read("page", NOWHERE), 200, text) == Answer("taken", "")


@pytest.mark.parametrize(
    ("status", "text", "verdict"),
    [
        (200, b'{"code": 0}', "taken"),
        (200, b'{"code": "DUPLICATE"}', "taken"),
        (200, b'{"code": "1"}', "refused"),
        (200, b"<html>", "away"),
        (200, '{"msg": "不"}'.encode("gbk"), "away"),
        (200, b"[" * 4000, "away"),
        (404, b"", "refused"),
        (500, b'{"code": 0}', "away"),
        (429, b"", "away"),
    ],
)
def test_what_a_platforms_answer_means(status: int, text: bytes, verdict: str):
    assert judge(read("sm2", NOWHERE), status, text).verdict == verdict


# --- the mapping


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[platform]\nkind = "sm2"\nservice_path = "/a"\nsucces = "code"\ntaken = []\n[service]\na = "project"\n', ["succes", "success"]),
        ('[platform]\nkind = "page"\nservice_path = "/a"\nsuccess = "code"\ntaken = []\n[service]\na = "projekt"\n', ["projekt", "project"]),
        ('[platform]\nkind = "page"\nservice_path = "/a"\nsuccess = "code"\ntaken = []\n[service]\na = "level"\n', ["level"]),
        ('[platform]\nkind = "page"\nservice_path = "/a"\nsuccess = "code"\ntaken = []\n[service]\na = 3\n', ["3"]),
        ('[platform]\nkind = "page"\nservice_path = "/a"\nsuccess = "code"\ntaken = []\n', ["service"]),
        ('[platform]\nkind = "page"\nservice_path = "/a"\nsuccess = "code"\ntaken = []\n[service]\na = "via"\n[codes.vai]\nx = "1"\n', ["vai", "via"]),
        ("[platform\n", ["own.toml"]),
    ],
)  # fmt: skip
def test_check_tells_each_field_of_a_mapping_that_nobody_knows(tmp_path: Path, text: str, words: list[str]):
    from caller.cli.check import checked

    (tmp_path / "provinces").mkdir()
    (tmp_path / "provinces" / "own.toml").write_text(text, "utf-8")
    row = '[[province]]\nid = "p"\nurl = "https://example.gov.cn/x"\nmapping = "own"\n'
    hall = tmp_path / "hall.toml"
    hall.write_text(GOOD + row, "utf-8")
    said = "\n".join(map(str, checked(hall).mistakes))
    assert all(word in said for word in words), said
    with pytest.raises(BadMapping):
        read("own", tmp_path / "provinces")


def test_what_sends_does_not_start_with_a_mapping_nobody_knows_and_says_why(tmp_path: Path):
    from click.testing import CliRunner

    from caller.cli.main import hallcall

    (tmp_path / "provinces").mkdir()
    own = (Path("config/provinces/page.toml")).read_text("utf-8")
    (tmp_path / "provinces" / "own.toml").write_text(own.replace('"task_code"', '"taskcode"'), "utf-8")
    hall = tmp_path / "hall.toml"
    hall.write_text(
        GOOD + '[[province]]\nid = "p"\nurl = "https://example.gov.cn/x"\nmapping = "own"\n', "utf-8"
    )
    said = CliRunner().invoke(hallcall, ["deliver", str(hall), "--data", str(tmp_path / "data")])
    assert said.exit_code == 2
    assert all(
        each in said.output
        for each in ("own.toml", "taskcode", "最接近的是“task_code”", "nearest is 'task_code'")
    )


def test_check_names_the_mappings_there_are(tmp_path: Path):
    from caller.cli.check import checked

    hall = tmp_path / "hall.toml"
    row = '[[province]]\nid = "p"\nurl = "https://example.gov.cn/x"\nmapping = "smm2"\n'
    hall.write_text(GOOD + row, "utf-8")
    (found,) = checked(hall).mistakes
    assert (found.nearest, "page" in found.zh) == ("sm2", True)
    hall.write_text(GOOD + row.replace("smm2", "sm2"), "utf-8")
    assert checked(hall).mistakes == []
