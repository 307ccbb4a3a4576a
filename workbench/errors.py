"""Every error a person can meet: what is wrong, where, and the way out."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class WorkbenchError(Exception):
    """Something in the call or the input that its owner can put right.

    The message is one sentence that names the thing and what was found; `fix` is the way out.
    The command line prints both and ends with exit code 2.
    """

    def __init__(self, problem: str, fix: str = "") -> None:
        super().__init__(problem, fix)
        self.problem = problem
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.problem}\n  Fix: {self.fix}" if self.fix else self.problem

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: two lines, not forty."""
        return [str(self)]


class NoRoomError(WorkbenchError):
    """Memory or disk did not suffice for what was done at the same time."""


class GateError(WorkbenchError):
    """The work was done and a gate failed: a check, an identity, a verification (exit code 1)."""


def nearest(word: str, known: Iterable[str], most: int = 3) -> str:
    """A phrase with the nearest known words: "did you mean A, B?", or the first known ones."""
    names = list(known)
    close = get_close_matches(word, names, n=most, cutoff=0.5)
    if close:
        return f"did you mean {', '.join(close)}?"
    return f"known are {', '.join(names[:12])}{' ...' if len(names) > 12 else ''}"


class UnknownNameError(WorkbenchError):
    """A name (control, table, system, entity, parameter) that does not exist."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"There is no {kind} '{name}'.", nearest(name, known))
