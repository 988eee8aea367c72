"""Cross checks of what leaves a hall: receivers' names, what a text may name, national codes of items and departments."""

import re
from collections.abc import Iterable

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from config.delivery_settings import (
    APPLICANT_NOTICES,
    CENTRE,
    COMMON_FACTS,
    NOTICE_FACTS,
    REQUEST_FACTS,
    WEB_PUSH,
)
from config.reading.draft_rows import Draft, DraftRow
from config.reading.errors import Mistake, nearest

PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")  # the braces of JSON are none
HEADER = re.compile(r"[A-Za-z0-9-]+: .+")
RECEIVERS = ("webhook", "gateway", "staff", "province")
CONTACT = re.compile(r"mailto:\S+@\S+|https://\S+")
APPRISE = re.compile(r"[a-z][a-z0-9+.-]*://\S+")


def one_name_a_receiver(draft: Draft) -> Iterable[Mistake]:
    """Require a name of its own for each receiver of any kind: by it its deliveries are kept."""
    first: dict[str, DraftRow] = {}
    for table in RECEIVERS:
        for row in draft.each(table, "id"):
            name = row.good["id"]
            earlier = first.setdefault(name, row)
            if earlier is not row and earlier.table != table:
                zh, en = f"{earlier.label} 已用这个编号", f"{earlier.label} has this id already"
                yield row.mistake("id", zh, en)
            elif name == CENTRE and draft.rows[CENTRE]:
                zh, en = f"“{CENTRE}”是市级中心的编号", f"'{CENTRE}' is the id of the city's centre"
                yield row.mistake("id", zh, en)
            elif name == WEB_PUSH:
                zh, en = (
                    f"“{WEB_PUSH}”是浏览器消息提醒的编号",
                    f"'{WEB_PUSH}' is the id of notices by the browser",
                )
                yield row.mistake("id", zh, en)


def push_contact(draft: Draft) -> Iterable[Mistake]:
    """Require of a hall with web push an address of who runs it: without one the browsers' makers take nothing."""
    for row in draft.each("notify", "push"):
        contact = row.good.get("push_contact", "")
        if row.good["push"] and not CONTACT.fullmatch(contact):
            zh, en = (
                "开通 push 须写 push_contact，如 mailto:it@example.gov.cn",
                "push needs push_contact, such as mailto:it@example.gov.cn",
            )
            yield row.mistake("push_contact" if contact else "push", zh, en)


def placeholders(draft: Draft) -> Iterable[Mistake]:
    """Require that what stands in braces is known where it is filled in."""
    for row in draft.each("text", "notice", "text"):
        yield from _unknown(row, "text", row.good["text"], (*COMMON_FACTS, *NOTICE_FACTS[row.good["notice"]]))
    known = (
        *COMMON_FACTS,
        *REQUEST_FACTS,
        *(name for each in APPLICANT_NOTICES for name in NOTICE_FACTS[each]),
    )
    for row in draft.each("gateway", "body"):
        yield from _unknown(row, "body", row.good["body"], known)
        if "{phone}" not in row.good["body"]:
            yield row.mistake(
                "body",
                "正文里没有 {phone}，网关不知道发给谁",
                "There is no {phone}: the gateway cannot know whom to tell",
            )
        for header in row.get("headers", []):
            if not HEADER.fullmatch(header):
                yield row.mistake("headers", f"“{header}”应写作 名称: 值", f"'{header}': write NAME: VALUE")
            yield from _unknown(row, "headers", header, known)
    for table in ("staff", "gateway", "province"):
        for row in draft.each(table, "url"):
            yield from _unknown(row, "url", row.good["url"], ("secret",))


def _unknown(row: DraftRow, key: str, text: str, known: Iterable[str]) -> Iterable[Mistake]:
    names = tuple(dict.fromkeys(known))
    for name in PLACEHOLDER.findall(text):
        if name not in names:
            listed = "、".join(f"{{{each}}}" for each in names)
            zh, en = f"这里没有 {{{name}}} 可填（可用：{listed}）", f"There is no {{{name}}} to fill in here"
            yield row.mistake(key, zh, en, nearest(name, names))


def staff_addresses(draft: Draft) -> Iterable[Mistake]:
    """Require an address of a member of the staff that looks like one of Apprise, whose kind it checks when it sends."""
    for row in draft.each("staff", "url"):
        if not APPRISE.fullmatch(row.good["url"]):
            zh, en = (
                "应写作 mailto://…、dingtalk://… 这样的 Apprise 地址",
                "Write an address of Apprise, such as mailto://…",
            )
            yield row.mistake("url", f"“{row.good['url']}”{zh}", f"'{row.good['url']}': {en}")


def credit_codes(draft: Draft) -> Iterable[Mistake]:
    """Require a department's unified social credit code to be one: 18 signs whose last checks the others."""
    first: dict[str, str] = {}
    for row in draft.each("department", "id", "code"):
        code = row.good["code"]
        if not code:
            continue
        try:
            uscc.validate(code)
        except ValidationError:
            zh = f"“{code}”不是统一社会信用代码（18 位，最后一位为校验码），请核对"
            yield row.mistake(
                "code", zh, f"'{code}' is no unified social credit code: 18 signs, the last a check mark"
            )
        known = first.setdefault(code, row.good["id"])
        if known != row.good["id"]:
            zh, en = f"与部门“{known}”的代码相同", f"is the code of department '{known}'"
            yield row.mistake("code", f"“{code}”{zh}", f"'{code}' {en}")


def item_codes(draft: Draft) -> Iterable[Mistake]:
    """Require that no two items have the same national codes: the province could not tell them apart."""
    first: dict[tuple[str, str], str] = {}
    for row in draft.each("item", "id", "task_code"):
        code = row.good["task_code"], row.get("handle_code", "")
        if not code[0]:
            continue
        known = first.setdefault(code, row.good["id"])
        if known != row.good["id"]:
            zh, en = f"事项“{known}”已用事项编码 {code[0]}", f"Item '{known}' has the code {code[0]} already"
            more = (
                (f"，业务办理项 {code[1]}", f", {code[1]}")
                if code[1]
                else ("；同一事项的不同业务办理项请写 handle_code", "; tell variants apart by handle_code")
            )
            yield row.mistake("task_code", zh + more[0], en + more[1])


def somebody_to_send(draft: Draft) -> Iterable[Mistake]:
    """Require a gateway where applicants are asked for a phone number: it would be asked for nothing."""
    for row in draft.rows["notify"]:
        if row.get("applicants", False) and not draft.rows["gateway"]:
            zh, en = (
                "问群众手机号，却没有 [[gateway]] 可发",
                "Applicants are asked for a number, but there is no [[gateway]] to send by",
            )
            yield row.mistake("applicants", zh, en)


MISTAKES = (
    somebody_to_send,
    one_name_a_receiver,
    push_contact,
    placeholders,
    staff_addresses,
    credit_codes,
    item_codes,
)
