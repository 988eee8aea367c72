"""`hallcall new`: a few questions, and the hall that comes of them is right, runs, and is nobody else's."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec import structs

from caller.cli import new as new_command
from caller.cli.check import check
from caller.cli.hall_draft import serving
from caller.cli.init import LIKE
from caller.cli.new import new
from caller.engine import commands as cmd
from config.reading.reader import HALLS, read
from config.settings import Settings
from tests.instruments.engine_fixture import Stage

ITEMS = "编号,名称,部门,办件类型\nB1,社保卡补办,社保所,即办\nB2,低保申请,民政办,\nB3,高龄补贴,民政办,\n"
QUICK = ("county", "tax", "village", "safety", "district")


def run(hall: Path, *options: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(new, [str(hall), *options], input=typed)


def first_number(settings: Settings) -> str:
    """Open a day of the hall, take a number for its first item, and return it."""
    stage = Stage(**structs.asdict(settings))
    return str(stage.do(cmd.TakeTicket(items=[settings.items[0].id]))["number"])


@pytest.mark.parametrize(
    "kind", [each if each in QUICK else pytest.param(each, marks=pytest.mark.campaign) for each in LIKE]
)
def test_every_kind_gives_a_hall_that_passes_its_check(tmp_path: Path, kind: str) -> None:
    hall = tmp_path / "mine" / "my-hall.toml"
    done = run(hall, "--kind", kind, "--name", "测试大厅", "--yes")
    assert done.exit_code == 0, done.output
    made, sample = read(hall), read(HALLS / f"{kind}.toml")
    assert (made.hall.name, made.hall.site) == ("测试大厅", "my-hall")
    assert [each.id for each in made.items] == [each.id for each in sample.items]
    assert [each.queues for each in made.windows] == [each.queues for each in sample.windows]
    assert not made.roster, "the sample's people are not ours"
    assert made.accounts.required
    assert all(each.quick for each in made.kiosks), "three taps, not six"
    assert CliRunner().invoke(check, [str(hall)]).exit_code == 0


@pytest.mark.parametrize(("kind", "windows"), [("county", 3), ("county", 40), ("village", 1), ("tax", 6)])
def test_any_number_of_windows_serves_every_queue(tmp_path: Path, kind: str, windows: int) -> None:
    hall = tmp_path / "hall.toml"
    done = run(hall, "--kind", kind, "--windows", str(windows), "--yes")
    assert done.exit_code == 0, done.output
    made = read(hall)
    assert len(serving(made)) == windows
    fed = {each.queue for each in made.items}
    assert fed <= {queue for each in made.windows for queue in each.queues}
    assert len({each.name for each in made.windows}) == len(made.windows)


def test_departments_of_ones_own_have_a_queue_each_and_the_items_that_samples_have_for_them(
    tmp_path: Path,
) -> None:
    hall = tmp_path / "hall.toml"
    done = run(
        hall, "--kind", "county", "--departments", "税务局，公安局=Police,龙虾办", "--windows", "4", "--yes"
    )
    assert done.exit_code == 0, done.output
    made = read(hall)
    assert [(each.name, each.name_en) for each in made.departments] == [
        ("税务局", "Tax Bureau"), ("公安局", "Police"), ("龙虾办", ""),
    ]  # fmt: skip
    own = {each.id: [item for item in made.items if item.department == each.id] for each in made.departments}
    assert [len(items) for items in own.values()] == [38, 4, 1]
    assert "示例" in own[made.departments[2].id][0].name
    assert {each.queue for each in own["tax"]} == {"A"}
    assert {"pay", "issuing", "guide"} <= {each.kind for each in made.windows}
    assert first_number(made) == "A001"


@pytest.mark.campaign
@pytest.mark.parametrize("kind", LIKE)
@pytest.mark.parametrize(
    ("departments", "windows"),
    [("甲局", 9), ("税务局,甲局,民政局=B", 2), (",".join(f"局{n}" for n in range(60)), 7)],
)
def test_any_kind_with_any_departments_passes_its_check(
    tmp_path: Path, kind: str, departments: str, windows: int
) -> None:
    hall = tmp_path / "hall.toml"
    done = run(hall, "--kind", kind, "--departments", departments, "--windows", str(windows), "--yes")
    assert done.exit_code == 0, done.output
    made = read(hall)
    assert {each.department for each in made.items} == {each.id for each in made.departments}
    assert CliRunner().invoke(check, [str(hall)]).exit_code == 0


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_table_of_items_without_queues_makes_them(tmp_path: Path, encoding: str) -> None:
    table, hall = tmp_path / "事项.csv", tmp_path / "镇.toml"
    table.write_bytes(ITEMS.encode(encoding))
    done = run(hall, "--kind", "town", "--items", str(table), "--yes")
    assert done.exit_code == 0, done.output
    made = read(hall)
    assert [(each.id, each.department, each.queue) for each in made.items] == [
        ("B1", "d1", "A"), ("B2", "d2", "B"), ("B3", "d2", "B"),
    ]  # fmt: skip
    assert [each.case_type for each in made.items] == ["immediate", "unspecified", "unspecified"]
    assert [each.name for each in made.windows] == ["社保所窗口", "民政办窗口"]
    assert made.hall.site == "hall", "a file's name in hanzi is no id"
    assert table.read_bytes() == ITEMS.encode(encoding)


def test_letters_that_the_table_gives_are_kept(tmp_path: Path) -> None:
    table, hall = tmp_path / "items.csv", tmp_path / "hall.toml"
    table.write_text("编号,名称,部门,队列\nB1,甲,税务局,C\nB2,乙,税务局,D\nB3,丙,公安局,\n", "utf-8")
    done = run(hall, "--kind", "village", "--items", str(table), "--yes")
    assert done.exit_code == 0, done.output
    made = read(hall)
    assert [each.queue for each in made.items] == ["C", "D", "A"]
    assert [each.id for each in made.queues] == ["C", "D", "A"]


def test_the_dialogue_asks_again_with_words(tmp_path: Path) -> None:
    typed = "\n".join(
        ["Kreis", "tax", "税厅", "-", "甲,甲", "甲,乙", "nowhere.csv", "-", "viele", "0", "2", ""]
    )
    hall = tmp_path / "hall.toml"
    done = run(hall, typed=typed)
    assert done.exit_code == 0, done.output
    for words in ("没有“Kreis”", "“甲”写了两次", "nowhere.csv 读不了", "写 1 至 200"):
        assert words in done.output
    made = read(hall)
    assert [each.name for each in made.departments] == ["甲", "乙"]
    assert len(serving(made)) == 2


def test_the_dialogue_in_english_speaks_no_chinese_of_its_own(tmp_path: Path) -> None:
    done = run(tmp_path / "hall.toml", "--lang", "en", typed="x\nvillage\n\n\n-\n-\n\n")
    assert done.exit_code == 0, done.output
    asked = done.output.partition("示例村便民服务站  Sample")[0].replace("[示例村便民服务站]", "")
    assert asked.isascii() or not [line for line in asked.replace("✗", "").splitlines() if not line.isascii()]
    assert "There is no sample 'x'" in asked


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--kind", "nothing"), "没有“nothing”"), (("--windows", "-1"), "1 至 200"), (("--name", "x" * 81), "80"),
        (("--departments", "甲;甲"), "写了两次"), (("--items", "no.csv"), "读不了"),
    ],
)  # fmt: skip
def test_a_wrong_option_ends_with_words_and_writes_nothing(
    tmp_path: Path, options: tuple[str, str], words: str
) -> None:
    done = run(tmp_path / "hall.toml", *options, "--yes")
    assert done.exit_code == 2
    assert words in done.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("编号,名称\n1,甲\n", "缺少“department”列"), ("编号,名称,部门\n", "没有事项"),
        ("编号,名称,部门\n1,甲,某局\n1,乙,某局\n", "第 3 行"), ("编号,名称,部门,承诺时限\n1,甲,某局,许多\n", "许多"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_told_and_nothing_is_written(tmp_path: Path, table: str, words: str) -> None:
    (tmp_path / "t.csv").write_text(table, "utf-8")
    done = run(tmp_path / "hall.toml", "--items", str(tmp_path / "t.csv"), "--yes")
    assert done.exit_code == 2
    assert words in done.output
    assert [each.name for each in tmp_path.iterdir()] == ["t.csv"]


@pytest.mark.parametrize("there", ["hall.toml", "hall-items.csv"])
def test_nothing_is_written_over(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("# mine\n")
    done = run(tmp_path / "hall.toml", "--kind", "village", "--yes")
    assert done.exit_code == 2
    assert "已存在" in done.output
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {there: "# mine\n"}


def test_twin_without_its_check_a_wrong_hall_would_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.csv").write_text("编号,名称,部门,承诺时限\n1,甲,某局,许多\n", "utf-8")
    monkeypatch.setattr(new_command, "_check", lambda *_: None)
    run(tmp_path / "hall.toml", "--items", str(tmp_path / "t.csv"), "--yes")
    assert (tmp_path / "hall.toml").exists()
