"""The papers of an acceptance: the report of the scripted hour (验收报告) and the table of technical parameters (技术参数响应表).

1. A figure stands beside what it must reach, and a step that was not played is said to be so, with why: nothing is left out.
2. What a table of parameters answers comes from the steps that measured it, or from the hall's file; no line is written by hand.
"""

from collections.abc import Iterable, Mapping, Sequence

from caller.reports.acceptance_record import VERDICTS, AcceptanceRecord, StepResult
from config.catalogue import both_words
from config.instants import local
from config.process.print_view import PrintColumn, PrintDocument, PrintTable
from config.settings import Settings

NOT_PLAYED = ("没有做过", "not played")  # no run has come to it
STEPS_HEAD = [
    PrintColumn("步骤", "step", True), PrintColumn("对象", "of", True), PrintColumn("结果", "result", True),
    PrintColumn("时间", "at", True), PrintColumn("经过", "what was seen", True),
]  # fmt: skip
PARAMETERS_HEAD = [
    PrintColumn("参数", "parameter", True), PrintColumn("要求", "must be"), PrintColumn("实测", "measured"),
    PrintColumn("偏离", "deviation", True), PrintColumn("依据", "evidence", True),
]  # fmt: skip


def acceptance_paper(
    record: AcceptanceRecord,
    settings: Settings,
    devices: Sequence[tuple[str, str, str]],
    names: Mapping[str, tuple[str, str]],
) -> PrintDocument:
    """Return the report and the table as one A4 paper.

    devices: name, kind and state of each device as the hall knows it; names: Chinese and English of each step, by its code
    and in their order.
    """
    results = [record.results.get(code) or _not_played(code, *said) for code, said in names.items()]
    zone = settings.hall.zone
    lead = (
        f"hallcall {record.version or '源码 sources'} · 开始 begun {local(record.began, zone):%Y-%m-%d %H:%M} · "
        f"{_summary(results)} · 结论 conclusion: {' '.join(record.conclusion(names))}"
    )
    tables = [
        PrintTable("一、验收步骤 The steps", STEPS_HEAD, [_step(each, zone) for each in results]),
        PrintTable(
            "二、技术参数响应表 Technical parameters", PARAMETERS_HEAD, list(_parameters(results, zone))
        ),
        PrintTable("三、大厅 The hall", _pair("项目", "数量"), _hall(settings), headed=False),
        PrintTable("四、设备 Devices", _pair("设备", "名称与状态"), _devices(devices), headed=False),
        PrintTable("五、签字 Signatures", _pair("", ""), _signatures(), headed=False),
    ]
    return PrintDocument(settings.hall.name, "验收报告 Acceptance report", lead, tables)


def _not_played(code: str, zh: str, en: str) -> StepResult:
    return StepResult(code, zh, en, "", "left-out", 0, [NOT_PLAYED])


def _at(result: StepResult, zone: str) -> str:
    return f"{local(result.at, zone):%m-%d %H:%M:%S}" if result.at else ""


def _summary(results: Sequence[StepResult]) -> str:
    counts = [
        (zh, en, sum(each.verdict == verdict for each in results)) for verdict, (zh, en) in VERDICTS.items()
    ]
    return "，".join(f"{zh} {en} {count}" for zh, en, count in counts if count)


def _step(result: StepResult, zone: str) -> list[str]:
    figures = [f"{each.zh} {each.en}: {each.measured}" for each in result.figures]
    seen = "\n".join([*(f"{zh}\n{en}" for zh, en in result.said), *figures])
    verdict = "\n".join(VERDICTS[result.verdict])
    return [
        f"{result.zh}\n{result.en}",
        result.subject,
        verdict,
        _at(result, zone),
        seen,
    ]


def _parameters(results: Sequence[StepResult], zone: str) -> Iterable[list[str]]:
    """Yield a row for each figure; one for a step that did not come to its figures, which says why."""
    for result in results:
        subject = f"（{result.subject}）" if result.subject else ""
        evidence = "\n".join(filter(None, (f"{result.zh}{subject}", _at(result, zone))))
        for each in result.figures:
            kept = "无 none" if each.met else "负偏离 negative"
            yield [f"{each.zh}\n{each.en}", each.must, each.measured, kept, evidence]
        broken_off = result.verdict == "failed" and all(each.met for each in result.figures)
        if broken_off or not result.figures:
            kept = "负偏离 negative" if broken_off else "未测 not measured"
            why = (line for said in result.said[-1:] for line in said)
            yield [f"{result.zh}\n{result.en}", "", "", kept, "\n".join((evidence, *why))]


def _hall(settings: Settings) -> list[list[str]]:
    counts = (
        ("队列 queues", len(settings.queues)), ("窗口 windows", len(settings.windows)),
        ("事项 items", len(settings.items)), ("取号机 kiosks", len(settings.kiosks)),
        ("设备 devices", len(settings.devices)),
    )  # fmt: skip
    return [[name, str(count)] for name, count in counts]


def _devices(devices: Sequence[tuple[str, str, str]]) -> list[list[str]]:
    rows = [[both_words("device-kind", kind), f"{name}　{state}"] for name, kind, state in devices]
    return rows or [["设备 devices", "无 none"]]


def _signatures() -> list[list[str]]:
    return [
        ["建设单位 for the hall", "签字 signed：　　　　　　　　日期 date："],
        ["承建单位 for the supplier", "签字 signed：　　　　　　　　日期 date："],
    ]


def _pair(zh: str, value: str) -> list[PrintColumn]:
    return [PrintColumn(zh, "", True), PrintColumn(value, "", True)]
