"""A number in letters as tall as the screen allows, so that it reads from a metre away. PURE.

Each glyph is 5 x 7 dots; a cell of the terminal holds two dots, one above the other, as half blocks, so
that dots are square. The largest whole scale that fits is taken.
"""

DOTS_WIDE, DOTS_HIGH = 5, 7
SCALE_MAX = 5  # beyond it the number fills the screen and hides who waits

_FONT = {
    "0": ".###./#...#/#..##/#.#.#/##..#/#...#/.###.",
    "1": "..#../.##../..#../..#../..#../..#../.###.",
    "2": ".###./#...#/....#/..##./.#.../#..../#####",
    "3": ".###./#...#/....#/..##./....#/#...#/.###.",
    "4": "...#./..##./.#.#./#..#./#####/...#./...#.",
    "5": "#####/#..../####./....#/....#/#...#/.###.",
    "6": "..##./.#.../#..../####./#...#/#...#/.###.",
    "7": "#####/....#/...#./..#../..#../..#../..#..",
    "8": ".###./#...#/#...#/.###./#...#/#...#/.###.",
    "9": ".###./#...#/#...#/.####/....#/...#./.##..",
    "A": ".###./#...#/#...#/#####/#...#/#...#/#...#",
    "B": "####./#...#/#...#/####./#...#/#...#/####.",
    "C": ".###./#...#/#..../#..../#..../#...#/.###.",
    "D": "####./#...#/#...#/#...#/#...#/#...#/####.",
    "E": "#####/#..../#..../####./#..../#..../#####",
    "F": "#####/#..../#..../####./#..../#..../#....",
    "G": ".###./#...#/#..../#.###/#...#/#...#/.####",
    "H": "#...#/#...#/#...#/#####/#...#/#...#/#...#",
    "I": ".###./..#../..#../..#../..#../..#../.###.",
    "J": "..###/...#./...#./...#./...#./#..#./.##..",
    "K": "#...#/#..#./#.#../##.../#.#../#..#./#...#",
    "L": "#..../#..../#..../#..../#..../#..../#####",
    "M": "#...#/##.##/#.#.#/#.#.#/#...#/#...#/#...#",
    "N": "#...#/#...#/##..#/#.#.#/#..##/#...#/#...#",
    "O": ".###./#...#/#...#/#...#/#...#/#...#/.###.",
    "P": "####./#...#/#...#/####./#..../#..../#....",
    "Q": ".###./#...#/#...#/#...#/#.#.#/#..#./.##.#",
    "R": "####./#...#/#...#/####./#.#../#..#./#...#",
    "S": ".####/#..../#..../.###./....#/....#/####.",
    "T": "#####/..#../..#../..#../..#../..#../..#..",
    "U": "#...#/#...#/#...#/#...#/#...#/#...#/.###.",
    "V": "#...#/#...#/#...#/#...#/#...#/.#.#./..#..",
    "W": "#...#/#...#/#...#/#.#.#/#.#.#/#.#.#/.#.#.",
    "X": "#...#/#...#/.#.#./..#../.#.#./#...#/#...#",
    "Y": "#...#/#...#/#...#/.#.#./..#../..#../..#..",
    "Z": "#####/....#/...#./..#../.#.../#..../#####",
}
_HALVES = {("#", "#"): "█", ("#", "."): "▀", (".", "#"): "▄", (".", "."): " "}


def large(text: str, columns: int, rows: int) -> list[str]:
    """Return `text` drawn as large as `columns` x `rows` cells allow; the text itself if not even once."""
    known = text.upper()
    scale = _scale(len(known), columns, rows)
    if not known or scale < 1 or any(letter not in _FONT for letter in known):
        return [text]
    return _halve([_wider(_dot_row(known, row), scale) for row in range(DOTS_HIGH)], scale)


def _scale(letters: int, columns: int, rows: int) -> int:
    dots = letters * (DOTS_WIDE + 1) - 1
    return min(columns // max(dots, 1), rows * 2 // DOTS_HIGH, SCALE_MAX)


def _dot_row(text: str, row: int) -> str:
    return ".".join(_FONT[letter].split("/")[row] for letter in text)


def _wider(dots: str, scale: int) -> str:
    return "".join(dot * scale for dot in dots)


def _halve(dot_rows: list[str], scale: int) -> list[str]:
    """Return the picture with two dot rows in each line of cells."""
    tall = [row for row in dot_rows for _ in range(scale)]
    tall += ["." * len(tall[0])] * (len(tall) % 2)
    return [
        "".join(_HALVES[pair] for pair in zip(*two, strict=True))
        for two in zip(tall[::2], tall[1::2], strict=True)
    ]
