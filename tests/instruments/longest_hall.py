"""A hall with the longest legal names and the most rows, in both languages: what sample data never was."""

from pathlib import Path

NAME_MAX = 80
NAME_USUAL = 8  # hanzi: just too many for one line where thirty windows share a board
ZH = "不动产登记与国有建设用地使用权抵押权预告登记联合受理综合服务"
EN = "Real estate registration, mortgage notice and joint acceptance of land use rights "
WINDOWS = 30


def longest_zh(number: int, length: int = NAME_MAX) -> str:
    """A name of `length` hanzi; names of one hall differ only at their end."""
    tail = f"第{number}号"
    return (ZH * 4)[: length - len(tail)] + tail


def longest_en(number: int, length: int = NAME_MAX) -> str:
    tail = f" no. {number}"
    return (EN * 3)[: length - len(tail)].rstrip().ljust(length - len(tail), "s") + tail


def longest_hall(folder: Path, windows: int = WINDOWS) -> Path:
    """A hall whose odd names are as long as they may be and whose even ones are of eight hanzi.

    Windows 1 to 10 have numbers as ids, the others words.
    """

    def zh(number: int) -> str:
        return longest_zh(number, NAME_MAX if number % 2 else NAME_USUAL)

    def en(number: int) -> str:
        return longest_en(number, NAME_MAX if number % 2 else 3 * NAME_USUAL)

    queues = ["AB", "CD", *"EFGHJKLMNP"]
    lines = [
        f'notices = ["{longest_zh(1, 400)}", "{longest_en(2, 400)}"]',
        f'[hall]\nsite = "test-longest"\nname = "{zh(1)}"\nname_en = "{en(1)}"',
        'opens = "00:00"\ncloses = "23:59"\nlast_ticket = "23:58"',
        'phone = "0000-80000000-8001"\ncomplaint_phone = "0000-80000000-8099"\naddress = "' + zh(1) + '"',
        "[rules]\nrating_seconds = 600",
        '[phone]\ntake = "here"\nbook = true',
        "[feedback]\nenabled = true",
        '[[class]]\nid = "ordinary"\nname = "普通"\ntarget_minutes = 45',
        f'[[department]]\nid = "d1"\nname = "{zh(1)}"\nname_en = "{en(1)}"\nphone = "0000-80000000-8001"',
        f'[[area]]\nid = "east"\nname = "{zh(1)}"\nname_en = "{en(1)}"\nway = "{zh(2)}"\nway_en = "{en(2)}"',
        f'[[pause]]\nid = "meal"\nname = "{zh(3)}"\nname_en = "{en(3)}"',
    ]
    for index, queue in enumerate(queues):
        lines.append(
            f'[[queue]]\nid = "{queue}"\nname = "{zh(index + 1)}"\nname_en = "{en(index + 1)}"\ndigits = 5\nwaiting_alarm = 1'
        )
        guide = ", ".join(f'"{longest_zh(paper, 60)}"' for paper in range(1, 12))
        english = ", ".join(f'"{longest_en(paper, 90)}"' for paper in range(1, 12))
        lines.append(
            f'[[item]]\nid = "T{index + 1:03}"\nname = "{zh(index + 1)}"\nname_en = "{en(index + 1)}"\n'
            f'department = "d1"\nqueue = "{queue}"\nstatutory_days = 20\npromised_days = 10\n'
            f'fee = "{longest_zh(1, 60)}"\nfee_en = "{longest_en(1, 60)}"\nbasis = "{longest_zh(1, 120)}"\n'
            f"papers = [{guide}]\npapers_en = [{english}]"
        )
    for number in range(1, windows + 1):
        id = str(number) if number <= 10 else f"hall-window-number-{number}-east"
        own = ", ".join(f'"{queue}"' for queue in (queues if number == 1 else [queues[number % len(queues)]]))
        lines.append(
            f'[[window]]\nid = "{id}"\nname = "{zh(number)}"\nname_en = "{en(number)}"\nqueues = [{own}]\n'
            f'department = "d1"\narea = "east"\nphone = "0000-80000000-8001"'
        )
    for number in range(1, 7):
        lines.append(
            f'[[roster]]\nrole = "{zh(number)}"\nrole_en = "{en(number)}"\nname = "{zh(number)}"\nname_en = "{en(number)}"\n'
            f'title = "{zh(number)}"\ntitle_en = "{en(number)}"\nphone = "0000-80000000-8001"'
        )
    lines.append('[[kiosk]]\nid = "k1"\n')
    path = folder / "longest.toml"
    path.write_text("\n\n".join(lines), encoding="utf-8")
    return path
