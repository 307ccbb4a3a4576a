"""What was measured: per control the errors planted and those it found, as dataclasses, text and JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from workbench.controls import Control
from workbench.money import grouped, in_minor_unit


@dataclass(frozen=True)
class Kind:
    """The planted errors of one kind, in words, and how many of them were found, with which amount."""

    what: str
    planted: int
    exact: int
    other: int


@dataclass(frozen=True)
class Measured:
    """One control: errors planted, found with the exact amounts, found with others, and false alarms.

    A false alarm is a finding that was not there before and was not planted. `smallest` is per currency the smallest
    size of error tried at which all of them are found with the exact amounts, None where there was none, and empty
    where the size of an error says nothing. `why_not` says why nothing could be measured, else it is empty.
    """

    control: Control
    plants: str = ""
    planted: int = 0
    exact: int = 0
    other: int = 0
    false_alarms: int = 0
    smallest: dict[str, Decimal | None] = field(default_factory=dict)
    kinds: tuple[Kind, ...] = ()
    why_not: str = ""

    @property
    def recall(self) -> Decimal | None:
        """Planted errors found, with whatever amount, of all planted; None where nothing was measured."""
        return Decimal(self.exact + self.other) / self.planted if self.planted else None

    @property
    def precision(self) -> Decimal | None:
        """Planted errors found, of all new findings; None where there are none."""
        new = self.exact + self.other + self.false_alarms
        return Decimal(self.exact + self.other) / new if new else None

    @property
    def is_full(self) -> bool:
        """Whether every planted error was found with the exact amounts, and nothing else."""
        return bool(self.planted) and self.exact == self.planted and not self.false_alarms


@dataclass(frozen=True)
class Power:
    """What the controls can see in a snapshot: a line per control, and what was planted with which seed."""

    lines: tuple[Measured, ...]
    fingerprint: str
    as_of: date
    errors: int
    seed: int

    def as_text(self) -> str:
        """A line per control, below it the kinds of error that were not all found, and a summary."""
        head = ("control", "planted", "exact", "other", "false", "recall", "precision", "smallest seen")
        rows = [row for line in self.lines for row in _rows(line)]
        widths = [max(len(row[place]) for row in [head, *rows] if len(row) > 2) for place in range(7)]
        text = [_joined(row, widths) for row in [head, *rows]]
        measured = [line for line in self.lines if line.planted]
        full = sum(1 for line in measured if line.is_full)
        text.append(
            f"{sum(line.planted for line in measured):,} errors planted in a copy, for {len(measured)} of "
            f"{len(self.lines)} controls; {full} found all of theirs with the exact amounts and nothing else"
        )
        return "\n".join(text)

    def as_json(self) -> str:
        """The same as JSON, amounts and shares as text."""
        head = {
            "snapshot": self.fingerprint,
            "as_of": self.as_of.isoformat(),
            "errors": self.errors,
            "seed": self.seed,
        }
        return json.dumps({**head, "controls": [_record(line) for line in self.lines]}, ensure_ascii=False, indent=2)

    def _repr_html_(self) -> str:
        from workbench.language import say
        from workbench.markup import html_table

        head = (
            say("control"), say("title"), say("planted"), say("exact"), say("other amount"), say("false alarms"),
            say("smallest seen"), say("note"),
        )  # fmt: skip
        return html_table(head, [_cells(line) for line in self.lines])


def percent(share: Decimal | None) -> str:
    """A share as people read it, cut off so that 100 % is all of it; a dash for None."""
    return "-" if share is None else f"{int(share * 1000) / Decimal(10):f} %".replace(".0 %", " %")


def smallest_text(line: Measured) -> str:
    """The smallest amounts seen, per currency: "0.01 SGD, 1 JPY"."""
    return ", ".join(
        f"none {currency}".rstrip() if amount is None else f"{grouped(amount, currency)} {currency}".rstrip()
        for currency, amount in line.smallest.items()
    )


def _rows(line: Measured) -> list[tuple[str, ...]]:
    if line.why_not:
        return [(line.control.id, f"not measured: {line.why_not}")]
    counts = (line.planted, line.exact, line.other, line.false_alarms)
    shares = (percent(line.recall), percent(line.precision))
    row = (line.control.id, *(f"{count:,}" for count in counts), *shares, smallest_text(line))
    missed = [kind for kind in line.kinds if kind.exact < kind.planted]
    return [row, *(("", f"{kind.what}: {kind.exact} of {kind.planted} exact") for kind in missed)]


def _joined(row: tuple[str, ...], widths: list[int]) -> str:
    first = row[0].ljust(widths[0])
    if len(row) == 2:
        return f"{first}  {row[1]}"
    numbers = "  ".join(text.rjust(width) for text, width in zip(row[1:7], widths[1:], strict=True))
    return f"{first}  {numbers}  {row[7]}".rstrip()


def _cells(line: Measured) -> tuple[object, ...]:
    return (
        line.control.id,
        line.control.title,
        line.planted,
        line.exact,
        line.other,
        line.false_alarms,
        smallest_text(line),
        f"not measured: {line.why_not}" if line.why_not else line.plants,
    )


def _record(line: Measured) -> dict[str, Any]:
    if line.why_not:
        return {"control_id": line.control.id, "not_measured": line.why_not}
    return {
        "control_id": line.control.id,
        "plants": line.plants,
        "planted": line.planted,
        "found_exact": line.exact,
        "found_other_amount": line.other,
        "false_alarms": line.false_alarms,
        "recall": None if line.recall is None else str(line.recall),
        "precision": None if line.precision is None else str(line.precision),
        "smallest_seen": {currency: in_minor_unit(amount, currency) for currency, amount in line.smallest.items()},
        "kinds": [
            {"what": kind.what, "planted": kind.planted, "found_exact": kind.exact, "found_other_amount": kind.other}
            for kind in line.kinds
        ],
    }
