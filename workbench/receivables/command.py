"""The command `workbench receivables`: what was open on any day, and that it adds up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.errors import WorkbenchError
from workbench.progress import Report, shown

if TYPE_CHECKING:
    from workbench.receivables.grids import Result
    from workbench.snapshot import Snapshot

DAY = click.DateTime(formats=["%Y-%m-%d"])
CUSTOMERS = 10


@dataclass(frozen=True)
class Asked:
    """The days and the clock that were asked for."""

    days: list[date]
    first: date | None
    after: date | None
    clock: str

    @property
    def period(self) -> tuple[date, date]:
        """Both days of the period; WorkbenchError where one is missing."""
        if self.first is None or self.after is None:
            raise WorkbenchError("A period needs both its days.", "give --from 2025-06-01 --to 2025-07-01")
        return self.first, self.after


@click.command("receivables")
@click.argument("snapshot", type=click.Path(path_type=Path))
@click.option("--as-of", "days", type=DAY, multiple=True, help="The day; may be given more than once. Default: newest.")
@click.option("--clock", type=click.Choice(["known", "dated"]), default="known", help="By posted_on, or business date.")
@click.option(
    "--by", type=click.Choice(["due", "document"]), default="due", help="Count days from due or document date."
)
@click.option("--currency", default="", metavar="CUR", help="Also in this currency, at the rates in force.")
@click.option("--rate", "rates", multiple=True, metavar="CUR=RATE", help="State a rate: 1 CUR = RATE of --currency.")
@click.option("--entity", default="", help="Only this entity.")
@click.option("--customer", default="", help="The statement of this customer.")
@click.option("--from", "from_day", type=DAY, help="Roll-forward, or the first day of the statement.")
@click.option("--to", "to_day", type=DAY, help="Roll-forward: the first day that is left out.")
@click.option("--than", "old", type=click.Path(path_type=Path), help="What changed from --from to --to since this one.")
@click.option("--closed-on", type=DAY, help="What came into --from to --to after this evening, by business date.")
@click.option("--buckets", default="30,60,90,120", help="The last day of each bucket, or spans as 1-30,31-60,over 60.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="receivables.csv: a line per open item, movement, account."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program to read.")
def command(snapshot: Path, old: Path | None, out: Path | None, as_json: bool, **given: Any) -> None:
    """Open items and their ageing on any day, a customer's statement, or what moved or changed in a period.

    \b
    Example:
        workbench receivables snapshots/2025-06 --as-of 2025-06-30 --currency SGD
        workbench receivables snapshots/2025-06 --customer C000001 --from 2025-06-01
        workbench receivables snapshots/2025-06 --from 2025-06-01 --to 2025-07-01
        workbench receivables snapshots/2025-09 --from 2025-06-01 --to 2025-07-01 --closed-on 2025-07-04
    """
    from workbench.receivables import export
    from workbench.receivables.identities import assert_identities
    from workbench.receivables.section import section_text
    from workbench.snapshot import open_snapshot

    if out:
        export.check_ending(out)
    first, after = (day.date() if day else None for day in (given["from_day"], given["to_day"]))
    asked = Asked([day.date() for day in given["days"]], first, after, given["clock"])
    with shown("receivables") as progress:
        books = open_snapshot(snapshot)
        if old or given["closed_on"]:
            result = _restated(open_snapshot(old) if old else books, books, asked, given["closed_on"], progress)
        elif given["customer"]:
            result = _statement(books, asked, given)
        elif given["from_day"] or given["to_day"]:
            result = _rolled(books, asked, given["entity"], progress)
        else:
            result = _items(books, asked, given, progress, bool(out or as_json))
    click.echo(export.as_json(result) if as_json else section_text(result, CUSTOMERS))
    if out:
        click.echo(f"\n{export.write_csv(result, out):,} rows are in {out}", err=as_json)
    assert_identities(result)


def _items(books: Snapshot, asked: Asked, given: Mapping[str, Any], progress: Report, items: bool) -> Result:
    from workbench.receivables.items import receivables

    return receivables(
        books,
        asked.days or None,
        clock=asked.clock,
        by=given["by"],
        buckets=given["buckets"],
        entity=given["entity"],
        currency=given["currency"],
        rates=dict(_rate(text) for text in given["rates"]),
        items=items,
        progress=progress,
    )


def _rolled(books: Snapshot, asked: Asked, entity: str, progress: Report) -> Result:
    from workbench.receivables.movement import roll_forward

    return roll_forward(books, *asked.period, clock=asked.clock, entity=entity, progress=progress)


def _restated(old: Snapshot, new: Snapshot, asked: Asked, closed_on: datetime | None, progress: Report) -> Result:
    from workbench.receivables.restatement import restated

    # By the day of posting nothing can come into a period after it: what was known late shows by its business date.
    clock = "dated" if closed_on else asked.clock
    evening = closed_on.date() if closed_on else None
    return restated(old, new, asked.period, clock=clock, known_then=evening, progress=progress)


def _statement(books: Snapshot, asked: Asked, given: Mapping[str, Any]) -> Result:
    from workbench.receivables.statements import statement

    if len(asked.days) > 1 or asked.after:
        raise WorkbenchError("A statement is of one day.", "give --customer with one --as-of, and --from for its start")
    return statement(
        books,
        given["customer"],
        asked.days[0] if asked.days else None,
        from_date=asked.first,
        clock=asked.clock,
        by=given["by"],
        buckets=given["buckets"],
    )


def _rate(text: str) -> tuple[str, Decimal]:
    name, _, value = text.partition("=")
    try:
        rate = Decimal(value)
    except InvalidOperation:
        rate = Decimal(0)
    if not (name and rate.is_finite() and rate > 0):
        raise WorkbenchError(f"'{text}' states no rate.", "write --rate JPY=0.0092")
    return name.strip(), rate
