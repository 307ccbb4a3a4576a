"""Work out figures on a snapshot: rows behind each, then its values; the same for the months before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa

from workbench.detect import newest_day
from workbench.engine import open_engine
from workbench.engine.duck import DuckEngine
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.figures.catalogue import Figure, Readiness, catalogue, figure, readiness
from workbench.figures.forms import values_of
from workbench.figures.ground import GROUPS, Ask, Ground
from workbench.figures.loss import given_rates
from workbench.figures.results import Figures
from workbench.figures.values import COLUMNS
from workbench.figures.windows import window_of
from workbench.progress import Report, quiet
from workbench.receivables.items import first_day
from workbench.snapshot import Snapshot

MOST = 600
CLOCKS = ("known", "dated")
CODES = """
select distinct code from (
    select currency as code from invoices
    union all select currency from receipts
    union all select currency from entities
    union all select currency from fx_rates
    union all select quote_currency from fx_rates
) as named where code is not null order by code
"""


def figures(
    snapshot: Snapshot,
    *,
    as_of: date | None = None,
    period: str = "",
    by: str | None = None,
    currency: str | None = None,
    ids: Sequence[str] = (),
    clock: str = "known",
    own: Mapping[str, Mapping[str, object]] | None = None,
    progress: Report = quiet,
) -> Figures:
    """The figures of conventions.md (default: all) on the evening of a day, with the rows behind them.

    Flows are those of `period` ("2025-03", "2025-Q1", "2025"), else of the month that ends on `as_of` (default: the
    period's last day, else the newest business day of the snapshot). `by` is None, "entity", "customer", "segment" or
    "owner". Amounts are per currency; with `currency` all are in that one, at the rates in force on the day. `clock` is
    "known" (posted_on) or "dated" (business date); `own` maps a figure to its own parameters.
    Raises WorkbenchError for names, days and periods that do not exist.

    Example:
        >>> wb.figures(wb.open(), period="2025-06", by="segment").rows("dso", "retail", "SGD")
    """
    if by not in GROUPS:
        raise UnknownNameError("grouping", str(by), [name for name in GROUPS if name])
    if clock not in CLOCKS:
        raise UnknownNameError("clock", clock, CLOCKS)
    chosen = tuple({entry.id: entry for entry in map(figure, ids)}.values()) or tuple(catalogue().values())
    given = {figure(name).id: dict(values) for name, values in (own or {}).items()}
    parameters = {entry.id: entry.values(given.pop(entry.id, {})) for entry in chosen}
    for name in given:
        raise UnknownNameError("chosen figure", name, parameters)
    for values in parameters.values():
        _require_sense(values)
    database = open_engine("duckdb", snapshot.folder)
    try:
        newest = None if as_of or period else newest_day(database)
        window = window_of(as_of, period, newest)
        first = first_day(database)
        ask = Ask(clock, by, _known_currency(database, currency))
        states = [readiness(entry, snapshot) for entry in chosen]
        ground = Ground(database, [window], ask, snapshot)
        values, behind, failed = _run(ground, states, parameters, progress)
    finally:
        database.close()
    return Figures(
        snapshot=snapshot,
        window=window,
        ask=ask,
        chosen=chosen,
        own=parameters,
        values=values,
        not_run=(*(state for state in states if state.state == "not run"), *failed),
        partly=tuple(state for state in states if state.state == "partly" and state.figure.id in behind),
        behind=behind,
        first_day=first,
    )


def trend_values(found: Figures, months: int, progress: Report = quiet) -> pa.Table:
    """The values of figures that ran, on their as-of date and so many months before it, oldest first."""
    windows = [found.window.before(back) for back in range(months)]
    ran = [Readiness(entry, "ready", ()) for entry in found.chosen if entry.id in found.behind]
    database = open_engine("duckdb", found.snapshot.folder)
    try:
        ground = Ground(database, windows, found.ask, found.snapshot)
        values, _, _ = _run(ground, ran, found.own, progress, keep=False)
    finally:
        database.close()
    return values


def _require_sense(values: Mapping[str, object]) -> None:
    """Raise WorkbenchError for a parameter of a figure that no row of data could make sense of."""
    for name, value in values.items():
        if isinstance(value, int) and not 1 <= value <= (100 if name == "percentile" else MOST):
            raise WorkbenchError(f"{name} is {value}, which is out of range.", f"give 1 to {MOST}; percentiles to 100")
        if name == "loss_rates":
            given_rates(str(value))


def _known_currency(database: DuckEngine, currency: str | None) -> str:
    code = (currency or "").upper()
    known = database.query(CODES)["code"].to_pylist()
    if code and code not in known:
        raise UnknownNameError("currency", code, known)
    return code


def _run(
    ground: Ground,
    states: Sequence[Readiness],
    own: Mapping[str, Mapping[str, object]],
    progress: Report,
    keep: bool = True,
) -> tuple[pa.Table, dict[str, pa.Table], list[Readiness]]:
    parts: list[pa.Table] = []
    behind: dict[str, pa.Table] = {}
    failed: list[Readiness] = []
    ready = [state.figure for state in states if state.state != "not run"]
    for done, entry in enumerate(ready):
        progress(f"{entry.id} {entry.title}", done, len(ready))
        try:
            parts.append(worked_out(ground, entry, own[entry.id]))
            behind[entry.id] = ground.database.query("select * from behind") if keep else COLUMNS.empty_table()
        except WorkbenchError as error:
            # The other figures can still speak; this one is among those that could not.
            failed.append(Readiness(entry, "failed", (error.problem,)))
    progress("done", len(ready), len(ready))
    return pa.concat_tables(parts) if parts else COLUMNS.empty_table(), behind, failed


def worked_out(ground: Ground, entry: Figure, own: Mapping[str, object]) -> pa.Table:
    """The values of one figure on every window of a ground; the rows behind are left there as the table `behind`."""
    ground.rows(entry, own)
    return values_of(ground.database, entry, own, ground.windows, ground.ask.currency)
