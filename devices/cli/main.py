"""The command line of the hardware: agent, devices, device test|learn, simulators. Imports lazily."""

from pathlib import Path

import click

from config.process.options import (
    CommandEntry,
    LazyGroup,
    caller_option,
    code_option,
    data_option,
    enrol_option,
    hall_argument,
    json_option,
    named_ports,
    token_option,
)

PORTS = click.option("--port", "ports", multiple=True, metavar="NAME=PORT", envvar="HALLCALL_PORTS", help="改用此端口 / use this port instead")  # fmt: skip


@click.command()
@hall_argument
@data_option
@click.option(
    "--name", default="pc-1", show_default=True, help="本机名称，见 [[device]] agent / this PC's name"
)
@caller_option
@token_option
@enrol_option
@code_option
@PORTS
def agent(
    hall: Path, data: Path, name: str, url: str, token: str | None, again: bool, sheet_code: str,
    ports: tuple[str, ...],
) -> None:  # fmt: skip
    """运行本机设备代理 / run the devices of this PC: evaluators, callers, signs, readers."""
    from devices.cli.agent import AgentToken, run_agent

    run_agent(hall, data, name, url, AgentToken(token, again, sheet_code), named_ports("--port", ports))


@click.command()
@hall_argument
@data_option
@caller_option
@token_option
@click.option("--name", default="pc-1", show_default=True, help="以哪台电脑的名义查看 / whose token to use")
@json_option
def devices(hall: Path, data: Path, url: str, token: str | None, name: str, as_json: bool) -> None:
    """列出大厅全部设备的状态 / the state of every device of the hall."""
    from devices.cli.agent import show_devices

    show_devices(hall, data, name, url, token, as_json)


@click.group()
def device() -> None:
    """测试一个设备，或学习一个新键盘 / test one device, or learn a new keypad."""


@device.command()
@hall_argument
@click.argument("name")
@PORTS
@click.option("--seconds", default=3.0, show_default=True, help="亮灯多久 / how long it shows")
def test(hall: Path, name: str, ports: tuple[str, ...], seconds: float) -> None:
    """让设备亮灯、鸣叫或显示文字，并列出按键 / light it, beep, show a text, and list its keys."""
    from devices.cli.device import try_device

    try_device(hall, name, named_ports("--port", ports), seconds)


@device.command()
@click.argument("port")
@click.option("--baud", default=9600, show_default=True)
@click.option("--seconds", default=0.0, help="到时结束，0 为直到 Ctrl-C / stop after; 0: until Ctrl-C")
def learn(port: str, baud: int, seconds: float) -> None:
    """显示按键的原始字节，用来写型号描述 / show raw frames while one presses keys."""
    from devices.cli.device import learn_port

    learn_port(port, baud, seconds)


simulated = LazyGroup(
    "simulated",
    help="模拟设备，用于培训和测试 / simulated devices, for training and testing.",
    entries={
        "keypad": CommandEntry("devices.cli.simulated:keypad", "窗口评价器", "an evaluator at a window"),
        "pad": CommandEntry("devices.cli.simulated:pad", "硬件叫号器", "a hard caller"),
        "sign": CommandEntry("devices.cli.simulated:sign", "条屏", "an LED sign"),
        "reader": CommandEntry(
            "devices.cli.simulated:reader", "扫码器或读卡器", "a scanner or a card reader"
        ),
        "printer": CommandEntry("devices.cli.simulated_printer:printer", "打印机", "a printer"),
        "hall": CommandEntry("devices.cli.simulated:hall", "大厅的全部设备", "every device of a hall"),
    },
)
