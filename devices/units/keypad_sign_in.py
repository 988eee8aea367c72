"""Signing in at a hard caller: staff number and PIN in digits, and a first PIN changed there. Pure.

1. Digits and OK: the number, then the PIN, which is shown as stars. `clear` goes back to the number.
2. Where the caller asks for a first change, a new PIN and once more the same; two that differ begin again.
3. An entry left half done is forgotten with the display's note (`CallKeypad`): no PIN waits for the next person.
"""

from typing import Literal

DIGITS_MAX = 12
Step = Literal["staff", "pin", "new-pin", "again"]
SIGN_OUT = "0"  # entered as a number to choose: nobody has it


class PersonRequest:
    """A person signs in at a window's hard caller, or out: `account` is empty then. No repr shows a PIN."""

    def __init__(self, window: str, account: str = "", secret: str = "", new: str = "") -> None:
        self.window, self.account, self.secret, self.new = window, account, secret, new

    def __repr__(self) -> str:
        return f"PersonRequest({self.window!r}, {self.account!r})"


class SignInEntry:
    """What is being typed, step by step."""

    def __init__(self, window: str) -> None:
        self._window = window
        self.clear()

    def clear(self) -> None:
        """Forget all of it."""
        self.step: Step = "staff"
        self._typed = self._staff = self._pin = self._new = ""

    @property
    def begun(self) -> bool:
        """Whether anything was typed that is not done with."""
        return bool(self._typed or self._staff)

    @property
    def shown(self) -> str:
        """What of it the display may show."""
        return self._typed if self.step == "staff" else "*" * len(self._typed)

    def digit(self, digit: str) -> None:
        self._typed = (self._typed + digit)[:DIGITS_MAX]

    def ok(self) -> PersonRequest | None:
        """End a step; return what is to be asked of the caller once all is there."""
        typed, self._typed = self._typed, ""
        if not typed:
            return None
        match self.step:
            case "staff":
                self._staff, self.step = typed, "pin"
            case "pin":
                self._pin = typed
                return PersonRequest(self._window, self._staff, typed)
            case "new-pin":
                self._new, self.step = typed, "again"
            case "again":
                if typed == self._new:
                    return PersonRequest(self._window, self._staff, self._pin, typed)
                self._new, self.step = "", "new-pin"
        return None

    def refused(self, code: str) -> None:
        """Take the caller's refusal: a first PIN is to be changed, another new one chosen, or all of it is typed again."""
        if code in ("change-first", "weak-password"):
            self._new, self.step = "", "new-pin"
        else:
            self.clear()
