"""Every command under a locale that has no hanzi: texts are degraded, what it does and its exit code are not."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.reading.reader import HALLS

KEPT = Path(__file__).parents[2] / "kept/29e657f"
SECONDS = 120
LATIN = {"LC_ALL": "en_US.ISO-8859-1", "PYTHONUTF8": "0", "PYTHONIOENCODING": "iso-8859-1"}
POSIX = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
CHINESE = {"LC_ALL": "zh_CN.GBK", "PYTHONUTF8": "0", "PYTHONIOENCODING": "gbk"}


COMMANDS = [  # (arguments, exit code); DATA and HALL are those of a kept hall, 厅 a folder
    ("check HALL", 0), ("check HALL --json", 0), ("check 厅/没有.toml", 2), ("check 厅/乱.toml", 2),
    ("enrol window 1 --data 厅 --hall HALL", 0), ("enrol window 九 --data 厅 --hall HALL", 2),
    ("log verify --data DATA", 0), ("log tail --data DATA", 0), ("log export --data DATA", 0),
    ("log root --data DATA", 0), ("log backup 厅/备份.db --data DATA", 0), ("log verify --data 厅/空", 2),
    ("records --data DATA", 0), ("report --data DATA --hall HALL", 0), ("report --data DATA --hall HALL --json", 0),
    ("report --data DATA --hall HALL --xlsx 厅/报表.xlsx", 0), ("report --data DATA --from 昨天", 2),
    ("opinions HALL list --data DATA", 0), ("person --data DATA --ticket 没有", 2),
    ("simulate VILLAGE --scenario SCENARIO", 0), ("day open HALL --data 厅 --token x --caller ws://127.0.0.1:9", 2),
    ("job list HALL --data 厅 --token x --caller ws://127.0.0.1:9", 2), ("devices HALL --data 厅 --token x --caller ws://127.0.0.1:9", 2),
    ("slip check --help", 0), ("device learn 厅/没有 --seconds 0.2", 0), ("web HALL --data 厅 --token x --caller http://叫号", 2),
    ("agent HALL --data 厅 --name 没有", 2), ("kiosk HALL --data 厅 --name 没有", 2), ("window HALL --data 厅 --window 没有", 2),
    ("forget --data DATA --ticket 没有", 2), ("advise VILLAGE --help", 0), ("没有", 2), ("--help", 0),
]  # fmt: skip


# What a process does after it began again in UTF-8 mode, for one command after another: each start takes two of Python.
ALL_IN_TURN = """
import json, sys, traceback
from caller.cli.main import main
for arguments in json.loads(sys.argv[1]):
    code = 0
    try:
        main(arguments)
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        stream.buffer.write(b"\\0%d\\0" % code)
        stream.buffer.flush()
"""


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    return put(tmp_path)


def put(tmp_path: Path) -> dict[str, str]:
    shutil.copytree(KEPT / "data", tmp_path / "data")
    for name in ("hall.toml", "items.csv"):
        shutil.copy(KEPT / name, tmp_path)
    folder = tmp_path / "厅"
    folder.mkdir()
    (folder / "乱.toml").write_text('[hall]\nsite = "x\nname = "“大厅”"\n')
    return {
        "DATA": str(tmp_path / "data"), "HALL": str(tmp_path / "hall.toml"), "厅": str(folder),
        "VILLAGE": str(HALLS / "village.toml"), "SCENARIO": str(HALLS.parent / "scenarios/village-day.toml"),
    }  # fmt: skip


def line_of(words: str, places: dict[str, str]) -> list[str]:
    return [
        "/".join([places.get(first, first), *rest])
        for first, *rest in (word.split("/") if word[:1] == "厅" else [word] for word in words.split())
    ]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, int]]:
    """What each command says in Latin letters, and its exit code."""
    places = put(tmp_path_factory.mktemp("latin"))
    lines = json.dumps([line_of(words, places) for words, _ in COMMANDS])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    done = subprocess.run(
        [sys.executable, "-c", ALL_IN_TURN, lines], capture_output=True, timeout=5 * SECONDS, check=True,
        env=environment | LATIN | {"PYTHONUTF8": "1"}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    (out, codes), (err, _) = (
        (text.split(b"\0")[:-1:2], text.split(b"\0")[1::2]) for text in (done.stdout, done.stderr)
    )
    return {
        words: (one + other, int(code))
        for (words, _), one, other, code in zip(COMMANDS, out, err, codes, strict=True)
    }


def run(words: str, places: dict[str, str], locale: dict[str, str]) -> "subprocess.CompletedProcess[bytes]":
    line = line_of(words, places)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LC_")} | locale
    return subprocess.run(
        [sys.executable, "-m", "caller.cli", *line], capture_output=True, env=environment, timeout=SECONDS,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(("words", "code"), COMMANDS, ids=[words for words, _ in COMMANDS])
def test_a_command_ends_as_it_does_elsewhere(
    words: str, code: int, said: dict[str, tuple[bytes, int]]
) -> None:
    text, found = said[words]
    assert b"Traceback" not in text, text.decode("latin-1")
    assert found == code, text.decode("latin-1")
    assert text


@pytest.mark.parametrize("locale", [LATIN, POSIX, CHINESE, {}], ids=["latin", "posix", "gbk", "as-it-is"])
@pytest.mark.parametrize(
    "words", ["person --data DATA --ticket 没有", "check HALL", "report --data DATA --hall HALL"]
)
def test_whatever_the_locale(words: str, locale: dict[str, str], places: dict[str, str]) -> None:
    done = run(words, places, locale)
    assert b"Traceback" not in done.stderr
    assert b"no UTF-8 text" not in done.stderr
    assert done.returncode == (2 if "没有" in words else 0)


def test_bytes_that_are_no_text_are_refused_with_words(places: dict[str, str]) -> None:
    line = [sys.executable, "-m", "caller.cli", "person", "--data", places["DATA"], "--ticket", b"\xff\xfe"]
    done = subprocess.run(line, capture_output=True, timeout=SECONDS, check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (2, False), done.stderr.decode()
    assert "不是 UTF-8 文字" in done.stderr.decode()


def test_without_utf_8_mode_a_ticket_in_hanzi_is_no_text(places: dict[str, str]) -> None:
    """The guard off."""
    program = "import caller.cli.main as m; m._in_utf8_mode = lambda: None; m.main()"
    line = [sys.executable, "-c", program, "person", "--data", places["DATA"], "--ticket", "没有"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LC_")} | POSIX
    done = subprocess.run(line, capture_output=True, env=environment, timeout=SECONDS, check=False)
    assert b"no UTF-8 text" in done.stderr
