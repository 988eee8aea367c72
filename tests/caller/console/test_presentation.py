"""What a window view looks like in words."""

from caller.console import presentation
from caller.console.presentation import HallNames
from tests.instruments.window_views import MINUTE, NOW, SETTINGS, entry, quiet, ticket, view

ZH, EN = HallNames(SETTINGS, "zh"), HallNames(SETTINGS, "en")


def texts(holder: presentation.TicketHolder) -> tuple[str, ...]:
    return tuple(line.text + line.tail for line in holder.lines)


def test_the_header_says_window_clerk_and_state() -> None:
    assert presentation.header(view("serving"), ZH) == ("3 号窗口 企业登记窗口", "工号 1024", "办理中")
    assert presentation.header(view("closed"), EN) == ("Window 3 Registration", "", "signed out")


def test_the_person_at_the_window_has_number_queue_priority_items_and_time_since_called() -> None:
    who = presentation.person(view("called", ticket=ticket(recalls=2)), ZH, NOW)
    assert who.number == "A042"
    assert texts(who) == ("A 企业登记   老年人", "开业登记 / 变更登记", "已叫 1:20   重呼 2 次")
    english = presentation.person(view("serving"), EN, NOW)
    assert texts(english) == (
        "A Business registration   elderly",
        "Opening registration / Change of registration",
        "serving for 1:20",
    )


def test_an_empty_window_says_which_key_comes_next() -> None:
    assert texts(presentation.person(view(), ZH, NOW)) == ("没有正在叫的号", "按 空格 叫下一位")
    assert texts(presentation.person(quiet(), ZH, NOW)) == ("没有正在叫的号", "现在没有人等候")


def test_a_paused_window_shows_its_reason_and_how_long() -> None:
    doc = view("paused", reason="用餐", since=NOW - 65 * MINUTE)
    assert texts(presentation.person(doc, ZH, NOW)) == ("用餐", "已暂停 1:05:00", "按 P 恢复服务")


def test_a_clock_set_back_shows_no_negative_wait() -> None:
    assert presentation.span(-5) == "0:00"
    assert presentation.row(entry("A001", waited=-9), "zh", NOW).minutes == 0


def test_lists_keep_the_order_of_the_view_with_minutes_and_marks() -> None:
    rows = presentation.rows(view()["next"], "zh", NOW)
    assert [(row.number, row.mark, row.minutes, row.bound) for row in rows] == [
        ("A043", "老", 12, False), ("B007", "  ", 9, True), ("A044", "  ", 1, False),
    ]  # fmt: skip


def test_who_is_held_or_missed_shows_since_when() -> None:
    doc = view()
    shown = [presentation.rows(doc[kind], "zh", NOW)[0].minutes for kind in ("held", "missed")]
    assert shown == [41, 55]  # not the 58 and 63 since their numbers were taken


def test_the_queues_of_this_window_are_counted() -> None:
    assert presentation.counts(view(), EN) == [
        ("A", "Business registration", 2),
        ("B", "Social insurance", 1),
    ]


def test_a_transfer_may_go_anywhere_but_here() -> None:
    kinds = [(kind, id) for kind, id, _ in presentation.targets(view(), ZH)]
    assert kinds == [("queue", "A"), ("queue", "B"), ("window", "4"), ("window", "9")]


def test_the_clerk_sees_that_a_rating_is_asked_and_given_but_never_its_level() -> None:
    asked = view(rating={"ticket": "id-A041", "number": "A041", "until": NOW + MINUTE})
    assert presentation.rating(asked, "zh", NOW) == "正在请 A041 号评价"
    assert presentation.rating(asked, "zh", NOW + 2 * MINUTE) == ""
    worst = asked | {"rated": {"ticket": "id-A041", "level": 1}}
    best = asked | {"rated": {"ticket": "id-A041", "level": 5}}
    assert presentation.rating(worst, "zh", NOW) == presentation.rating(best, "zh", NOW) == "上一位已评价"


def test_what_the_settings_do_not_know_is_shown_by_its_id() -> None:
    odd = ticket(queue="Z", queue_name="", items=["X9"], priority="vip")
    assert texts(presentation.person(view("called", ticket=odd), ZH, NOW))[:2] == ("Z Z   vip", "X9")


def test_choosing_offers_a_line_for_each() -> None:
    offered = presentation.options(view(), ZH, NOW)
    assert [ticket for ticket, out_of_turn, _ in offered if out_of_turn] == ["id-A043", "id-A044"]
    lines = {ticket: line for ticket, _, line in offered}
    assert lines["id-A043"] == "A043   老 12分   等候     企业登记"
    assert lines["id-B007"].endswith("社会保险 限本窗口")
    assert "过号" in lines["id-A028"]


def test_who_is_to_be_met_is_said_and_marked_in_the_lists() -> None:
    who = presentation.person(view("called", ticket=ticket(assistance="deaf", papers="incomplete")), ZH, NOW)
    assert texts(who)[2] == "已叫 1:20   听障   材料已预审，还不齐"
    alone = presentation.marks(ticket(alone=["quota", "live-ticket"]), "zh")
    assert alone == ["离线号", "未核限额", "未核一人一号"]
    assert presentation.marks(ticket(alone=[]), "en") == ["given offline"]
    assert presentation.row(entry("A091") | {"alone": []}, "zh", NOW).mark == "离"
    marked = presentation.row(entry("A001") | {"assistance": "wheelchair"}, "zh", NOW)
    assert marked.mark == "助"
