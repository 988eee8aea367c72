"""The papers of an acceptance: every line has its figure and its evidence, and a paper is in one language."""

import re

from msgspec.structs import replace

from caller.cli.accept import NAMES
from caller.reports.acceptance_paper import AcceptancePaper, DeviceNow, PaperLang
from caller.reports.acceptance_record import AcceptanceFigure, AcceptanceRecord, StepResult
from config.process.print_view import PrintDocument, document
from config.settings import AccountsTable
from tests.instruments.caller_fixture import SETTINGS

ZONE, BEGAN, SECOND = "Asia/Shanghai", 1_772_503_200_000_000, 1_000_000
HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")
TERMS = re.compile(
    r"acceptance\.json|hallcall|accept|HALL\.toml|--only [a-z-]+|--data|DATA|log export|manager/m1"
)
SETTLED = replace(
    SETTINGS,
    hall=replace(SETTINGS.hall, zone=ZONE, name_en="Test hall"),
    accounts=AccountsTable(required=True),
)


def result(step: str, verdict: str, figures: int, said: tuple[str, str], **more: object) -> StepResult:
    zh, en = NAMES[step]
    known = [
        AcceptanceFigure("缺纸报警", "paper out is told", 131.25, "s", "most", 30),
        AcceptanceFigure("重号", "given twice", 0, "", "is", 0),
    ]
    made = StepResult(
        step, zh, en, "不动产登记", "passed", BEGAN + 65 * SECOND, [said], known[:figures], BEGAN + 5 * SECOND, "1001",
        [f"A{each:03}" for each in range(1, 21)], "Real estate",
    )  # fmt: skip
    return replace(made, verdict=verdict, **more)


RECORD = AcceptanceRecord(
    "1.2", BEGAN,
    {
        each.step: each
        for each in (
            result("numbers", "passed", 2, ("取号 A001 至 A020", "numbers A001 to A020")),
            result("paper", "failed", 0, ("300 秒内没有看到：缺纸报警", "not seen in 300 s: paper out is told"), by="manager/m1"),
            result("clock", "left-out", 0, ("没有做：把叫号服务电脑的时钟拨快一天", "not done: set the clock one day ahead"), numbers=[]),
        )
    },
)  # fmt: skip


def paper(lang: PaperLang, record: AcceptanceRecord = RECORD) -> PrintDocument:
    return AcceptancePaper(record, SETTLED, [DeviceNow("w1", "printer", "paper-out")], NAMES, lang).document()


def rows(made: PrintDocument, title: str) -> list[list[str]]:
    return [list(row) for each in made.tables if title in each.title for row in each.rows]


def test_a_figure_stands_with_what_it_must_reach_who_measured_it_when_and_by_which_numbers() -> None:
    table = rows(paper("zh"), "技术参数响应表")
    evidence = "步骤 2（不动产登记），03-03 10:00:05–10:01:05，1001，号 A001\u00a0至\u00a0A020"
    assert table[1] == ["缺纸报警", "≤\u00a030\u00a0s", "131.25\u00a0s", "负偏离", evidence]
    assert table[2] == ["重号", "=\u00a00", "0", "无", evidence]
    assert len(table) == 1 + len(NAMES), "a line for each step, and one more for its second figure"
    assert all(row[4] for row in table)


def test_what_was_not_played_is_said_with_why_and_how_to_make_up_for_it() -> None:
    left = {row[0].partition(". ")[2]: row[1:] for row in rows(paper("zh"), "没有做的步骤")}
    assert left["时钟跳变"] == [
        "没有做：把叫号服务电脑的时钟拨快一天",
        "hallcall accept HALL.toml --only clock",
    ]
    assert left["主备切换"][0] == "没有做过"
    assert "打印机缺纸" not in left, "it was played, and failed"
    facts = dict(rows(paper("zh"), "结论"))
    assert (facts["结论"], facts["操作人"]) == ("不合格", "账户 1001、站点 manager/m1")
    none_left = {code: result(code, "passed", 1, ("", "")) for code in NAMES}
    assert rows(paper("zh", AcceptanceRecord("", BEGAN, none_left)), "没有做的步骤") == [["无", "", ""]]


def test_a_paper_is_in_one_language() -> None:
    english = document(paper("en"), BEGAN, ZONE).partition("</style>")[2]
    assert [each for each in HAN.findall(english) if each not in "不动产登记"] == []
    assert "printed 2026" in document(paper("en"), BEGAN, ZONE)
    chinese = re.sub(r"<[^>]+>", " ", document(paper("zh"), BEGAN, ZONE).partition("<body>")[2])
    assert re.findall(r"[A-Za-z]{3,}", TERMS.sub(" ", chinese)) == []


def test_nothing_is_claimed_where_nothing_was_played() -> None:
    only = {"clock": RECORD.results["clock"]}
    assert AcceptanceRecord("", BEGAN).conclusion(NAMES) == ("还没有做", "nothing played yet")
    assert AcceptanceRecord("", BEGAN, only).conclusion(NAMES)[0] == "还没有做"
