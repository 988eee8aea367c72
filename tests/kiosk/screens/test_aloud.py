"""A visit by the keys of an audio pad alone, with nothing seen: what is heard, and what each key does."""

from itertools import count
from typing import Any

import pytest
from msgspec import structs

from caller.engine.commands import TakeTicket
from kiosk.catalogue import Catalogue
from kiosk.faces import load_translations
from kiosk.screens.aloud import SPOKEN_SIGNS_MAX, ScreenReader, stops_of
from kiosk.screens.document import document
from kiosk.visit.effects import Print, Send
from kiosk.visit.machine import WARN_SECONDS, VisitMachine
from kiosk.visit.state import LISTENING_TIMES, VisitState
from tests.instruments.kiosk_halls import KIOSK, kiosk_view, small_hall

WORDS = load_translations()
RESULT = {"ticket": "id-1", "number": "A042", "queue": "A", "ahead": 3, "low": 5, "high": 10, "issued": 1}
KEYS_MAX = 45  # no part of these screens is further away


class Listener:
    """Somebody who hears the kiosk and has the pad under their fingers; `heard` is all that was spoken."""

    def __init__(self, language: str = "zh") -> None:
        ids = count(1)
        self.visit = VisitMachine(VisitState(Catalogue(small_hall()), KIOSK, lambda: f"id-{next(ids)}"))
        self.visit.state.language = language
        self.reader, self.heard, self.now = ScreenReader(WORDS), [""], 0.0
        self.visit.away(False)
        self.visit.hall(kiosk_view())
        self.visit.paper({"p1": "ready"})
        self.sent: list[Any] = []
        self.show()

    @property
    def state(self) -> VisitState:
        return self.visit.state

    def show(self) -> None:
        before, doc = self.reader.said.serial, document(self.state)
        self.reader.follow(doc, self.state.aloud)
        if self.reader.said.serial != before:
            self.heard.append(self.reader.said.text)

    def press(self, key: str) -> str:
        before = self.reader.said.serial
        tap = self.reader.tap_of(key, self.state)
        if self.reader.said.serial != before:
            self.heard.append(self.reader.said.text)
        self.sent += self.visit.tap(tap, self.now)
        self.show()
        return self.heard[-1]

    def walk_to(self, words: str) -> None:
        """Down until the part with these words is heard; then OK."""
        for _ in range(KEYS_MAX):
            if words in self.press("down"):
                self.press("ok")
                return
        raise AssertionError(f"{words} is not among the parts: {self.heard[-KEYS_MAX:]}")


def at_number(listener: Listener) -> Listener:
    """Walk from rest to the number by keys alone."""
    listener.press("help")
    for words in ("开始取号", "税务局", "开业登记", "取号", "普通", "确认取号"):
        listener.walk_to(words)
    assert listener.state.screen == "waiting"
    listener.sent += listener.visit.answer("id-1", RESULT, 0.0)
    listener.show()
    return listener


def test_from_rest_to_the_number_by_keys_only_with_every_screen_spoken():
    listener = at_number(Listener())
    assert [type(each.command) for each in listener.sent if isinstance(each, Send)][:1] == [TakeTicket]
    assert any(isinstance(each, Print) for each in listener.sent)
    heard = "\n".join(listener.heard)
    titles = ("欢迎", "请选择办事部门", "税务局", "开业登记", "请选择", "请核对", "正在取号", "您的号码")
    assert [title for title in titles if title not in heard] == []
    number = listener.heard[-1]
    assert "A 零 四 二" in number, "the number is spelled"
    assert "前面还有 3" in number or "3 人" in number
    assert "正在打印" in number


def test_the_keys_of_a_halls_own_pad_go_with_every_screen_that_may_be_walked():
    visit = Listener().visit
    assert "pad" not in document(visit.state)
    visit.state.kiosk = structs.replace(KIOSK, pad_keys=["F13=up", "MediaPlayPause=ok"])
    assert document(visit.state)["pad"] == {"F13": "up", "MediaPlayPause": "ok"}


def test_each_other_language_is_heard_by_its_own_name_and_chosen_by_it():
    listener = Listener()
    listener.press("help")
    listener.walk_to("English")
    assert listener.state.language == "en"


def test_each_paper_is_a_part_of_its_own_before_and_after_the_number():
    listener = at_number(Listener())
    for paper in ("营业执照副本", "法定代表人身份证"):
        heard = [text for text in listener.heard if paper in text]
        assert heard, paper
    papers = [stop.text for stop in stops_of(document(listener.state), WORDS)][:2]
    assert ["第 1 项" in papers[0], "第 2 项" in papers[1]] == [True, True]
    assert "营业执照副本" in listener.press("down")


@pytest.mark.parametrize(
    ("outcome", "words"), [("printed", "取走"), ("failed", "没有"), ("unknown", "出纸口")]
)
def test_what_becomes_of_the_slip_is_said_when_it_is_known(outcome: Any, words: str):
    listener = at_number(Listener())
    before = len(listener.heard)
    listener.visit.slip("id-1", 0, outcome)
    listener.show()
    assert len(listener.heard) == before + 1, "the news, and the screen is not read anew"
    assert words in listener.heard[-1]
    assert "A 零" not in listener.heard[-1]


def test_a_printer_without_paper_is_said_before_the_number_is_taken():
    listener = Listener()
    listener.visit.paper({"p1": "paper-out", "p2": "paper-out"})
    listener.press("help")
    assert "缺纸" in listener.heard[-1]


def test_a_refusal_and_what_to_do_next_are_heard():
    listener = Listener()
    listener.press("down")
    for words in ("开始取号", "税务局", "开业登记", "取号", "普通", "确认取号"):
        listener.walk_to(words)
    words = {"code": "c", "zh": "已有号码", "next_zh": "请先办完", "en": "", "next_en": ""}
    listener.visit.refuse("id-1", words, 0.0)
    listener.show()
    assert "已有号码。请先办完" in listener.heard[-1]
    listener.walk_to("重新选择")
    assert listener.state.screen == "services"


def test_a_caller_that_is_away_is_heard_and_nothing_can_be_pressed():
    listener = Listener()
    listener.press("down")
    listener.press("down")
    listener.press("ok")
    listener.visit.away(True)
    listener.show()
    assert WORDS.key("away.title") in listener.heard[-1]
    assert [listener.press(key) for key in ("ok", "down", "back")]
    assert listener.state.screen == "services"


def test_groups_are_passed_over_and_the_last_part_is_said_to_be_the_last():
    listener = Listener("en")
    listener.press("down")
    listener.walk_to("Start")
    first = listener.press("right")
    assert "Tax office" in first
    assert "Find" in listener.press("right") or "Search" in listener.heard[-1], listener.heard[-1]
    assert listener.press("left") == first
    for _ in range(KEYS_MAX):
        listener.press("down")
    assert "This is the last one" in listener.heard[-1]
    assert "Choose a department" in [listener.press("up") for _ in range(KEYS_MAX)][-1], (
        "at last the whole again"
    )


def test_back_repeat_and_help():
    listener = Listener()
    listener.press("repeat")
    listener.walk_to("开始取号")
    said = listener.press("down")
    assert listener.press("repeat") == said
    assert "左右键" in listener.press("help")
    listener.walk_to("人社局")
    listener.press("back")
    assert listener.state.screen == "services"
    listener.press("back")
    assert (listener.state.screen, listener.state.aloud) == ("idle", False), (
        "the visit has ended, and the reading"
    )


def test_letters_are_typed_by_the_pad_and_what_they_find_is_heard():
    listener = Listener()
    listener.press("down")
    listener.walk_to("开始取号")
    listener.walk_to("查找")
    assert listener.state.screen == "search"
    listener.walk_to("K")
    assert "已输入 K。找到 1 项" in listener.heard[-1]
    assert "开业登记。等候 4 人" in listener.press("down"), "what was found stands before the letters"
    listener.press("ok")
    assert listener.state.screen == "guide"


def test_a_part_that_cannot_be_chosen_says_so_and_presses_nothing():
    listener = Listener()
    listener.visit.hall(kiosk_view(open=False))
    listener.press("down")
    for words in ("开始取号", "税务局", "开业登记"):
        listener.walk_to(words)
    n = listener.state.revision
    listener.walk_to("取号。现在不能选这一项")
    assert (listener.state.screen, listener.state.revision) == ("guide", n)
    assert listener.heard[-1] == WORDS.key("aloud.off")


def test_who_listens_has_longer_and_any_key_answers_the_warning():
    listener = Listener()
    listener.press("down")
    listener.walk_to("开始取号")
    quiet = KIOSK.idle_seconds * LISTENING_TIMES
    listener.visit.tick(quiet - 1.0)
    assert listener.state.left is None
    listener.visit.tick(quiet + 1.0)
    listener.show()
    assert "您还在吗" in listener.heard[-1]
    listener.now = quiet + 2.0
    listener.press("ok")
    listener.visit.tick(quiet + 3.0)
    assert (listener.state.screen, listener.state.left) == ("services", None)
    listener.visit.tick(listener.now + quiet + WARN_SECONDS + 1)
    assert (listener.state.screen, listener.state.aloud) == ("idle", False)


def test_twin_who_only_touches_hears_nothing_of_this_and_is_not_waited_for_longer():
    listener = Listener()
    for target in ("start", "department:tax", "item:T001"):
        listener.visit.tap(target, 0.0)
        listener.show()
    assert listener.heard == [""]
    listener.visit.tick(KIOSK.idle_seconds + WARN_SECONDS + 1.0)
    assert listener.state.screen == "idle"


def test_a_wait_that_grows_is_not_read_again_and_again():
    listener = at_number(Listener())
    before = list(listener.heard)
    listener.visit.hall(kiosk_view() | {"queues": {}})
    listener.show()
    assert listener.heard == before


def test_an_utterance_has_an_end():
    listener = Listener()
    listener.press("help")
    listener.reader._say("长" * 5 * SPOKEN_SIGNS_MAX)  # pyright: ignore[reportPrivateUsage]
    assert len(listener.reader.said.text) == SPOKEN_SIGNS_MAX


def test_a_language_without_the_readers_own_words_is_read_in_chinese() -> None:
    """A sample language has prompts of its own and not the words of the reader: half of each would be gibberish."""
    listener = Listener("ug")
    listener.press("ok")
    said = listener.reader.said
    assert (said.language, WORDS.of("zh").key("aloud.hello").strip("。") in said.text) == ("zh", True)
    assert listener.reader.follow(document(listener.state), aloud=True)["aloud"]["spoken"] == "zh"
