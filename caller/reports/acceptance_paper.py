"""The papers of an acceptance: the report of the scripted hour (验收报告) and the table of technical parameters (技术参数响应表).

1. A figure stands beside what it must reach, with who measured it, when, and by which numbers; a step that was not played is
   said to be so, with why and by which command it is made up for: nothing is left out.
2. What a table of parameters answers comes from the steps that measured it, or from the hall's file; no line is written by hand.
3. A paper is in one language, Chinese or English.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from caller.reports.acceptance_record import VERDICTS, AcceptanceRecord, StepResult
from config.catalogue import word
from config.instants import local
from config.process.print_view import PrintColumn, PrintDocument, PrintTable
from config.settings import Settings

PaperLang = Literal["zh", "en"]
NOT_PLAYED = ("没有做过", "not played")  # no run has come to it
NUMBERS_NAMED = 2  # of a step; of more the first and the last
NBSP = "\u00a0"  # keeps a figure and its unit together
RECORD = "DATA/acceptance.json"


class DeviceNow(NamedTuple):
    """A device as the hall knows it now: its name, kind and state."""

    name: str
    kind: str
    state: str


class AcceptancePaper:
    """The paper of one record in one language."""

    def __init__(
        self,
        record: AcceptanceRecord,
        settings: Settings,
        devices: Sequence[DeviceNow],
        names: Mapping[str, tuple[str, str]],
        lang: PaperLang = "zh",
    ) -> None:
        """`names`: Chinese and English of each step, by its code and in their order."""
        self._record, self._settings, self._devices, self._names = record, settings, devices, names
        self._lang: PaperLang = lang
        self._results = [record.results.get(code) or _not_played(code, *said) for code, said in names.items()]

    def document(self) -> PrintDocument:
        """Return it as one A4 paper."""
        settings, say = self._settings, self._say
        hall = say(settings.hall.name, settings.hall.name_en or settings.hall.name)
        left = list(self._left_out())
        tables = [
            PrintTable(say("一、结论", "1. Conclusion"), self._heads(("项目", "item", 1), ("内容", "what", 1)), self._facts()),
            PrintTable(
                say("二、验收步骤", "2. The steps"),
                self._heads(
                    ("步骤", "step", 1), ("对象", "of", 1), ("结果", "result", 1), ("何时、何人", "when, by whom", 1), ("经过与实测", "seen and measured", 1),
                ),
                [self._step(at, each) for at, each in enumerate(self._results, 1)],
            ),
            PrintTable(
                say("三、技术参数响应表", "3. Technical parameters"),
                self._heads(
                    ("参数", "parameter", 1), ("要求", "required", 0), ("实测", "measured", 0), ("偏离", "deviation", 1), ("依据", "evidence", 1),
                ),
                list(self._parameters()),
            ),
            PrintTable(
                say("四、没有做的步骤", "4. Steps that were not played"),
                self._heads(("步骤", "step", 1), ("原因", "why", 1), ("补做", "made up for by", 1)),
                left or [[say("无", "none"), "", ""]],
            ),
            PrintTable(say("五、大厅", "5. The hall"), self._heads(("项目", "item", 1), ("数量", "count", 0)), self._hall()),
            PrintTable(
                say("六、设备", "6. Devices"),
                self._heads(("设备", "device", 1), ("类别", "kind", 1), ("现在", "now", 1)),
                self._device_rows(),
            ),
            PrintTable(say("七、签字", "7. Signatures"), self._heads(("", "", 1), ("", "", 1)), self._signatures(), headed=False),
        ]  # fmt: skip
        return PrintDocument(
            hall, say("验收报告", "Acceptance report"), self._lead(), tables, language=self._lang
        )

    def _say(self, zh: str, en: str) -> str:
        return zh if self._lang == "zh" else en

    def _heads(self, *heads: tuple[str, str, int]) -> list[PrintColumn]:
        return [PrintColumn(self._say(zh, en), "", bool(is_text)) for zh, en, is_text in heads]

    # --- what it comes to

    def _lead(self) -> str:
        return self._say(
            "结果由程序测得：每个数字旁是要求；没有做的写明原因。",
            "Measured by the program: beside each figure stands what it must reach, and what was not played says why.",
        )

    def _facts(self) -> list[list[str]]:
        say, record = self._say, self._record
        ended = max((each.at for each in self._results), default=0)
        counts = [
            f"{say(*words)} {count}"
            for verdict, words in VERDICTS.items()
            if (count := sum(each.verdict == verdict for each in self._results))
        ]
        persons = dict.fromkeys(
            say(f"站点 {each.by}", f"station {each.by}")
            if "/" in each.by
            else say(f"账户 {each.by}", f"account {each.by}")
            for each in self._results
            if each.by
        )
        accounts = self._settings.accounts.required
        taken = sum(len(each.numbers) for each in self._results)
        left = len(record.under_way.tickets) if record.under_way else 0
        return [
            [say("结论", "conclusion"), say(*record.conclusion(self._names))],
            [say("步骤", "steps"), say("，", ", ").join(counts)],
            [say("时间", "time"), self._span(record.began, ended, form="%Y-%m-%d %H:%M")],
            [say("操作人", "by"), say("、", ", ").join(persons) or "-"],
            [say("登录", "sign-in"), say("须用账户登录", "accounts required") if accounts else say("不要求登录", "no accounts required")],
            [say("程序", "program"), f"hallcall {record.version or say('源码', 'sources')}"],
            [
                say("验收中取的号", "numbers taken"),
                say(
                    f"{taken} 个，{f'还有 {left} 个没有取消' if left else '都已办结或取消'}；在日志和当天统计里",
                    f"{taken}, {f'{left} not cancelled yet' if left else 'all served or cancelled'}; the log and the day's figures have them",
                ),
            ],
            [
                say("核对", "check against"),
                say(
                    f"{RECORD} 是每步的原始结果；hallcall log export --data DATA 按时间和号码可查每个号",
                    f"{RECORD} has each step's result; hallcall log export --data DATA has each number, by time",
                ),
            ],
        ]  # fmt: skip

    def _span(self, began: int, ended: int, to: str = "–", form: str = "%m-%d %H:%M:%S") -> str:
        """Return from when until when, on the hall's clock; a step of an older record has its end alone."""
        if not ended:
            return ""
        zone = self._settings.hall.zone
        last = local(ended, zone)
        if not began:
            return f"{last:{form}}"
        first = local(began, zone)
        return f"{first:{form}}{to}{last:{form.partition(' ')[2] if first.date() == last.date() else form}}"

    # --- the steps

    def _step(self, at: int, result: StepResult) -> list[str]:
        figures = [
            self._say(
                f"{each.zh}：{each.measured}（要求 {each.must}{'' if each.met else '，未达到'}）",
                f"{each.en}: {each.measured} (required {each.must}{'' if each.met else ', not met'})",
            )
            for each in result.figures
        ]
        said = [self._say(*each) for each in result.said]
        return [
            f"{at}. {self._say(result.zh, result.en)}",
            self._subject(result),
            self._say(*VERDICTS[result.verdict]),
            "\n".join(
                filter(None, (self._span(result.began, result.at, self._say("\n至 ", "\nto ")), result.by))
            ),
            "\n".join([*said, *figures]),
        ]

    def _parameters(self) -> Iterable[list[str]]:
        """Yield a row for each figure; one for a step that did not come to its figures, which says why."""
        say = self._say
        for at, result in enumerate(self._results, 1):
            evidence = self._evidence(at, result)
            for each in result.figures:
                kept = say("无", "none") if each.met else say("负偏离", "negative")
                yield [
                    say(each.zh, each.en),
                    each.must.replace(" ", NBSP),
                    each.measured.replace(" ", NBSP),
                    kept,
                    evidence,
                ]
            broken_off = result.verdict == "failed" and all(each.met for each in result.figures)
            if broken_off or not result.figures:
                kept = say("负偏离", "negative") if broken_off else say("未测", "not measured")
                why = say(*result.said[-1]) if result.said else ""
                yield [say(result.zh, result.en), "", "", kept, "\n".join(filter(None, (evidence, why)))]

    def _evidence(self, at: int, result: StepResult) -> str:
        """Return by what a figure can be checked: the step, when, by whom, and the numbers it took."""
        say, taken = self._say, result.numbers
        numbers = (
            say("、", ", ").join(taken)
            if len(taken) <= NUMBERS_NAMED
            else NBSP.join((taken[0], say("至", "to"), taken[-1]))
        )
        of = self._subject(result)
        step = f"{say('步骤', 'step')} {at}" + (say(f"（{of}）", f" ({of})") if of else "")
        when = self._span(result.began, result.at)
        parts = (step, when, result.by, f"{say('号', 'numbers')} {numbers}" if taken else "")
        return say("，", ", ").join(filter(None, parts))  # fmt: skip

    def _subject(self, result: StepResult) -> str:
        return self._say(result.subject, result.subject_en or result.subject)

    def _left_out(self) -> Iterable[list[str]]:
        """Yield each step that was not played, why, and the command that plays it."""
        for at, result in enumerate(self._results, 1):
            if result.verdict == "left-out":
                why = self._say(*result.said[-1]) if result.said else ""
                yield [
                    f"{at}. {self._say(result.zh, result.en)}",
                    why,
                    f"hallcall accept HALL.toml --only {result.step}",
                ]

    # --- the hall

    def _hall(self) -> list[list[str]]:
        settings = self._settings
        counts = (
            ("队列", "queues", settings.queues), ("窗口", "windows", settings.windows), ("事项", "items", settings.items),
            ("取号机", "kiosks", settings.kiosks), ("设备", "devices", settings.devices),
        )  # fmt: skip
        return [[self._say(zh, en), str(len(each))] for zh, en, each in counts]

    def _device_rows(self) -> list[list[str]]:
        rows = [
            [
                each.name,
                word("device-kind", each.kind, self._lang),
                word("device-state", each.state, self._lang),
            ]
            for each in self._devices
        ]
        return rows or [[self._say("无", "none"), "", ""]]

    def _signatures(self) -> list[list[str]]:
        line = self._say("签字：　　　　　　　　日期：", "signed:                    date:")
        return [
            [self._say("建设单位", "for the hall"), line],
            [self._say("承建单位", "for the supplier"), line],
        ]


def _not_played(code: str, zh: str, en: str) -> StepResult:
    return StepResult(code, zh, en, "", "left-out", 0, [NOT_PLAYED])
