"""Each cross check sees its fault, and is the only one that sees it: without it the hall would start."""

from pathlib import Path

import pytest

from config.reading import checks
from config.reading.reader import inspect, read
from tests.instruments.small_settings import GOOD, broken, put

SECOND_KEYPAD = """[[device]]
name = "e2"
kind = "evaluator"
port = "serial:///dev/serial/by-id/usb-e1?baud=9600"
window = "2"

"""
FAULTS = {
    "duplicates": ('id = "2"', 'id = "1"', "1"),
    "reasons": (
        'printers = ["p1"]',
        'printers = ["p1"]\n\n[[reason]]\nkind = "rating"\nid = "slow"\nname = "慢"\nminutes = 5',
        "minutes",
    ),
    "spoken_alike": ('id = "2"', 'id = "01"', "1"),
    "ordinary": ('id = "ordinary"', 'id = "elderly"', "ordinary"),
    "references": ('department = "tax"\nqueue = "B"', 'department = "tox"\nqueue = "B"', "tox"),
    "windows_serve": ("helps = { A = 7 }", "helps = { C = 7 }", "C"),
    "served": ('queues = ["A"]\nhelps = ["B"]', 'queues = ["B"]', ""),
    "zone": ('opens = "09:00"', 'zone = "Asia/Shanhai"\nopens = "09:00"', "Shanhai"),
    "spoken": ('opens = "09:00"', 'languages = ["en"]\nopens = "09:00"', "zh"),
    "hours": ('closes = "17:00"', 'closes = "08:00"', "08:00"),
    "bands": ('"11:30"], ["13:30"', '"14:00"], ["13:30"', "13:30"),
    "quotas": ('name = "发票"\n\n', 'name = "发票"\nquota = 1000\n\n', "999"),
    "appointments": ('id = "appointment"', 'id = "green"', "appointment"),
    "horizon": ("helping_minutes = 12", "appointment_ahead_days = 9", "9"),
    "limits": ("promised_days = 5", "promised_days = 21", "21"),
    "shared_items": ('case_type = "limited"', 'case_type = "parallel"\nparts = ["nowhere:3"]', "nowhere"),
    "step_limits": ("promised_days = 5", 'promised_days = 5\nsteps = ["一", "二"]\nstep_days = [5, 1]', "6"),
    "fees": ("[[kiosk]]", "[fees]\nenabled = true\n\n[[kiosk]]", "pay"),
    "translations": ("promised_days = 5", 'papers = ["甲", "乙"]\npapers_en = ["one"]', "papers"),
    "roster_days": ("first = 2026-09-21", "first = 2026-11-01", "2026-11-01"),
    "day_hours": (
        'printers = ["p1"]',
        'printers = ["p1"]\n\n[[hours]]\ndays = ["mon", "mon"]\nbands = [["09:00", "12:00"]]',
        "mon",
    ),
    "market_days": (
        'printers = ["p1"]',
        'printers = ["p1"]\n\n[[hours]]\ndays = ["market"]\nbands = [["09:00", "12:00"]]',
        "market",
    ),
    "item_dates": ("promised_days = 5", 'days = ["2026-02-30"]', "2026-02-30"),
    "listening": ("[rules]", "[listen]\nkiosk = 9300\n\n[rules]", "9300"),
    "listening_host": ("[rules]", '[listen]\nhost = "1.2.3"\n\n[rules]', "1.2.3"),
    "public_address": ("[rules]", '[listen]\npublic_url = "hall"\n\n[rules]', "hall"),
    "encryption": ("[rules]", '[listen]\ntls = "yes"\n\n[rules]', "yes"),
    "webhooks": ("[rules]", '[[webhook]]\nid = "city"\nurl = "ftp://x"\n\n[rules]', "ftp://x"),
    "ports": ('port = "tcp://', 'port = "tpc://', "tpc"),
    "pad_keys": ("[[kiosk]]", '[[kiosk]]\npad_keys = ["F13=fly"]', "fly"),
    "one_line": ("[[kiosk]]", SECOND_KEYPAD + "[[kiosk]]", "e1"),
    "in_place": ('window = "1"', 'profile = ""', "evaluator"),
    "kiosk_printers": ('printers = ["p1"]', 'printers = ["e1"]', "e1"),
    "volume_hours": (
        "[[kiosk]]",
        '[[volume]]\npercent = 0\nhours = [["12:00", "14:00"]]\n\n'
        '[[volume]]\npercent = 9\nhours = [["13:00", "13:30"]]\ndays = ["mon"]\n\n[[kiosk]]',
        "13:00",
    ),
    "announcements": (
        "[[kiosk]]",
        '[[announcement]]\nnotice = "bussy"\nat = ["11:30"]\n\n[[kiosk]]',
        "bussy",
    ),
    "media": ("[[kiosk]]", '[[media]]\nfile = "guide.exe"\n\n[[kiosk]]', "guide.exe"),
    "screens": ("[[kiosk]]", '[[screen]]\nscreen = "board"\nname = "attic"\n\n[[kiosk]]', "attic"),
    "weights": (
        "[[kiosk]]",
        '[[score]]\nfigure = "peer"\nweight = 99\nfull = 9\nzero = 0\n\n[[kiosk]]',
        "99",
    ),
    "figures": (
        "[[kiosk]]",
        '[[score]]\nfigure = "peer"\nweight = 100\nfull = 9\nzero = 9\n\n[[kiosk]]',
        "zero",
    ),
    "bonus": ("[[kiosk]]", "[performance]\npeer_bonus = [1, 2]\n\n[[kiosk]]", ""),
    "shifts": ("[[kiosk]]", '[[shift]]\nname = "早班"\nstaff = ["1001"]\nwindow = "77"\n\n[[kiosk]]', "77"),
    "somebody_to_send": ("[[kiosk]]", "[notify]\napplicants = true\n\n[[kiosk]]", "[[gateway]]"),
    "one_name_a_receiver": (
        "[[kiosk]]",
        '[[staff]]\nid = "x"\nurl = "json://a.example.com"\n\n'
        '[[webhook]]\nid = "x"\nurl = "https://a.example.com"\n\n[[kiosk]]',
        "[[webhook]]",
    ),
    "push_contact": ("[[kiosk]]", "[notify]\npush = true\n\n[[kiosk]]", "push_contact"),
    "placeholders": (
        "[[kiosk]]",
        '[[text]]\nnotice = "called"\ntext = "{windo}"\n\n[[kiosk]]',
        "{windo}",
    ),
    "staff_addresses": (
        "[[kiosk]]",
        '[[staff]]\nid = "x"\nurl = "boss@example.com"\n\n[[kiosk]]',
        "boss@example.com",
    ),
    "credit_codes": (
        'name = "税务局"',
        'name = "税务局"\ncode = "91330106MA27XL0U2X"',
        "91330106MA27XL0U2X",
    ),
    "item_codes": (
        "[[kiosk]]",
        "\n".join(
            f'[[item]]\nid = "z{n}"\nname = "事"\ndepartment = "tax"\nqueue = "A"\ntask_code = "3301"\n'
            for n in (1, 2)
        )
        + "\n[[kiosk]]",
        "3301",
    ),
}


def without(name: str) -> tuple[checks.CrossCheck, ...]:
    return tuple(each for each in checks.MISTAKES if each.__name__ != name)


def fault(name: str) -> tuple[str, str]:
    old, new, word = FAULTS[name]
    text = broken(old, new)
    if name == "served":  # B is still served; A no longer
        text = text.replace("helps = { A = 7 }", "")
    return text, word


def test_every_check_has_a_fault_here() -> None:
    assert [each.__name__ for each in checks.MISTAKES] == list(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_is_told_in_both_languages(name: str, tmp_path: Path) -> None:
    text, word = fault(name)
    found = inspect(put(tmp_path, text)).mistakes
    assert len(found) == 1, [str(each) for each in found]
    assert word in found[0].zh
    assert word in found[0].en


@pytest.mark.parametrize("name", FAULTS)
def test_twin_without_the_check_the_fault_passes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "MISTAKES", without(name))
    assert read(put(tmp_path, fault(name)[0]))


@pytest.mark.parametrize(
    ("old", "new", "nearest"),
    [
        ('queues = ["B"]', 'queues = ["BB"]', "B"),
        ('department = "tax"\nqueues', 'department = "税务局"\nqueues', "tax"),
        ('area = "b2"', 'area = "二楼 B 区"', "b2"),
        ('printers = ["p1"]', 'printers = ["p2"]', "p1"),
        ('port = "tcp://', 'port = "tpc://', "tcp://127.0.0.1:9100"),
        ('opens = "09:00"', 'zone = "Asia/Shanhai"\nopens = "09:00"', "Asia/Shanghai"),
    ],
)
def test_the_nearest_valid_name_is_offered(old: str, new: str, nearest: str, tmp_path: Path) -> None:
    found = inspect(put(tmp_path, broken(old, new))).mistakes
    assert [each.nearest for each in found] == [nearest]


def test_the_last_ticket_is_given_while_the_hall_is_open(tmp_path: Path) -> None:
    (found,) = inspect(put(tmp_path, broken('"16:45"\n\n[rules]', '"17:15"\n\n[rules]'))).mistakes
    assert found.key == "last_ticket"


def test_an_immediate_item_promises_no_days(tmp_path: Path) -> None:
    (found,) = inspect(put(tmp_path, broken('case_type = "limited"', 'case_type = "immediate"'))).mistakes
    assert found.key == "promised_days"


@pytest.mark.parametrize(
    ("first", "last", "ok"),
    [
        ("2026-09-22", "2026-09-22", False),
        ("2026-09-22", "2026-09-23", True),
        ("2026-09-22", "2026-09-28", True),
    ],
)
def test_a_duty_falls_on_some_day(first: str, last: str, ok: bool, tmp_path: Path) -> None:
    """2026-09-22 is a Tuesday; the duty is of Mondays and Wednesdays."""
    text = broken("2026-09-21", first).replace("2026-10-31", last)
    assert [each.key for each in inspect(put(tmp_path, text)).mistakes] == ([] if ok else ["weekdays"])


def test_a_band_quota_without_hours_is_told(tmp_path: Path) -> None:
    text = broken('name = "发票"\n\n', 'name = "发票"\nband_quota = 5\n\n')
    assert [each.key for each in inspect(put(tmp_path, text)).mistakes] == ["band_quota"]


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('queue = "B"', 'queue = "A"', "No item feeds queue 'B'"),
        ('queues = ["B"]\nhelps = { A = 7 }', 'queues = []\nkind = "duty"', "This window serves no queue"),
        (
            'id = "tax"\nname = "税务局"',
            'id = "tax"\nname = "税务局"\n[[department]]\nid = "x"\nname = "x"',
            "no item",
        ),
        ('["13:30", "16:45"]', '["13:30", "18:00"]', "outside the hall's"),
    ],
)
def test_what_is_odd_warns_and_stops_nothing(old: str, new: str, word: str, tmp_path: Path) -> None:
    reading = inspect(put(tmp_path, broken(old, new)))
    assert reading.settings is not None
    assert any(word in each.en for each in reading.warnings)


def test_a_queue_for_paying_needs_no_item(tmp_path: Path) -> None:
    text = broken('name = "二号"', 'name = "二号"\nkind = "pay"').replace('queue = "B"', 'queue = "A"')
    assert inspect(put(tmp_path, text)).warnings == []


def test_the_good_hall_has_neither_mistake_nor_warning(tmp_path: Path) -> None:
    reading = inspect(put(tmp_path, GOOD))
    assert (reading.mistakes, reading.warnings) == ([], [])


LISTEN = "[hall]\n", "[listen]\n{}\n\n[hall]\n"


@pytest.mark.parametrize(
    ("line", "suggested"),
    [
        ('public_url = "192.168.1.10:9301"', "http://192.168.1.10:9301"),
        ('public_url = "hall.example/tickets"', "http://hall.example"),
        ('public_url = "https://hall.example/tickets"', "https://hall.example"),
        ('public_url = "http://hall.example:9301/?a=1"', "http://hall.example:9301"),
        ('public_url = "http://0.0.0.0:9301"', None),
        ('public_url = "http://[::]:9301"', None),
        ('public_url = "http://[::1"', None),
        ('public_url = "http://hall:99999"', None),
        ('public_url = "ftp://hall"', None),
        ('public_url = "http://0:9301"', None),
        ('public_url = "http://127.1:9301"', None),
        ('public_url = "http://192.168.1:9301"', None),
        ('public_url = "http://256.1.1.1"', None),
        ('public_url = "http://hall..x"', None),
        ('public_url = "http://-hall"', None),
        ('public_url = "http://ha;ll"', None),
        ('public_url = "http://ha ll"', "http://hall"),
        ('public_url = "http://hall:9301 "', "http://hall:9301"),
        ('public_url = "http://hall:0"', None),
        ('public_url = "http://[fe80::1]:9301"', None),
        ('public_url = "http://224.0.0.1"', None),
    ],
)
def test_an_address_that_leads_nowhere_is_a_mistake(line: str, suggested: str | None, tmp_path: Path) -> None:
    reading = inspect(put(tmp_path, GOOD.replace(LISTEN[0], LISTEN[1].format(line), 1)))
    (mistake,) = reading.mistakes
    assert mistake.key == "public_url"
    assert suggested is None or suggested in str(mistake)
    if mistake.nearest:  # what is put to the reader is right itself
        meant = f'public_url = "{mistake.nearest}"'
        assert inspect(put(tmp_path, GOOD.replace(LISTEN[0], LISTEN[1].format(meant), 1))).mistakes == []


@pytest.mark.parametrize(
    "line",
    [
        'host = "0.0.0.0"',
        'host = "::"',
        'public_url = "http://localhost:9301"',
        'public_url = "http://127.0.0.1:9301"',
        'public_url = "http://[::1]:9301"',
        'public_url = "http://localhost.:9301"',
        'public_url = "http://[::ffff:127.0.0.1]:9301"',
        'host = "::ffff:0.0.0.0"',
    ],
)
def test_an_address_no_phone_can_open_warns(line: str, tmp_path: Path) -> None:
    reading = inspect(put(tmp_path, GOOD.replace(LISTEN[0], LISTEN[1].format(line), 1)))
    assert reading.mistakes == []
    assert ["phone" in each.en for each in reading.warnings if each.key != "tls"] == [True]


@pytest.mark.parametrize(
    "line",
    [
        'public_url = "https://hall.example"',
        'public_url = "http://hall_pc:9301/"',
        'host = "0.0.0.0"\npublic_url = "http://192.168.1.10:9301"',
        'host = "::"\npublic_url = "http://[fd00::1]:9301"',
    ],
)
def test_an_address_a_phone_can_open_is_taken(line: str, tmp_path: Path) -> None:
    reading = inspect(put(tmp_path, GOOD.replace(LISTEN[0], LISTEN[1].format(line), 1)))
    assert (reading.mistakes, [each for each in reading.warnings if each.key != "tls"]) == ([], [])


@pytest.mark.parametrize(
    ("line", "warned"),
    [
        ('host = "192.168.1.10"', True),
        ('host = "127.0.0.1"', False),
        ('host = "192.168.1.10"\ntls = "off"', False),
        ('host = "192.168.1.10"\ntls = "auto"', False),
        ('host = "192.168.1.10"\ntls = "hall.pem"', False),
    ],
)
def test_plain_connections_of_other_machines_are_warned_about_unless_that_is_said(
    line: str, warned: bool, tmp_path: Path
) -> None:
    reading = inspect(put(tmp_path, GOOD.replace(LISTEN[0], LISTEN[1].format(line), 1)))
    assert reading.mistakes == []
    assert [each.key for each in reading.warnings] == (["tls"] if warned else [])


@pytest.mark.parametrize("key", ["host", "kiosk_host"])
@pytest.mark.parametrize(
    ("host", "meant"),
    [
        ("", ""), ("*", ""), ("0", ""), ("256.1.1.1", ""), ("x y", ""), ("fe80::1", ""), ("224.0.0.1", ""),
        ("[::]", "::"), ("http://192.168.1.5", "192.168.1.5"), ("192.168.1.5:9301", "192.168.1.5"),
    ],
)  # fmt: skip
def test_a_host_no_program_can_listen_on_is_a_mistake(
    key: str, host: str, meant: str, tmp_path: Path
) -> None:
    reading = inspect(put(tmp_path, GOOD.replace(LISTEN[0], LISTEN[1].format(f'{key} = "{host}"'), 1)))
    (mistake,) = reading.mistakes
    assert (mistake.key, mistake.nearest) == (key, meant)


@pytest.mark.parametrize("name", ["一号", "1号", "１ 号", "一\u00a0号", "壹号"])
def test_windows_that_people_cannot_tell_apart_are_warned_about(name: str, tmp_path: Path) -> None:
    reading = inspect(put(tmp_path, GOOD.replace('name = "二号"', f'name = "{name}"')))
    assert ["窗口“1”同名" in each.zh for each in reading.warnings] == [True] * (name != "壹号")


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        (("a", "01号窗"), ("b", "1号窗"), True),
        (("a", "十一号窗"), ("b", "11号窗"), True),
        (("3", "综合"), ("b", "三号窗口"), True),  # "3" is called 三号窗口, and so is "b"
        (("b", "3号窗口"), ("3", "综合"), True),
        (("2", "二号窗口"), ("3", "三号窗口"), False),
        (("a", "二十号窗"), ("b", "十二号窗"), False),
    ],
)
def test_windows_that_are_called_alike_are_warned_about(
    first: tuple[str, str], second: tuple[str, str], alike: bool, tmp_path: Path
) -> None:
    rows = "".join(
        f'\n[[window]]\nid = "{id}"\nname = "{name}"\nqueues = ["A"]\n' for id, name in (first, second)
    )
    reading = inspect(put(tmp_path, GOOD + rows))
    told = [each for each in reading.warnings if each.key == "name" and first[0] in each.zh]
    assert bool(told) == alike


def test_queues_of_one_name_are_warned_about(tmp_path: Path) -> None:
    reading = inspect(
        put(tmp_path, GOOD + '\n[[queue]]\nid = "Z"\nname = "甲"\n[[queue]]\nid = "Y"\nname = "甲 "\n')
    )
    assert ["队列“Z”同名" in each.zh for each in reading.warnings if each.key == "name"] == [True]


def test_window_ids_that_differ_in_capitals_are_a_mistake(tmp_path: Path) -> None:
    text = (
        GOOD.replace('id = "2"', 'id = "B2"')
        .replace('[[window]]\nid = "1"', '[[window]]\nid = "b2"')
        .replace('window = "1"', 'window = "b2"')
    )
    (found,) = inspect(put(tmp_path, text)).mistakes
    assert "大小写" in found.zh
