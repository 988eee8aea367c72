"""Papers made from their contents, as the printing side makes them."""

from config.paper import notice, slip
from config.paper.document import Sheet
from config.paper.notice import NoticeContent
from config.paper.slip import SlipContent
from config.paper.template_files import TemplateFolder
from devices.printer import Mode, encode


def slip_sheet(content: SlipContent, templates: TemplateFolder | None = None) -> Sheet:
    return (templates or TemplateFolder()).sheet("slip", content.language, slip.values(content))


def notice_sheet(content: NoticeContent, templates: TemplateFolder | None = None) -> Sheet:
    return (templates or TemplateFolder()).sheet(content.kind, content.language, notice.values(content))


def slip_job(content: SlipContent, width: int, mode: Mode, templates: TemplateFolder | None = None) -> bytes:
    return encode(slip_sheet(content, templates), width, mode)
