"""`hallcall`: one command line; each command's room is imported only when it is used.

A kiosk must not wait for Textual, nor a caller for a web framework. Help lines are written here for the same
reason. Bad usage answers in Chinese, then English, and exits 2.
"""

import os
import sys
from io import TextIOWrapper

import click

from config import owner_only
from config.process.click_messages import explain
from config.process.options import CommandEntry, LazyGroup
from config.text_safety import for_terminal, lines_for_terminal

COMMANDS: dict[str, CommandEntry] = {
    "demo": CommandEntry("caller.cli.demo:demo", "一台电脑上的完整大厅", "a whole hall on one machine"),
    "new": CommandEntry("caller.cli.new:new", "问几句，写出大厅配置", "a hall's file from a few questions"),
    "init": CommandEntry("caller.cli.init:init", "新建大厅配置", "write a new hall's file"),
    "setup": CommandEntry(
        "caller.cli.setup:setup", "安装为开机自动运行的服务", "run with the machine: units, account, backups"
    ),
    "backup": CommandEntry(
        "caller.cli.backup:backup", "数据目录的备份与恢复演练", "back up the data folder, try a restore"
    ),
    "check": CommandEntry("caller.cli.check:check", "检查大厅配置", "check a hall's file"),
    "settings": CommandEntry(
        "caller.cli.city_settings:settings",
        "设置的各版：提交、取回",
        "versions of the settings: apply, take back",
    ),
    "update": CommandEntry(
        "caller.cli.update:update",
        "升级：市级指定的版本，取来并核对",
        "the release the city wants: fetch, check",
    ),
    "items": CommandEntry(
        "caller.cli.items:items", "事项：从表格导入、导出", "items: import a spreadsheet, export"
    ),
    "doctor": CommandEntry("caller.cli.doctor:doctor", "检查运行情况", "what is wrong here, and what to do"),
    "accept": CommandEntry(
        "caller.cli.accept:accept",
        "验收：断纸、断线、断电，出验收报告",
        "accept an installed hall, print the report",
    ),
    "status": CommandEntry("caller.cli.doctor:status", "一行一项的情况", "one line a thing: is it well"),
    "support": CommandEntry(
        "caller.cli.support:support", "支持包，没有个人信息", "a bundle for who helps, without personal data"
    ),
    "enrol": CommandEntry("caller.cli.enrol:enrol", "登记站点，发令牌", "give a station its token"),
    "account": CommandEntry(
        "caller.cli.account:account", "人员账户：口令、角色、停用", "accounts: passwords, roles, disable"
    ),
    "pair": CommandEntry(
        "caller.cli.pair:pair", "配对待命的第二台电脑", "hand the keys to the second PC, which stands by"
    ),
    "caller": CommandEntry("caller.cli.caller:caller", "叫号服务", "the caller: queue, calling, rating"),
    "day": CommandEntry(
        "caller.cli.day:day", "营业日：开始、结束、延时", "open, close, extend the business day"
    ),
    "job": CommandEntry(
        "caller.cli.job:job", "测试页、补打号票、任务结果", "test papers, slips again, what became of them"
    ),
    "drill": CommandEntry(
        "caller.cli.job:drill", "断网演练：取号机断开一分钟", "a drill: a kiosk is cut off for a minute"
    ),
    "web": CommandEntry("display.cli.web:web", "网页服务：屏幕、评价、接口", "pages, REST and reports"),
    "office": CommandEntry(
        "display.cli.office:office",
        "管理台：实时、营业日、账户、审计",
        "the office: live, day, accounts, audit",
    ),
    "voice": CommandEntry("display.cli.web:voice", "语音播报", "announcements"),
    "kiosk": CommandEntry("kiosk.cli.kiosk:kiosk", "取号机", "a kiosk"),
    "slip": CommandEntry("devices.cli.slip:slip", "号票样张", "what a slip looks like"),
    "window": CommandEntry("caller.cli.window:window", "窗口叫号台", "a window's console"),
    "practice": CommandEntry(
        "caller.cli.window:practice", "新人练习叫号", "practise at a window with simulated applicants"
    ),
    "agent": CommandEntry("devices.cli.main:agent", "本机设备代理", "the hardware of one PC"),
    "devices": CommandEntry("devices.cli.main:devices", "设备状态表", "the state of all devices"),
    "device": CommandEntry("devices.cli.main:device", "设备测试与学习", "test a device, learn its frames"),
    "simulated": CommandEntry("devices.cli.main:simulated", "仿真设备", "simulated devices"),
    "log": CommandEntry(
        "caller.cli.log:log", "事件日志：核对、查看、备份", "verify, tail, export, back up the log"
    ),
    "audit": CommandEntry("caller.cli.audit:audit", "管理操作记录", "what administrators did"),
    "promote": CommandEntry(
        "caller.cli.restore:promote",
        "日志副本升为叫号服务的日志",
        "make a copy on a second PC the caller's log",
    ),
    "report": CommandEntry("caller.cli.report:report", "大厅报表", "figures of a day, a month or a year"),
    "scores": CommandEntry(
        "caller.cli.scores:scores", "月度评分与它的由来", "monthly scores, and how they came about"
    ),
    "records": CommandEntry("caller.cli.report:records", "汇总报表数据", "fold the log into records.db"),
    "deliver": CommandEntry(
        "caller.cli.deliver:deliver", "汇总报表数据，向外推送", "follow the log: records, webhooks"
    ),
    "deliveries": CommandEntry(
        "caller.cli.deliver:deliveries", "推送的情况与重试", "deliveries: state, retry"
    ),
    "centre": CommandEntry(
        "display.cli.centre:centre", "市级中心：汇集各厅", "a city's centre: many halls in one database"
    ),
    "opinions": CommandEntry(
        "display.cli.opinions:opinions", "意见箱：查看、删除", "what people wrote: list, delete, purge"
    ),
    "ratings": CommandEntry(
        "caller.cli.ratings:ratings",
        "可核对的评价：证明、核对",
        "ratings one can check: prove, verify",
    ),
    "rectification": CommandEntry(
        "caller.cli.rectification:rectification",
        "差评整改：核实、回访、整改、公开",
        "bad ratings put right, step by step",
    ),
    "followup": CommandEntry(
        "caller.cli.followup:followup",
        "投诉与差评：分派、答复、复核",
        "complaints and bad ratings: who answers",
    ),
    "case": CommandEntry(
        "caller.cli.case_steps:case",
        "办件：受理、延期、决定、打印",
        "cases: open, extend, decide, print",
    ),
    "person": CommandEntry(
        "caller.cli.privacy:person", "某人的全部数据", "all that the hall holds of a person"
    ),
    "forget": CommandEntry("caller.cli.privacy:forget", "删除某人留下的数据", "delete what a person left"),
    "simulate": CommandEntry("caller.cli.simulate:simulate", "仿真大厅的一天", "simulate a hall's day"),
    "advise": CommandEntry("caller.cli.simulate:advise", "需要开几个窗口", "how many windows to open"),
    "bench": CommandEntry("caller.cli.bench:bench", "性能测量", "measure this machine"),
}


@click.group(cls=LazyGroup, entries=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hallcall", message="%(prog)s %(version)s")
def hallcall() -> None:
    """政务服务大厅取号、叫号与评价 / Kiosk, calling and rating for a service hall."""


class TerminalText(TextIOWrapper):
    """Output to a terminal: no command, whatever it prints, can move the cursor or turn a line round.

    What draws a screen (Textual) writes to the terminal itself and passes by; a pipe or a file gets text as it is.
    """

    def write(self, text: str, /) -> int:
        super().write(lines_for_terminal(text))
        return len(text)


def _guard_output() -> None:
    """Write "?" for what this terminal's encoding lacks: a locale without hanzi must end no command half done."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, TextIOWrapper):
            continue
        stream.reconfigure(errors="replace")
        if stream.isatty():
            safe = TerminalText(stream.buffer, stream.encoding, "replace", line_buffering=True)
            setattr(sys, name, safe)


def _in_utf8_mode() -> None:
    """Begin again in UTF-8 mode under a locale of another encoding; only what the terminal gets stays in that.

    Else arguments, paths and files would be read in the locale's encoding. The process keeps its id.
    """
    if sys.getfilesystemencoding() == "utf-8" or os.environ.get("PYTHONUTF8") == "1":
        return
    terminal = {"PYTHONIOENCODING": getattr(sys.stdout, "encoding", None) or "ascii"}
    line = [os.fsencode(sys.executable), *(_in_utf8(each) for each in sys.orig_argv[1:])]
    os.execve(sys.executable, line, terminal | dict(os.environ) | {"PYTHONUTF8": "1"})


def _in_utf8(argument: str) -> bytes:
    """Return an argument's bytes: as they came where they are UTF-8, else what they mean in the locale's encoding."""
    raw = os.fsencode(argument)
    try:
        raw.decode()
        return raw
    except UnicodeDecodeError:
        return argument.encode("utf-8", "surrogateescape")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; print what is wrong with the usage in both languages."""
    if arguments is None:
        _in_utf8_mode()
    _guard_output()
    os.umask(owner_only.OTHERS)  # whatever a hall's program makes is for its owner only, from the start
    try:
        code = hallcall.main(arguments, prog_name="hallcall", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        code = 2
    except click.UsageError as error:
        words = explain(error, hallcall, sys.argv[1:] if arguments is None else arguments)
        click.echo(lines_for_terminal(words), err=True)
        code = error.exit_code
    except click.ClickException as error:
        click.echo(lines_for_terminal(error.format_message()), err=True)
        code = error.exit_code
    except click.Abort:
        code = 130
    except UnicodeEncodeError as error:
        if not any("\udc80" <= sign <= "\udcff" for each in sys.argv[1:] for sign in each):
            raise  # no text of the user's: a fault of ours, shown whole
        shown = for_terminal(error.object)
        click.echo(f"“{shown}”不是 UTF-8 文字，请重新输入。", err=True)
        click.echo(f"'{shown}' is no UTF-8 text. Type it again.", err=True)
        code = 2
    except OSError as error:
        if not error.filename:
            raise  # no file of the user's: a fault of ours, shown whole
        name = for_terminal(str(error.filename))
        click.echo(f"用不了 {name}：{error.strerror}。请检查路径、权限和磁盘。", err=True)
        click.echo(f"Cannot use {name}: {error.strerror}. Check path, permissions and disk.", err=True)
        code = 2
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
