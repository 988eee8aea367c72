"""Numbers as people see them: a letter or two for the queue, then the day's serial ("A042")."""


def number(queue: str, serial: int, digits: int = 3) -> str:
    """The number of the `serial`-th ticket of a queue; it grows wider rather than ever repeat."""
    return queue + str(serial).zfill(digits)


def spoken_order(text: str) -> tuple[int, str]:
    """Sort key of numbers: the serial first, then the letters; the tie-break of the turn rule."""
    letters = text.rstrip("0123456789")
    return int(text[len(letters) :]), letters
