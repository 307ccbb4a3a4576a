"""Figures as asked: their values, the rows behind each, and the same over the months before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.figures.catalogue import Figure, Readiness, figure
from workbench.figures.concentration import of_the_top
from workbench.figures.count_back import of_months_used
from workbench.figures.ground import Ask
from workbench.figures.values import TOTAL
from workbench.figures.windows import Window
from workbench.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

MONTHS = 12
# The other forms make their parts of the same rows.
BY_PART = ("ratio", "total")


@dataclass(frozen=True)
class Figures:
    """The values of some figures on one as-of date.

    `values` has a row per figure, group, currency and part: figure_id, title, part, as_of, group, currency, numerator,
    denominator, value (decimal; null where the note says why), unit, note. What could not run is in `not_run`;
    `first_day` is that of the first document or receipt.
    """

    snapshot: Snapshot
    window: Window
    ask: Ask
    chosen: tuple[Figure, ...]
    own: dict[str, dict[str, object]]
    values: pa.Table
    not_run: tuple[Readiness, ...]
    partly: tuple[Readiness, ...]
    behind: dict[str, pa.Table] = field(repr=False, compare=False)
    first_day: date | None = None
    _trends: dict[int, pa.Table] = field(default_factory=dict, repr=False, compare=False)

    def of(self, name: str) -> pa.Table:
        """The values of one figure, by id or name; WorkbenchError where it was not among those asked for."""
        return self.values.filter(pc.equal(self.values["figure_id"], self._chosen(name).id))

    def rows(
        self, name: str, group: str | None = None, currency: str | None = None, part: str | None = None
    ) -> pa.Table:
        """The source rows behind a value: their numerators and denominators add up to those of the value.

        Columns: as_of, part, role (what the row is in the formula), entity_id, customer_id, group, currency,
        subject_table, subject_id, event_date, numerator, denominator, own_currency, rate, remark. A currency or part
        that is None is not looked at; a group that is None is that of the rows without one.
        """
        entry = self._chosen(name)
        rows = self.every_row(name)
        mask = pc.is_null(rows["group"]) if group is None else pc.equal(rows["group"], group)
        if currency is not None:
            mask = pc.and_kleene(mask, pc.equal(rows["currency"], currency))
        named = set(self.of(name)["part"].to_pylist())
        if part is not None and part not in named:
            raise UnknownNameError(f"part of {entry.id}", part, sorted(named))
        if part is not None and entry.form in BY_PART and not (entry.adds_up and part == TOTAL):
            mask = pc.and_kleene(mask, pc.equal(rows["part"], part))
        found = rows.filter(mask)
        narrow = NARROWED.get(entry.form)
        return narrow(found, self.own[entry.id]) if narrow else found

    def every_row(self, name: str) -> pa.Table:
        """The rows behind all values of one figure, of every group, currency and part; columns as in `rows`."""
        entry = self._chosen(name)
        if entry.id not in self.behind:
            state = next(state for state in self.not_run if state.figure.id == entry.id)
            raise WorkbenchError(f"{entry.id} {entry.title} was {state.words}.", "load what is missing")
        return self.behind[entry.id]

    def trend(self, name: str, months: int = MONTHS) -> pa.Table:
        """The values of one figure on the as-of date and a month, two months ... before it, oldest first."""
        entry = self._chosen(name)
        if months < 1:
            raise WorkbenchError(f"A trend of {months} months has no month.", "give months=12")
        found = self.trends(months)
        return found.filter(pc.equal(found["figure_id"], entry.id))

    def trends(self, months: int = MONTHS) -> pa.Table:
        """The same of every figure, worked out once."""
        from workbench.figures.run import trend_values

        if months not in self._trends:
            self._trends[months] = trend_values(self, months)
        return self._trends[months]

    def section_html(self, trends: bool = True) -> str:
        """The section of a pack's page: values, small pictures of twelve months, and what could not be run."""
        from workbench.figures.section import section_html

        return section_html(self, trends=trends)

    def as_text(self) -> str:
        """The values as lines of plain text."""
        from workbench.figures.section import section_text

        return section_text(self)

    def _chosen(self, name: str) -> Figure:
        wanted = figure(name)
        if wanted not in self.chosen:
            asked = ", ".join(entry.id for entry in self.chosen)
            raise WorkbenchError(f"{wanted.id} was not asked for; there are {asked}.", f"add it to ids: {wanted.id}")
        return wanted

    def _repr_html_(self) -> str:
        from workbench.figures.section import section_page

        return section_page(self)

    def __str__(self) -> str:
        return self.as_text()


NARROWED: dict[str, Callable[[pa.Table, dict[str, object]], pa.Table]] = {
    "count_back": of_months_used,
    "concentration": of_the_top,
}
