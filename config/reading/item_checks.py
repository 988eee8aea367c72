"""What is wrong with an item: its limits, the departments that share it, papers that may follow, lists in two languages, and
what is paid for it.
"""

from collections.abc import Callable, Iterable

from config.case_settings import limit_days
from config.reading.draft_rows import Draft
from config.reading.errors import Mistake, nearest


def limits(draft: Draft) -> Iterable[Mistake]:
    """Check that a promise never exceeds the statutory limit."""
    for row in draft.rows["item"]:
        promised, statutory = row.get("promised_days", None), row.get("statutory_days", None)
        if promised is not None and statutory is not None and promised > statutory:
            zh = f"承诺 {promised} 个工作日，超过法定 {statutory} 个"
            en = f"Promised {promised} working days, over the statutory {statutory}"
            yield row.mistake("promised_days", zh, en)
        if promised and row.get("case_type", "") == "immediate":
            zh, en = (
                f"即办件的承诺时限应为 0，不是 {promised}",
                f"An immediate item promises 0 days, not {promised}",
            )
            yield row.mistake("promised_days", zh, en)


def shared_items(draft: Draft) -> Iterable[Mistake]:
    """Check that a parallel item's parts are of departments of this hall, each once and not over the item's limit, and that
    papers which may follow are among its papers."""
    departments = {row.get("id", "") for row in draft.rows["department"]}
    for row in draft.rows["item"]:
        known, limit = set[str](), limit_days(row.get("statutory_days", None), row.get("promised_days", None))
        for part in row.get("parts", []):
            department, _, days = str(part).rpartition(":")
            if department not in departments or department in known:
                zh, en = (
                    f"没有部门 {department}，或写了两次",
                    f"No department {department}, or it stands twice",
                )
                yield row.mistake("parts", zh, en)
            elif limit is not None and days.isdecimal() and int(days) > limit:
                zh = f"部门 {department} {days} 个工作日，超过事项的 {limit} 个"
                yield row.mistake("parts", zh, f"{department}: {days} working days, over the item's {limit}")
            known.add(department)
        if known and row.get("case_type", "") != "parallel":
            yield row.mistake(
                "parts",
                "只有联办件（parallel）才分送部门",
                "Only a parallel item is shared among departments",
            )
        for paper in row.get("later", []):
            if paper not in row.get("papers", []):
                yield row.mistake(
                    "later", f"材料清单里没有“{paper}”", f"'{paper}' is not in the list of papers"
                )


def translations(draft: Draft) -> Iterable[Mistake]:
    """Check that a list in English stands line by line beside the Chinese one."""
    for row in draft.rows["item"]:
        for key in ("papers", "steps"):
            zh_count, en_count = len(row.get(key, [])), len(row.get(f"{key}_en", []))
            if en_count not in (0, zh_count):
                zh = f"{key} 有 {zh_count} 条，{key}_en 有 {en_count} 条"
                yield row.mistake(f"{key}_en", zh, f"{zh_count} {key}, but {en_count} in English")


def step_limits(draft: Draft) -> Iterable[Mistake]:
    """Check that steps have a limit each or none, and that they are done within the item's own."""
    for row in draft.each("item", "step_days"):
        steps, limits = row.get("steps", []), row.good["step_days"]
        if limits and len(limits) != len(steps):
            zh = f"steps 有 {len(steps)} 条，step_days 有 {len(limits)} 条"
            yield row.mistake("step_days", zh, f"{len(steps)} steps, but {len(limits)} limits")
        promised = limit_days(row.get("statutory_days", None), row.get("promised_days", None))
        if promised is not None and sum(limits) > promised:
            zh = f"各步骤合计 {sum(limits)} 个工作日，超过时限 {promised} 个"
            yield row.mistake(
                "step_days", zh, f"The steps take {sum(limits)} working days, over the limit of {promised}"
            )


def fees(draft: Draft) -> Iterable[Mistake]:
    """Check that fees have a pay window, and that a discount is of classes and items there are."""
    for row in draft.each("fees", "enabled"):
        kinds = {each.get("kind", "department") for each in draft.rows["window"]}
        if row.good["enabled"] and "pay" not in kinds:
            zh = '收费只在缴费窗口，没有 kind = "pay" 的窗口'
            yield row.mistake("enabled", zh, 'Only pay windows take fees: there is none of kind = "pay"')
    for key, table, zh, en in (("classes", "class", "优先类别", "class"), ("items", "item", "事项", "item")):
        known = draft.ids(table)
        for row in draft.each("discount", key):
            for name in row.good[key]:
                if name not in known:
                    yield row.mistake(
                        key, f"没有{zh}“{name}”", f"There is no {en} '{name}'", nearest(name, sorted(known))
                    )


MISTAKES: tuple[Callable[[Draft], Iterable[Mistake]], ...] = (
    limits,
    shared_items,
    step_limits,
    fees,
    translations,
)
