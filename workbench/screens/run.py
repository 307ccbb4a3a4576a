"""Run screens on a snapshot: rows of a SELECT in, results per entity and currency out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from workbench.detect import newest_day
from workbench.engine import Engine, open_engine
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.progress import Report, quiet
from workbench.screens.catalogue import Readiness, Screen, catalogue, readiness, screen
from workbench.screens.forms import FORMS
from workbench.screens.results import BEGINNING, Period, Result, Screening
from workbench.snapshot import Snapshot

EVERY = ""
MOST = 25
ENTITIES = """
select distinct entity_id from (
    select entity_id from entities
    union all select entity_id from orders
    union all select entity_id from deliveries
    union all select entity_id from invoices
    union all select entity_id from receipts
) as named
"""
NEWEST_INVOICE = "select max(invoice_date) as day from live_invoices where invoice_date < $to_date"


def screens(
    snapshot: Snapshot,
    *,
    period: str = "",
    entity: str | None = EVERY,
    from_date: date | None = None,
    to_date: date | None = None,
    as_of: date | None = None,
    ids: tuple[str, ...] = (),
    own: Mapping[str, Mapping[str, object]] | None = None,
    most: int = MOST,
    engine: str = "duckdb",
    progress: Report = quiet,
) -> Screening:
    """What the screens (default: all) say of a month or of [from_date, to_date), `most` rows each.

    `period` is "YYYY-MM" and stands for both dates. Nothing dated after `as_of` counts (default: to_date, else the
    newest document). `entity` is an id, "" for all, None for what belongs to none; `own` maps a screen's id to its own
    parameters. Raises WorkbenchError for names that do not exist and periods that are none.

    Example:
        >>> wb.screens(wb.open(), period="2025-06")
    """
    chosen = [screen(name) for name in ids] or list(catalogue().values())
    given = {screen(name).id: dict(values) for name, values in (own or {}).items()}
    parameters = {entry.id: entry.values(given.pop(entry.id, {})) for entry in chosen}
    for name in given:
        raise UnknownNameError("chosen screen", name, parameters)
    if most < 1:
        raise WorkbenchError(f"most is {most}; a screen shows one row at least.", "give most=25")
    if period:
        if from_date or to_date:
            raise WorkbenchError("Both a period and dates are given.", "give one of them")
        from_date, to_date = month(period)
    states = [readiness(entry, snapshot) for entry in chosen]
    database = open_engine(engine, snapshot.folder)
    try:
        require_entity(database, entity)
        days = days_of(database, from_date, to_date, as_of)
        results, failed = _run(database, states, days, parameters, most, progress)
    finally:
        database.close()
    wanted = tuple(result for result in results if entity in (EVERY, result.entity_id))
    return Screening(
        period=days,
        parameters=parameters,
        screens=tuple(chosen),
        results=wanted,
        not_run=(*(state for state in states if state.state == "not run"), *failed),
        partly=tuple(
            state
            for state in states
            if state.state == "partly" and state.screen.id not in {entry.screen.id for entry in failed}
        ),
    )


def require_entity(database: Engine, entity: str | None) -> None:
    """Raise UnknownNameError for an id that is neither among the entities nor on any document."""
    known = {row["entity_id"] for row in database.query(ENTITIES).to_pylist()} - {None}
    if entity and entity not in known:
        raise UnknownNameError("entity", entity, sorted(known))


def _run(
    database: Engine,
    states: list[Readiness],
    days: Period,
    parameters: Mapping[str, Mapping[str, object]],
    most: int,
    progress: Report,
) -> tuple[list[Result], list[Readiness]]:
    results: list[Result] = []
    failed: list[Readiness] = []
    ready = [state.screen for state in states if state.state != "not run"]
    for done, entry in enumerate(ready):
        progress(f"{entry.id} {entry.title}", done, len(ready))
        try:
            results += results_of(database, entry, days, parameters[entry.id], most)
        except WorkbenchError as error:
            # The other screens can still speak; this one is among those that could not.
            failed.append(Readiness(entry, "failed", (error.problem,)))
    progress("done", len(ready), len(ready))
    return results, failed


def results_of(
    database: Engine, entry: Screen, days: Period, own: Mapping[str, object] | None = None, most: int = MOST
) -> list[Result]:
    """What one screen says, a result per entity and currency in their order, what has none last."""
    values = {**entry.values(own or {}), "most": most}
    rows = database.query(entry.sql, values | vars(days))
    found = FORMS[entry.form](entry, rows, values, days)
    return sorted(found, key=lambda result: (_order(result.entity_id), _order(result.currency)))


def _order(value: str | None) -> tuple[bool, str]:
    return value is None, value or ""


def days_of(database: Engine, from_date: date | None, to_date: date | None, as_of: date | None) -> Period:
    """The days to look at and the two months of the bridge: that of the last day, and the one before.

    Where no day is given the month is that of the newest invoice.
    """
    if from_date and to_date and from_date >= to_date:
        raise WorkbenchError(f"The period from {from_date} to {to_date} has no day.", "give an earlier first day")
    newest = as_of or (None if to_date else newest_day(database))
    ends = [day for day in (to_date, newest + timedelta(days=1) if newest else None) if day]
    end = min(ends)
    if from_date and from_date >= end:
        raise WorkbenchError(f"The period from {from_date} has no day up to {end}.", "give an earlier first day")
    last = end - timedelta(days=1)
    if not (to_date or as_of):
        last = database.query(NEWEST_INVOICE, {"to_date": end})["day"][0].as_py() or last
    this = last.replace(day=1)
    return Period(from_date or BEGINNING, end, (this - timedelta(days=1)).replace(day=1), this, min(end, _next(this)))


def month(text: str) -> tuple[date, date]:
    """First day of a month "YYYY-MM" and of the next one; WorkbenchError where it is none."""
    try:
        first = date.fromisoformat(f"{text}-01") if len(text) == len("2025-03") else None
        if first:
            return first, _next(first)
    except (ValueError, OverflowError):
        first = None
    raise WorkbenchError(f"The period '{text}' is no month.", "give it as YYYY-MM, for example --period 2025-03")


def _next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
