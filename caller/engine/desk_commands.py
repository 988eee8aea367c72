"""What a clerk asks of the hall beside calling and ending: to correct an outcome. Imperative, as in `commands`."""

from caller.engine.commands import Command, Id, Outcome


class CorrectOutcome(Command, frozen=True):
    """Correct the outcome of the reception that ended last at a window (更正); its end, and its rating, stay.

    `ticket`: the one the clerk saw, so that a press that comes late corrects no other.
    """

    window: Id
    ticket: Id
    outcome: Outcome


DeskAidCommand = CorrectOutcome
