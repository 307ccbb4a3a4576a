"""Amounts in a reporting currency, at rates that are stated; where one is lacking the figure is not shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from workbench.engine.duck import DuckEngine
from workbench.errors import WorkbenchError
from workbench.language import say
from workbench.money import EXACT, minor_units
from workbench.receivables.books import ask

ZERO = Decimal(0)


@dataclass(frozen=True)
class Rate:
    """1 `currency` = `rate` of the reporting currency, or the other way round where it is inverse."""

    currency: str
    to: str
    rate: Decimal
    rate_date: date | None = None
    is_inverse: bool = False

    def convert(self, amount: Decimal) -> Decimal:
        """An amount in the reporting currency's minor unit, rounded half away from zero."""
        exact = EXACT.divide(amount, self.rate) if self.is_inverse else EXACT.multiply(amount, self.rate)
        return exact.quantize(Decimal(1).scaleb(-minor_units(self.to)), ROUND_HALF_UP, EXACT)

    @property
    def words(self) -> str:
        """The rate as it is stated beside the figure."""
        if self.currency == self.to:
            return say("its own currency")
        one, other = (self.to, self.currency) if self.is_inverse else (self.currency, self.to)
        rate = f"1 {one} = {self.rate.normalize(EXACT):f} {other}"
        if self.rate_date:
            return say("{rate}, rate of {day}", rate=rate, day=self.rate_date)
        return say("{rate}, as stated", rate=rate)


@dataclass(frozen=True)
class Line:
    """An entity's amounts of one currency in the reporting currency; `amounts` by column, None without a rate."""

    as_of: date
    entity_id: str | None
    currency: str | None
    rate: Rate | None
    amounts: dict[str, Decimal] | None

    @property
    def total(self) -> Decimal | None:
        """The sum of the converted columns."""
        return None if self.amounts is None else sum(self.amounts.values(), ZERO)


@dataclass(frozen=True)
class Reported:
    """An ageing in one currency: a line per day, entity and currency, and what is lacking."""

    currency: str
    lines: tuple[Line, ...]

    @property
    def lacking(self) -> tuple[str, ...]:
        """The rates that are not there, a sentence each."""
        return tuple(
            say(
                "There is no rate from {currency} to {other} on or before {day}, so what {entity} has in it and every "
                "total with it are not shown.",
                currency=line.currency or say("no currency"),
                other=self.currency,
                day=line.as_of,
                entity=line.entity_id or say("no entity"),
            )
            for line in self.lines
            if line.rate is None
        )

    def total(self, day: date, entity_id: str | None = None) -> dict[str, Decimal] | None:
        """The columns of a day added up, of one entity or of all; None where a rate is lacking."""
        lines = [line for line in self.lines if line.as_of == day and entity_id in (None, line.entity_id)]
        summed: dict[str, Decimal] = {}
        for line in lines:
            if line.amounts is None:
                return None
            for name, amount in line.amounts.items():
                summed[name] = EXACT.add(summed.get(name, ZERO), amount)
        return summed


def reported(
    engine: DuckEngine,
    currency: str,
    days: Iterable[date],
    rows: Iterable[Mapping[str, Any]],
    columns: Iterable[str],
    stated: Mapping[str, Decimal] | None = None,
) -> Reported:
    """Wide ageing rows (as_of, entity_id, currency, amounts by column) in a reporting currency.

    A rate of `stated` goes before that of fx_rates. Every column is converted and rounded, and totals add up what is
    shown. Raises WorkbenchError for a stated rate that is not above zero.
    """
    for name, value in (stated or {}).items():
        if value <= 0:
            raise WorkbenchError(f"The rate of {name} is {value}.", "state a rate above zero")
    found = ask(engine, "rates_in_force", days=list(days), currency=currency).to_pylist()
    in_force = {
        (row["as_of"], row["currency"]): Rate(
            row["currency"], currency, row["rate"], row["rate_date"], row["is_inverse"]
        )
        for row in found
    }
    lines, names = [], list(columns)
    for row in rows:
        rate = _rate(row["as_of"], row["currency"], currency, stated or {}, in_force)
        amounts = None if rate is None else {name: rate.convert(row[name]) for name in names}
        lines.append(Line(row["as_of"], row["entity_id"], row["currency"], rate, amounts))
    return Reported(currency, tuple(lines))


def _rate(
    day: date,
    currency: str,
    to: str,
    stated: Mapping[str, Decimal],
    in_force: Mapping[tuple[date, str], Rate],
) -> Rate | None:
    if currency == to:
        return Rate(currency, to, Decimal(1))
    if currency in stated:
        return Rate(currency, to, stated[currency])
    return in_force.get((day, currency))
