"""What the paper says: facts of a ticket in words, in both languages, and never a name."""

from dataclasses import replace

import pytest
from msgspec import structs

from caller.engine.commands import TakeTicket
from config.paper import notice
from config.paper.document import Cut, Logo, QrCode, Sheet, TextLine
from config.paper.samples import sample_notice, sample_slip
from config.paper.slip import Language, band, clock, missed_rule, slip_content
from config.paper.template_files import TITLES
from config.settings import Area, HallTable, Item, PriorityClass, Queue, Rules, Settings, Window
from tests.instruments.papers import notice_sheet, slip_job, slip_sheet

HALL = Settings(
    hall=HallTable(site="yx", name="示例县政务服务中心", name_en="Sample County Hall", phone="0000-1"),
    classes=(PriorityClass("ordinary", "普通", 30), PriorityClass("elderly", "老年人", 10, "Elderly")),
    queues=(Queue("A", "企业登记", "Business"),),
    windows=(Window("3", "3号窗口", ["A"], "Window 3"), Window("4", "4号窗口", ["B"])),
)
ITEM = Item("T001", "开业登记", "tax", "A", "Opening", papers=["身份证", "章程"])
ISSUED = 1_795_224_600_000_000
RESULT = {
    "ticket": "0192f3a4-7b1c", "number": "A042", "queue": "A", "ahead": 5, "low": 10, "high": 15,
    "issued": ISSUED, "key": f"0192f3a4-7b1c.{'0123456789ab' * 2}",
}  # fmt: skip


def words(sheet: Sheet) -> str:
    return "\n".join(block.text for block in sheet if isinstance(block, TextLine))


def test_the_slip_of_a_ticket_says_all_that_is_promised() -> None:
    sheet = slip_sheet(slip_content(HALL, RESULT, [ITEM], "zh"))
    text = words(sheet)
    for expected in ("示例县政务服务中心", "A042", "开业登记", "3号窗口", "前面 5 人", "约10–15分钟", "2026-11-21 09:30",
                     "1. 身份证", "2. 章程", "过号"):  # fmt: skip
        assert expected in text
    assert "4号窗口" not in text
    assert "补打" not in text
    assert [block.data for block in sheet if isinstance(block, QrCode)] == [
        f"http://127.0.0.1:9301/t#{RESULT['key']}"
    ]
    assert sheet[-1] == Cut()


def test_the_english_slip_is_english_wherever_the_hall_gave_english_names() -> None:
    text = words(slip_sheet(replace(slip_content(HALL, RESULT, [ITEM], "en"), papers=())))
    assert text.replace("–", "-").isascii()
    assert "Opening" in text
    assert "Window 3" in text


def test_a_slips_code_speaks_to_the_phone_as_the_kiosk_did() -> None:
    """The hall's first language is no choice: then the phone speaks its own."""
    for language, asked in (("zh", ""), ("en", "?lang=en"), ("ug", "?lang=ug")):
        assert slip_content(HALL, RESULT, [ITEM], language).url.endswith(f":9301/t{asked}#{RESULT['key']}")


def test_an_appointments_slip_has_item_papers_and_time() -> None:
    answer = RESULT | {"items": ["T001"], "slot": ISSUED + 30 * 60_000_000}
    text = words(slip_sheet(slip_content(HALL, answer, [ITEM], "zh")))
    assert "预约：2026-11-21 10:00" in text
    assert "开业登记" in text
    assert "1. 身份证" in text
    assert "预约：" not in words(slip_sheet(slip_content(HALL, RESULT, [ITEM], "zh")))


def test_windows_stand_with_their_numbers() -> None:
    named = structs.replace(
        HALL, windows=(Window("3", "企业窗口", ["A"], "Business"), Window("12", "综合窗口", ["A"], "General"))
    )
    one = structs.replace(named, windows=named.windows[:1])
    assert "窗口：3 号 企业窗口" in words(slip_sheet(slip_content(one, RESULT, [ITEM], "zh")))
    assert "Window: 3 Business" in words(slip_sheet(slip_content(one, RESULT, [ITEM], "en")))
    assert "窗口：3、12 号窗口" in words(slip_sheet(slip_content(named, RESULT, [ITEM], "zh")))
    assert "Window: 3, 12" in words(slip_sheet(slip_content(named, RESULT, [ITEM], "en")))
    mixed = structs.replace(named, windows=(*named.windows, Window("pay", "缴费处", ["A"])))
    assert "3 号 企业窗口、12 号 综合窗口、缴费处" in words(
        slip_sheet(slip_content(mixed, RESULT, [ITEM], "zh"))
    )


def test_the_way_is_on_the_slip_when_all_windows_share_it() -> None:
    area = Area("b2", "二楼 B 区", "Level 2, zone B", "上电扶梯右转", "Up the escalator")
    there = Window("3", "3号窗口", ["A"], "Window 3", area="b2")
    hall = structs.replace(HALL, areas=(area,), windows=(there, structs.replace(there, id="5")))
    assert "路线：二楼 B 区，上电扶梯右转" in words(slip_sheet(slip_content(hall, RESULT, [ITEM], "zh")))
    english = words(slip_sheet(slip_content(hall, RESULT, [ITEM], "en")))
    assert "Way: Level 2, zone B: Up the escalator" in english
    assert "路线" not in words(slip_sheet(slip_content(HALL, RESULT, [ITEM], "zh")))


def test_a_reprint_is_marked_in_both_languages() -> None:
    for language in ("zh", "en"):
        assert "补打" in words(slip_sheet(slip_content(HALL, RESULT, [ITEM], language, copy=1)))


def test_a_ticket_for_a_queue_without_an_item_shows_the_queue() -> None:
    assert "企业登记" in words(slip_sheet(slip_content(HALL, RESULT, [], "zh")))


def test_a_priority_class_is_named_and_the_ordinary_one_is_not() -> None:
    assert "老年人" in words(slip_sheet(slip_content(HALL, RESULT | {"priority": "elderly"}, [ITEM], "zh")))
    assert "普通" not in words(
        slip_sheet(slip_content(HALL, RESULT | {"priority": "ordinary"}, [ITEM], "zh"))
    )


@pytest.mark.parametrize(
    ("low", "high", "zh", "en"),
    [
        (10, 15, "约10–15分钟", "about 10–15 min"),
        (10, 10, "约10分钟", "about 10 min"),
        (0, 5, "5分钟以内", "within 5 min"),
        (0, 0, "马上轮到", "almost now"),
        (-1, -1, "", ""),
    ],
)
def test_the_wait_is_a_band_in_words(low: int, high: int, zh: str, en: str) -> None:
    assert (band(low, high, "zh"), band(low, high, "en")) == (zh, en)


def test_an_unknown_wait_leaves_no_half_sentence() -> None:
    text = words(slip_sheet(replace(sample_slip("zh"), low=-1, high=-1)))
    assert "前面 5 人\n" in text
    assert "约" not in text


def test_the_time_is_the_halls_own() -> None:
    assert clock(ISSUED, "Asia/Shanghai") == "2026-11-21 09:30"
    assert clock(ISSUED, "Asia/Urumqi") == "2026-11-21 07:30"


def test_the_missed_rule_follows_the_settings() -> None:
    assert "3 个号" in missed_rule(Rules(), "zh")
    assert "作废" in missed_rule(Rules(requeue_max=0), "zh")
    assert "twice" not in missed_rule(Rules(requeue_max=2, requeue_behind=5), "en")
    assert "after 5 more, 2 times" in missed_rule(Rules(requeue_max=2, requeue_behind=5), "en")


def test_forty_papers_do_not_make_a_metre_of_slip_but_a_notice_lists_them_all() -> None:
    papers = tuple(f"材料{number:02}" for number in range(1, 41))
    text = words(slip_sheet(replace(sample_slip("zh"), papers=papers)))
    assert "12. 材料12" in text
    assert "材料13" not in text
    assert "另有 28 项" in text
    listed = words(notice_sheet(replace(sample_notice("missing", "zh"), papers=papers)))
    assert all(paper in listed for paper in papers)


def test_a_slip_has_no_place_for_a_persons_name() -> None:
    """The command that makes a ticket carries none either; a template cannot ask for one."""
    from config.paper.template_files import FIELDS

    assert not {"name", "applicant", "id", "申请人", "姓名"} & (
        set(FIELDS["slip"]) | set(FIELDS["slip"].values())
    )
    assert "name" not in TakeTicket.__struct_fields__


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "kind",
    [
        "acceptance",
        "handling",
        "missing",
        "refusal",
        "pause",
        "return",
        "void",
        "guide",
        "promise",
        "passing",
        "parallel",
        "parallel-handling",
        "agency",
        "task-report",
        "denial",
        "payment",
    ],
)
def test_every_notice_says_its_facts(kind: notice.NoticeKind, language: Language) -> None:
    facts = sample_notice(kind, language)
    text = words(notice_sheet(facts))
    assert facts.hall in text
    assert facts.item in text
    assert facts.department in text
    assert "{" not in text
    if kind not in ("refusal", "pause", "return", "void", "task-report", "denial", "payment"):
        assert all(paper in text for paper in facts.papers)
    if kind in ("refusal", "pause", "return", "task-report", "denial"):
        assert facts.reason in text
    if kind == "pause":
        assert facts.left in text
    if kind == "void":
        assert facts.voids in text
    if kind in ("handling", "passing", "parallel", "parallel-handling"):
        assert all(part in text for part in facts.parts)
    if kind == "payment":
        assert all(value in text for value in facts.money.values())
    if language == "en":
        assert "window's stamp" in text or kind in {
            "handling",
            "guide",
            "passing",
            "parallel-handling",
            "task-report",
        }


def test_the_guide_of_an_item_publishes_what_must_be_published() -> None:
    item = Item("T9", "税务登记", "tax", "A", papers=["身份证"], basis="税收征管法", conditions="已取得执照", fee="不收费",
                statutory_days=20, promised_days=5, steps=["申请", "受理"])  # fmt: skip
    text = words(notice_sheet(notice.guide_content(HALL, item, ISSUED, "zh")))
    for expected in (
        "税收征管法",
        "已取得执照",
        "不收费",
        "20 个工作日",
        "5 个工作日",
        "1. 身份证",
        "2. 受理",
        "0000-1",
    ):
        assert expected in text
    assert notice.days(0, "zh") == "当场办结"
    assert notice.days(None, "zh") == ""


def test_what_a_kiosk_gives_in_uyghur_has_its_title_in_chinese_too_and_every_fact_that_chinese_has() -> None:
    item = Item("T9", "税务登记", "tax", "A", papers=["身份证"], basis="税收征管法", conditions="已取得执照", fee="不收费",
                fee_basis="文件", statutory_days=20, promised_days=0, steps=["申请", "受理"])  # fmt: skip
    asked = {"kind": "complaint", "window": "1", "reason": "waiting", "opened": ISSUED, "number": "F2026-0042",
             "due": ISSUED, "code": "2675710881"}  # fmt: skip
    guides = [notice.guide_content(HALL, item, ISSUED, each) for each in ("ug", "zh")]
    receipts = [notice.receipt_content(HALL, asked, each) for each in ("ug", "zh")]
    for uyghur, chinese in (guides, receipts):
        (own, theirs) = (notice_sheet(each) for each in (uyghur, chinese))
        assert uyghur.language == "ug"
        assert TITLES[uyghur.kind] in words(own)
        assert len(own) == len(theirs) + 1, "the Chinese title"
        aligned = {line.align for line in own if isinstance(line, TextLine) and is_uyghur(line.text)}
        assert aligned == {"right", "center"}
    assert (guides[0].item, receipts[0].item) == ("税务登记", "شىكايەت"), (
        "Chinese where the hall has no other"
    )


def is_uyghur(text: str) -> bool:
    return any("\u0600" <= sign <= "\u06ff" for sign in text)


def test_no_logo_and_no_file_outside_the_templates_is_needed() -> None:
    assert not any(isinstance(block, Logo) for block in slip_sheet(sample_slip("zh")))
    assert slip_job(sample_slip("zh"), 384, "text").startswith(b"\x1b@")
