"""Which keys live at a window, why the others do not, and what a press makes."""

import pytest

from caller.console import verbs as desk
from caller.console.verbs import Choice
from caller.engine import commands as cmd
from caller.engine import desk_commands as desk_cmd
from caller.views.verbs import TRIALS
from tests.instruments.window_views import LIVE, ended, quiet, ticket, view

LINKS_AWAY = ("connecting", "greeting", "silent", "waiting", "closed")


@pytest.mark.parametrize(
    ("state", "keys"),
    [
        ("closed", set[str]()),
        ("open", {"next", "choose", "walk", "pause", "out", "alarm", "relieve"}),
        ("paused", {"pause", "out", "alarm", "relieve"}),
        ("called", {"recall", "start", "finish", "miss", "hold", "transfer", "alarm", "relieve", "merge"}),
        ("serving", {"next", "choose", "walk", "finish", "hold", "transfer", "alarm", "relieve", "merge"}),
    ],
)
def test_the_live_keys_are_those_of_the_view(state: str, keys: set[str]) -> None:
    assert desk.live(view(state), "current") == keys


@pytest.mark.parametrize("verb", desk.VERBS)
def test_a_key_lives_by_the_view_alone_whatever_the_state(verb: str) -> None:
    """No table of its own: a verb that the caller calls live lives, and no other."""
    kind = desk.VERBS[verb].command
    only = {each: {"live": each == kind} for each in view()["verbs"]}
    assert desk.live(view("called", verbs=only), "current") == {verb}


def test_every_verb_of_the_view_but_signing_in_has_a_key() -> None:
    keys = {each.command for each in (*desk.VERBS.values(), desk.RESUME)}
    assert keys | {"OpenWindow", "TakeOverVisit"} == set(TRIALS)  # the latter by the key of RelieveClerk


@pytest.mark.parametrize("link", LINKS_AWAY)
def test_no_key_lives_while_the_link_is_away(link: str) -> None:
    for state in LIVE:
        assert not desk.live(view(state), link)
    note = desk.refusal("next", view(), link, "", "zh")
    assert note.tone == "cut"
    assert "没有执行" in note.words


def test_no_key_lives_before_the_first_picture() -> None:
    assert not desk.live(None, "current")
    assert desk.refusal("next", None, "current", "", "zh").tone == "cut"


def test_no_key_lives_while_an_answer_is_pending() -> None:
    assert not desk.live(view("called"), "current", pending="start")
    note = desk.refusal("recall", view("called"), "current", "start", "zh")
    assert note.words == "“开始”还在等待回答"


def test_next_is_dead_when_nobody_waits_and_says_what_the_caller_would_say() -> None:
    assert desk.live(quiet(), "current") == {"walk", "pause", "out", "alarm", "relieve"}
    assert desk.refusal("next", quiet(), "current", "", "zh").words == "没有人等候"
    assert desk.refusal("choose", quiet(), "current", "", "zh").words == "没有人等候"


@pytest.mark.parametrize(
    ("state", "verb", "words"),
    [
        ("closed", "next", "3 号窗口没有登录"),
        ("open", "recall", "本窗口没有正在叫的号"),
        ("paused", "next", "3 号窗口已暂停"),
        ("called", "next", "A042 号还在本窗口"),
        ("called", "pause", "A042 号还在本窗口"),
        ("serving", "recall", "A042 号现在是“办理中”，不能这样操作"),
    ],
)
def test_a_dead_key_says_why_and_the_next_step(state: str, verb: str, words: str) -> None:
    note = desk.refusal(verb, view(state), "current", "", "zh")
    assert note.words == words
    assert note.next
    assert note.tone == "refused"
    english = desk.refusal(verb, view(state), "current", "", "en")
    assert english.words.isascii()
    assert english.next.isascii()


def test_a_press_carries_the_version_of_the_picture_it_was_pressed_on() -> None:
    doc = view("called")
    assert desk.command("recall", doc) == cmd.Recall("3", 17)
    assert desk.command("start", doc) == cmd.StartService("3", 17)
    assert desk.command("miss", doc) == cmd.MarkNoShow("3", 17)
    assert desk.command("hold", doc) == cmd.HoldTicket("3", 17)
    assert desk.command("next", view(version=18)) == cmd.CallNext("3", 18)


def test_a_choice_becomes_part_of_the_command() -> None:
    doc = view("serving")
    assert desk.command("finish", doc, Choice(outcome="accepted")) == cmd.FinishService("3", 17, "accepted")
    assert desk.command("choose", doc, Choice(ticket="id-A030")) == cmd.CallTicket("3", 17, "id-A030")
    assert desk.command("pause", view(), Choice(reason="meeting")) == cmd.PauseWindow("3", "meeting")
    assert desk.command("pause", view(), Choice(reason="meal", minutes=20)) == cmd.PauseWindow(
        "3", "meal", 20
    )
    picked = desk.command("choose", doc, Choice(ticket="id-A044", reason="frail"))
    assert picked == cmd.CallTicket("3", 17, "id-A044", "frail")
    corrected = desk.command("correct", ended(), Choice(ticket="id-A041", outcome="advice"))
    assert corrected == desk_cmd.CorrectOutcome("3", "id-A041", "advice")
    assert desk.command("alarm", doc, Choice(alarm="security")) == desk_cmd.RaiseAlarm("3", "security")
    back = desk.command("transfer", doc, Choice(to_window="9", come_back=True))
    assert back == cmd.TransferTicket("3", 17, to_window="9", place="keep", come_back=True)


def test_every_verb_makes_a_command_for_this_window() -> None:
    for verb in desk.VERBS:
        assert getattr(desk.command(verb, view("called")), "window", "") == "3"


def test_p_pauses_an_open_window_and_resumes_a_paused_one() -> None:
    assert desk.label("pause", view(), "zh") == "暂停"
    assert desk.label("pause", view("paused"), "zh") == "恢复"
    assert desk.command("pause", view("paused")) == cmd.ResumeWindow("3")
    assert not desk.asks("pause", view("paused"))
    assert desk.asks("pause", view())


def test_what_was_done_is_said_with_the_number_it_was_done_to() -> None:
    called = desk.done("next", view(), {"number": "A043", "ticket": "id-A043"}, desk.NO_CHOICE, "zh")
    assert (called.words, called.tone) == ("已叫 A043 号", "done")
    finished = desk.done("finish", view("serving"), {}, Choice(words="受理"), "zh")
    assert (finished.words, finished.next) == ("A042 号已结束：受理", "结果有误，可按 U 更正")
    corrected = desk.done("correct", ended("called"), {}, Choice(outcome="advice", words="咨询"), "zh")
    assert corrected.words == "A041 号的结果已更正：咨询"
    same = desk.done("correct", ended("called"), {}, Choice(outcome="done", words="即办"), "zh")
    assert same.words == "A041 号的结果没有变，仍是即办"
    assert desk.done("pause", view("paused"), {}, desk.NO_CHOICE, "en").words == "Serving again"


def test_no_two_verbs_share_a_key() -> None:
    keys = [key for verb in desk.VERBS.values() for key in verb.keys]
    assert len(keys) == len(set(keys))


def test_whom_to_choose_lists_waiting_then_held_then_missed() -> None:
    assert [(kind, row["number"]) for kind, row in desk.choosable(view())] == [
        ("waiting", "A043"), ("waiting", "B007"), ("waiting", "A044"), ("held", "A030"), ("missed", "A028"),
    ]  # fmt: skip


def test_a_ticket_at_a_window_keeps_its_number_in_the_words() -> None:
    doc = view("called", ticket=ticket("B009"))
    assert desk.done("miss", doc, {}, desk.NO_CHOICE, "zh").words == "B009 号已过号"


@pytest.mark.parametrize(
    ("state", "link", "seated"),
    [("open", "current", True), ("closed", "current", False), ("open", "silent", False)],
)
def test_what_stands_beside_a_visit_opens_for_a_clerk_who_is_signed_in(
    state: str, link: str, seated: bool
) -> None:
    assert desk.is_seated(view(state), link) is seated
    assert not desk.is_seated(None, link)
