"""Columns stand under each other in every script, whatever is in the cells."""

from config.process.tables import cell_width, columns_of, folded, text_table


def test_hanzi_take_two_cells():
    lines = text_table([["项目", "n"], ["a", "10"], ["社会保险", "7"]], ["left", "right"])
    assert lines == ["项目       n", "a         10", "社会保险   7"]
    assert {cell_width(line) for line in lines} == {12}


def test_markup_is_text():
    assert text_table([["[bold]x[/bold] :smile:"]], ["left"]) == ["[bold]x[/bold] :smile:"]


def test_nothing_in_a_cell_reaches_the_terminal_raw():
    (line,) = text_table([["a\x1b[2Jb\nc", "\u202e1"]], ["left", "left"])
    assert line == "a\\x1b[2Jb\\nc  \\u202e1"


def test_the_first_column_or_those_named_stand_left():
    assert columns_of(3) == ["left", "right", "right"]
    assert columns_of(3, 0, 2) == ["left", "right", "left"]


def test_a_long_line_is_folded_between_its_words_and_keeps_its_indent():
    line = "    设备 e3：未连接。 Do what it says; all devices: hallcall devices"
    lines = folded(line, 30).split("\n")
    assert max(map(cell_width, lines)) <= 30
    assert {each[:4] for each in lines} == {"    "}
    assert " ".join(each.strip() for each in lines) == line.strip()
    assert folded("! " + "a " * 30, 30).split("\n")[1].startswith("  a")


def test_twin_what_is_piped_or_short_stays_whole():
    assert folded("x " * 200) == "x " * 200
    assert folded("    short", 30) == "    short"
