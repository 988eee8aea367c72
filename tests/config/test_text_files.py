"""Files that the settings hold themselves: written by the office's form, found before those beside the hall, checked in full."""

from pathlib import Path

import pytest

from caller.cli.check import checked
from config import edits
from config.changes import changes
from config.form_fields import fields_of
from config.hall_lists import file_texts
from config.reading import province_mapping
from config.reading.errors import Mistake
from config.reading.reader import HALLS
from config.settings import Settings
from config.versions import Bundle, bundle
from devices.inventory import agent_devices
from devices.profiles.profile_reader import FOLDER as PROFILES

MAPPINGS = province_mapping.SHIPPED
SHIPPED = [("profile", path) for path in sorted(PROFILES.glob("*.toml"))] + [
    ("mapping", path) for path in sorted(MAPPINGS.glob("*.toml"))
]
DEVICE = '\n[[device]]\nname = "own-1"\nkind = "evaluator"\nport = "serial:///dev/serial/by-id/a"\nagent = "pc-9"\nwindow = "1"\nprofile = "own"\n'
PROVINCE = '\n[[province]]\nid = "p"\nurl = "https://example.org"\nmapping = "own"\n'


class TextHall:
    """The village hall in a folder, as the office edits it."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.file = folder / "hall.toml"
        given = bundle(HALLS / "village.toml")
        self.given = Bundle(given.main + more.encode(), given.files)
        for name, data in given.files.items():
            (folder / name).write_bytes(data)

    def read(self) -> tuple[Settings | None, list[Mistake]]:
        self.file.write_bytes(self.given.main)
        reading = checked(self.file)
        return reading.settings, reading.mistakes

    def add(self, kind: str, text: str, settings: Settings, id: str = "own") -> None:
        self.given = edits.with_new_row(self.given, "file", {"kind": kind, "id": id, "text": text}, settings)


@pytest.fixture
def plain(tmp_path: Path) -> tuple[TextHall, Settings]:
    hall = TextHall(tmp_path)
    settings, mistakes = hall.read()
    assert settings, mistakes
    return hall, settings


def test_every_file_of_ours_stands_in_settings_as_it_is(plain: tuple[TextHall, Settings]):
    hall, settings = plain
    for place, (kind, path) in enumerate(SHIPPED):
        hall.add(kind, path.read_text("utf-8"), settings, f"copy-{place}")
    found, mistakes = hall.read()
    assert found, mistakes
    assert [each.text for each in found.files] == [path.read_text("utf-8") for _, path in SHIPPED]
    assert [each.table for each in changes(settings, found)] == ["file"] * len(SHIPPED)


def test_a_device_and_a_province_go_by_the_text_of_the_settings(tmp_path: Path):
    hall = TextHall(tmp_path, DEVICE)
    _, mistakes = hall.read()
    assert [each.key for each in mistakes] == ["profile"], (
        "the twin: without the text there is no such profile"
    )
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "own.toml").write_text((PROFILES / "evaluator-xor.toml").read_text())
    settings, _ = hall.read()
    assert settings
    [beside] = agent_devices(settings, "pc-9", {}, tmp_path / "profiles").entries
    hall.add("profile", (PROFILES / "evaluator-crc.toml").read_text(), settings)
    settings, mistakes = hall.read()
    assert settings, mistakes
    [own] = agent_devices(settings, "pc-9", {}, tmp_path / "profiles").entries
    assert own.profile.name != beside.profile.name, "the settings go before a file beside the hall"


def test_a_mapping_of_the_settings_is_found_by_its_name(tmp_path: Path):
    hall = TextHall(tmp_path, PROVINCE)
    _, mistakes = hall.read()
    assert [each.key for each in mistakes] == ["mapping"]
    text = sorted(MAPPINGS.glob("*.toml"))[0].read_text("utf-8")
    settings, _ = TextHall(tmp_path).read()
    assert settings
    hall.add("mapping", text, settings)
    settings, mistakes = hall.read()
    assert settings, mistakes
    found = province_mapping.read("own", tmp_path, file_texts(settings, "mapping"))
    assert found == province_mapping.read(sorted(MAPPINGS.glob("*.toml"))[0].stem, tmp_path)


@pytest.mark.parametrize(
    ("kind", "text"), [("profile", 'name = "x"\nkind = "toaster"\n'), ("mapping", "[platform]\nkind = 7\n"), ("profile", "= no")]
)  # fmt: skip
def test_every_mistake_of_a_text_is_told_at_its_row(plain: tuple[TextHall, Settings], kind: str, text: str):
    hall, settings = plain
    hall.add(kind, text, settings)
    _, mistakes = hall.read()
    assert mistakes
    assert {(each.table, each.key) for each in mistakes} == {("[[file]] own", "text")}


def test_a_name_stands_once_and_a_long_text_is_read_from_a_file(plain: tuple[TextHall, Settings]):
    hall, settings = plain
    for kind, path in (SHIPPED[0], SHIPPED[-1]):
        hall.add(kind, path.read_text("utf-8"), settings)
    _, mistakes = hall.read()
    assert [(each.key, "重复" in each.zh) for each in mistakes] == [("id", True)]
    assert [each.name for each in fields_of("file", settings) if each.is_file] == ["text"]
    assert [each.name for each in fields_of("paper", settings) if each.is_file] == ["template"]
    assert not [each.name for each in fields_of("media", settings) if each.is_file]
