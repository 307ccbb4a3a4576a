"""Every comparison, condition, join and constant of every control matters: changing it makes one of its cases fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import duckdb
import pytest
from sqlglot import exp, parse_one

from tests.cases import Case, difference, engine_of, outcome, read_cases
from tests.mutants import Mutant, mutants
from workbench.controls import Control, controls
from workbench.detect import own_parameters
from workbench.engine.duck import DuckEngine
from workbench.errors import WorkbenchError

PLAIN = ("subject_id", "suppressed_by", "entity_id", "customer_id", "event_date", "currency")
AMOUNTS = ("expected_amount", "billed_amount")
Engines = list[tuple[DuckEngine, Case]]


@pytest.mark.parametrize("entry", controls().values(), ids=lambda entry: entry.id)
def test_a_change_fails_a_case(entry: Control) -> None:
    cases = [(unhurried(case), case) for case in read_cases(entry.id)]
    try:
        unchanged = Mutant(entry.sql, "nothing")
        quick = [pair for pair in cases if not {"from_date", "to_date"} & set(pair[1].run)]
        assert not noticed_in_the_core(entry, unchanged, quick) and not noticed(entry, unchanged, cases)
        survivors = [mutant for mutant in mutants(entry.sql) if not noticed_in_the_core(entry, mutant, quick)]
        survivors = [mutant for mutant in survivors if not noticed(entry, mutant, cases)]
    finally:
        for engine, _ in cases:
            engine.close()
    assert not survivors, f"{entry.id}: no case notices " + "; ".join(mutant.what for mutant in survivors)


def unhurried(case: Case) -> DuckEngine:
    """The engine of a case that does not look for the best plan, which takes longer than any plan for a few rows."""
    engine = engine_of(case)
    engine.connection.execute("pragma disable_optimizer")
    return engine


def noticed(entry: Control, mutant: Mutant, cases: Engines) -> bool:
    """Whether some case tells the mutant from the control by anything that it names."""
    changed = replace(entry, sql=mutant.sql, text=mutant.sql)

    def tells(engine: DuckEngine, case: Case) -> bool:
        return bool(difference(outcome(engine, changed, case), case.expected))

    return first_that(tells, cases)


def noticed_in_the_core(entry: Control, mutant: Mutant, cases: Engines) -> bool:
    """The same by subject, date, amounts and suppression alone: the reason's text is most of what a query costs."""
    tree = parse_one(mutant.sql, dialect="duckdb")
    if not isinstance(tree, exp.Select):
        return False
    kept = [column for column in tree.expressions if column.alias_or_name in (*PLAIN, *AMOUNTS, "subject_table")]
    tree.set("expressions", kept)
    columns = ", ".join([*PLAIN, *(f"cast({name} as decimal(38, 4)) as {name}" for name in AMOUNTS)])
    order = ", ".join(sorted({column.alias_or_name for column in kept} & {"subject_id", "subject_table"}))
    sql = f"select {columns} from ({tree.sql(dialect='duckdb')}) as core order by {order}"

    def tells(engine: DuckEngine, case: Case) -> bool:
        run = dict(case.run)
        day = run.pop("as_of", date(2025, 12, 31))
        found = engine.query(sql, {"as_of": day, **own_parameters(entry, run)}).to_pylist()
        wanted = {str(row["subject_id"]): {*row} & {*PLAIN, *AMOUNTS} for row in case.expected}
        rows = [
            {name: row[name] for name in wanted.get(row["subject_id"], {"subject_id", "suppressed_by"})}
            for row in found
        ]
        expected = [{name: row[name] for name in row if name in (*PLAIN, *AMOUNTS)} for row in case.expected]
        return bool(difference(rows, expected))

    return first_that(tells, cases)


def first_that(tells: object, cases: Engines) -> bool:
    """Whether a case tells; it goes to the front, for it is the likeliest to notice the next change too."""
    for place, (engine, case) in enumerate(cases):
        try:
            told = tells(engine, case)  # type: ignore[operator]
        except (duckdb.Error, WorkbenchError):
            told = True
        if told:
            cases.insert(0, cases.pop(place))
            return True
    return False
