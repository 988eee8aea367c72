"""`hallcall simulated hall`: a simulator for every device in a hall's file, in one process."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import click

from config.device_port import PortMistake
from config.process.options import Unable, hall_argument, settings_of
from config.settings import Device
from devices.cli.simulated import AUTO, SEED, THINK, run, typed, weights
from devices.inventory import entry
from devices.profiles.profile_reader import ProfileMistake
from devices.simulators.hall import Habits, SimulatorSet


@click.command()
@hall_argument
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="打印结果的文件夹 / keeps what is printed here",
)
@AUTO
@THINK
@SEED
@click.option(
    "--by-hand", multiple=True, metavar="NAME", help="此评价器只由人按 / this evaluator waits for a person"
)
def hall(hall: Path, out: Path | None, auto: str, think: float, seed: int, by_hand: tuple[str, ...]) -> None:
    """配置里的全部设备；输入“设备 动作” / every device of a hall's file; type DEVICE WORDS."""
    devices = settings_of(hall).devices
    habits = Habits(weights(auto), think, frozenset(by_hand), seed)

    async def scene() -> None:
        async with AsyncExitStack() as stack:
            simulators = SimulatorSet(stack, habits)
            await _add_all(simulators, devices, hall.parent / "profiles", out)
            click.echo(f"simulated hall ready {' '.join(simulators.obeyed)}")
            await typed(simulators.answer, *(start() for start in simulators.beside), err=False)

    run(scene())


async def _add_all(
    simulators: SimulatorSet, devices: Sequence[Device], profiles: Path, slips: Path | None
) -> None:
    """Ends the program with words where a device can have no simulator."""
    several = sum(device.kind == "printer" for device in devices) > 1
    for device in devices:
        try:
            if device.kind == "printer":
                simulators.add_printer(device, slips / device.name if slips and several else slips)
            else:
                await simulators.add(entry(device, device.port, profiles))
        except (PortMistake, ProfileMistake, OSError) as error:
            raise Unable(f"[[device]] {device.name}: {error}") from None
