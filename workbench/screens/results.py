"""What screens say: one result per screen, entity and currency, each a table, a sentence or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa

from workbench.errors import WorkbenchError
from workbench.language import mark, say
from workbench.screens.catalogue import Readiness, Screen
from workbench.screens.digits import DigitTest

# The first day where none is given: Spark binds no earlier one reliably, and no invoice is older.
BEGINNING = date(1900, 1, 1)
PARTS = (
    mark("price"),
    mark("quantity"),
    mark("mix"),
    mark("new"),
    mark("ended"),
    mark("currency"),
    mark("credits"),
)


@dataclass(frozen=True)
class Bridge:
    """A change of invoiced net between two months in one currency.

    `parts` has every name of PARTS, and before + the sum of the parts = after, to the minor unit; `counts` says how
    many customer-products each part comes from.
    """

    month_before: date
    month: date
    before: Decimal
    after: Decimal
    parts: dict[str, Decimal]
    counts: dict[str, int]


@dataclass(frozen=True)
class Result:
    """What one screen says of one entity and currency.

    `table` is ranked, the first row is where to look first; names that end in _amount are money of `currency`, exact
    decimals. `part` tells results of one screen apart ("billed documents, first digit"), `examined` counts what was
    looked at. `refusal` says why there is nothing to say; then the table is empty.
    """

    screen: Screen
    entity_id: str | None
    currency: str | None
    part: str
    examined: int
    flagged: int
    sentence: str
    refusal: str
    table: pa.Table
    digits: DigitTest | None = None
    bridge: Bridge | None = None


@dataclass(frozen=True)
class Period:
    """The days looked at, half-open, and the two months of the bridge."""

    from_date: date
    to_date: date
    before_from: date
    month_from: date
    month_to: date

    @property
    def words(self) -> str:
        """The days as people say them; the first is left out where everything before counts."""
        if self.from_date == BEGINNING:
            return say("up to, not including, {last}", last=self.to_date)
        return say("from {first} up to, not including, {last}", first=self.from_date, last=self.to_date)


@dataclass(frozen=True)
class Screening:
    """Every result of a run of screens. None of it is a finding."""

    period: Period
    parameters: dict[str, dict[str, object]]
    screens: tuple[Screen, ...]
    results: tuple[Result, ...]
    not_run: tuple[Readiness, ...]
    partly: tuple[Readiness, ...]

    def of(self, name: str) -> tuple[Result, ...]:
        """The results of one screen, by id or name; WorkbenchError where it was not among those asked for."""
        for entry in self.screens:
            if name.upper() == entry.id or name.lower() == entry.name:
                return tuple(result for result in self.results if result.screen.id == entry.id)
        asked = ", ".join(entry.id for entry in self.screens)
        raise WorkbenchError(f"There is no screen '{name}' here; it has {asked or 'none'}.", "ask for it in ids=...")

    def _repr_html_(self) -> str:
        from workbench.screens.section import section_page

        return section_page(self)

    def __str__(self) -> str:
        from workbench.screens.section import section_text

        return section_text(self)
