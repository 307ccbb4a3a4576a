"""Run controls on a snapshot: candidates in, findings out, each with its id, its money and its evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from workbench.controls import Control, Readiness, choose, readiness
from workbench.engine import Engine, open_engine
from workbench.engine.lanes import side_by_side
from workbench.errors import NoRoomError, UnknownNameError, WorkbenchError
from workbench.findings import COLUMNS, Findings, Parameters, count
from workbench.progress import Report, quiet
from workbench.snapshot import Snapshot

NEWEST = """
select max(newest) as as_of from (
    select max(invoice_date) as newest from invoices
    union all select max(received_on) from receipts
    union all select max(applied_on) from applications
    union all select max(adjusted_on) from adjustments
    union all select max(delivered_on) from deliveries
) as dates
"""

# The columns of each control's SELECT by its fingerprint: what is planned once need not be planned again.
SHAPES: dict[str, dict[str, bool]] = {}


def run(
    snapshot: Snapshot,
    *,
    ids: tuple[str, ...] = (),
    families: tuple[str, ...] = (),
    from_date: date | None = None,
    to_date: date | None = None,
    as_of: date | None = None,
    own: Mapping[str, Mapping[str, object]] | None = None,
    engine: str = "duckdb",
    open_from: bool = False,
    progress: Report = quiet,
) -> Findings:
    """Candidates of the chosen controls (default: all) for event dates in [from_date, to_date).

    `own` maps a control id to its own parameters. With `open_from`, standing controls look at everything up to
    to_date: the monthly review's way, so that nothing falls between two months while its grace days run. A
    candidate without an event date belongs to every period. What could not run, or stopped on the data, is in the
    result's `not_run`.
    Raises WorkbenchError for names that do not exist and periods that are none.
    """
    if from_date and to_date and from_date >= to_date:
        raise WorkbenchError(f"The period from {from_date} to {to_date} has no day.", "give --from before --to")
    chosen = choose(ids, families)
    states = [readiness(control, snapshot) for control in chosen]
    parameters = {control.id: own_parameters(control, (own or {}).get(control.id, {})) for control in chosen}
    for name in own or {}:
        if name not in parameters:
            raise UnknownNameError("chosen control", name, parameters)
    ready = [state.control for state in states if state.state != "not run"]
    examined = dict[str, int]()

    def look(lane: Engine, control: Control) -> pa.Table | WorkbenchError:
        start = None if open_from and control.standing else from_date
        name = control.examines
        try:
            if name not in examined:
                examined[name] = lane.query(f'select count(*) as rows from "{name}"')["rows"][0].as_py()
            return candidates(lane, control, {"as_of": day, **parameters[control.id]}, start, to_date)
        except WorkbenchError as error:
            # The other controls can still speak; this one is among those that could not.
            return error

    with closing(open_engine(engine, snapshot.folder)) as database:
        day = as_of or to_date or newest_day(database)
        answers = list(zip(ready, _answers(database, ready, look, progress), strict=True))
    parts = [answer for _, answer in answers if isinstance(answer, pa.Table)]
    failed = {
        control.id: Readiness(control, "failed", (answer.problem,))
        for control, answer in answers
        if isinstance(answer, WorkbenchError)
    }
    return Findings(
        table=pa.concat_tables(parts) if parts else COLUMNS.empty_table(),
        parameters=Parameters(from_date, to_date, day, parameters),
        funnel=tuple(count(one, examined[one.examines], rows) for one, rows in answers if isinstance(rows, pa.Table)),
        not_run=(*(state for state in states if state.state == "not run"), *failed.values()),
        partly=tuple(state for state in states if state.state == "partly" and state.control.id not in failed),
    )


def _answers(
    database: Engine,
    ready: Sequence[Control],
    look: Callable[[Engine, Control], pa.Table | WorkbenchError],
    progress: Report,
) -> list[pa.Table | WorkbenchError]:
    """What each control says, several at the same time; who had too little room beside others is asked again alone."""

    def begun(control: Control, done: int) -> None:
        progress(f"{control.id} {control.title}", done, len(ready))

    with database.lanes([control.sql for control in ready]) as lanes:
        answers = side_by_side(lanes, ready, look, begun)
        if len(lanes) > 1:
            for number, control in enumerate(ready):
                if isinstance(answers[number], NoRoomError):
                    answers[number] = look(database, control)
    progress("done", len(ready), len(ready))
    return answers


def newest_day(database: Engine) -> date:
    """The newest business date of the snapshot, the as-of date where none is given."""
    day = database.query(NEWEST)["as_of"][0].as_py()
    if day is None:
        raise WorkbenchError("The snapshot holds no dated document, so there is no day to look from.", "give --as-of")
    return day if isinstance(day, date) else date.fromisoformat(str(day))


def own_parameters(control: Control, given: Mapping[str, object]) -> dict[str, object]:
    """A control's own parameters: the defaults, and over them what is given."""
    for name in given:
        if name not in control.parameters:
            raise UnknownNameError(f"parameter of {control.id}", name, control.parameters or ["none"])
    return {
        name: parameter.read(given[name]) if name in given else parameter.default
        for name, parameter in control.parameters.items()
    }


def candidates(
    database: Engine,
    control: Control,
    parameters: Mapping[str, object],
    from_date: date | None = None,
    to_date: date | None = None,
) -> pa.Table:
    """One control's candidates with COLUMNS, ordered by subject; WorkbenchError where a subject comes twice."""
    if control.fingerprint not in SHAPES:
        SHAPES[control.fingerprint] = database.columns_of(control.sql, parameters)
    table = database.query(
        envelope(control, SHAPES[control.fingerprint]),
        {**parameters, "from_date": from_date, "to_date": to_date},
    ).cast(COLUMNS)
    twice = table.num_rows - pc.count_distinct(table["finding_id"]).as_py()
    if twice:
        raise WorkbenchError(
            f"{control.id} returned {twice} subjects more than once; its grain is {control.grain}.",
            "look for a key that repeats: workbench check SNAPSHOT",
        )
    return table


def envelope(control: Control, columns: Mapping[str, bool]) -> str:
    """The SELECT around a control's own that computes once for all: impact, direction, finding_id, evidence, period.

    `columns` says of each column of the control's SELECT whether it holds lists. Evidence columns hold a key or a list
    of keys of the table they are named after.
    """
    listed = (
        f"'{name.removeprefix('evidence_')}', {keys_of(name, is_list)}"
        for name, is_list in columns.items()
        if name.startswith("evidence_")
    )
    convention = "convention" if "convention" in columns else "cast(null as varchar)"
    table = "subject_table" if "subject_table" in columns else f"'{control.subject}'"
    return f"""
select
    '{control.id}' as control_id,
    substr(sha256('{control.id}' || chr(10) || {table} || chr(10) || subject_id), 1, 16) as finding_id,
    '{control.severity}' as severity,
    {table} as subject_table,
    subject_id,
    entity_id,
    customer_id,
    cast(event_date as date) as event_date,
    currency,
    cast(expected_amount as decimal(38, 4)) as expected_amount,
    cast(billed_amount as decimal(38, 4)) as billed_amount,
    cast(billed_amount as decimal(38, 4)) - cast(expected_amount as decimal(38, 4)) as impact_amount,
    case
        when billed_amount > expected_amount then 'over_billed'
        when billed_amount < expected_amount then 'under_billed'
        else 'at_risk'
    end as direction,
    reason,
    suppressed_by,
    cast(json_object({", ".join(listed)}) as varchar) as evidence,
    {convention} as convention
from ({control.sql}) as candidate
where
    event_date is null
    or (
        ($from_date::date is null or event_date >= $from_date::date)
        and ($to_date::date is null or event_date < $to_date::date)
    )
order by subject_id, subject_table
"""


def keys_of(name: str, is_list: bool) -> str:
    """The SQL for what an evidence column holds: its keys as a list, in order, each once."""
    if is_list:
        return f"list_sort(list_distinct(list_filter(coalesce({name}, []), lambda key: key is not null)))"
    return f"case when {name} is null then [] else [{name}] end"
