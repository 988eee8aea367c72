"""The station's side of persons who sign in: who is signed in here, and the keys that resume them after a break.

A secret is sent once and kept nowhere. A station of its own has one place, named ""; an agent has one for each window
with a hard caller. `docs/wire.md` tells the frames, `caller.service.account_sessions` the rules.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from caller.client.pending_commands import new_id
from caller.protocol.frames import SignedOut, SignIn, SignOut, Welcome

Ask = Callable[[SignIn | SignOut], Coroutine[Any, Any, dict[str, Any]]]


class PersonSessions:
    """The persons on one line. `changed` is called when one has come or gone."""

    def __init__(self, ask: Ask, changed: Callable[[], None]) -> None:
        self.accounts: dict[str, str] = {}  # staff number by place
        self.signed_out: SignedOut | None = (
            None  # why the caller signed the last one out; None once one has signed in
        )
        self.required = False  # as the caller said in its last welcome
        self._keys: dict[str, str] = {}  # by place
        self._ask, self._changed = ask, changed

    @property
    def keys(self) -> list[str]:
        """The keys to show in hello."""
        return list(self._keys.values())

    @property
    def missing(self) -> bool:
        """Whether the caller requires a person on this station, and there is none."""
        return self.required and not self.accounts

    async def sign_in(self, account: str, secret: str, new: str = "", place: str = "") -> dict[str, Any]:
        """Sign a person in and return what the caller says of them; `new` is the secret from now on.

        Raises:
            RefusedError: the caller does not take the secret, or the account.
            SendError: no answer came; it is not asked again by itself.
        """
        result = await self._ask(SignIn(new_id(), account, secret, new, place))
        self.accounts[place], self._keys[place], self.signed_out = account, result["session"], None
        self._changed()
        return result

    async def sign_out(self, place: str = "") -> None:
        """Sign a person out. Raises `SendError` where no answer came; here the person is gone all the same."""
        self._drop(place)
        await self._ask(SignOut(new_id(), place))

    def resume(self, key: str, place: str = "") -> None:
        """Show this key in the next hello: that of a session which an earlier line of this station began."""
        self._keys[place] = key

    def welcomed(self, frame: Welcome) -> None:
        """Take from a welcome who was resumed; all others must sign in again."""
        before, self.required, self.accounts = self.accounts, frame.sign_in, dict(frame.accounts)
        self._keys = {place: key for place, key in self._keys.items() if place in self.accounts}
        if before != self.accounts:
            self._changed()

    def ended(self, frame: SignedOut) -> None:
        """Take note that the caller has signed a person out."""
        self.signed_out = frame
        self._drop(frame.window)

    def _drop(self, place: str) -> None:
        self.accounts.pop(place, None)
        self._keys.pop(place, None)
        self._changed()
