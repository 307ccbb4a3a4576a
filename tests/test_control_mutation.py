"""Every comparison, condition, join and constant of every control matters: changing it makes one of its cases fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cache

import duckdb
import pytest
from sqlglot import exp, parse_one

from tests.cases import Case, CaseEngine, difference, fill, new_engine, outcome, read_cases
from tests.mutants import count, keep, mutants
from workbench.controls import Control, controls
from workbench.detect import own_parameters
from workbench.engine.duck import PARAMETER
from workbench.errors import WorkbenchError

PLAIN = ("subject_id", "suppressed_by", "entity_id", "customer_id", "event_date", "currency")
AMOUNTS = ("expected_amount", "billed_amount")
NAMES = (*PLAIN, *AMOUNTS)
CORE = (*NAMES, "subject_table")
# How many changes one test tries: a long control is spread over several processes. The first of each control are tried
# in make test, the rest in make prove.
FIRST, CHUNK = 4, 25
CHUNKS = [
    pytest.param(entry, start, id=f"{entry.id}-{start}", marks=[pytest.mark.prove] if start else [])
    for entry in controls().values()
    for start in (0, *range(FIRST, count(entry.sql), CHUNK))
]


@pytest.mark.parametrize(("entry", "start"), CHUNKS)
def test_a_change_fails_a_case_and_no_change_none(entry: Control, start: int) -> None:
    core = parse_one(entry.sql, dialect="duckdb")
    keep(core, CORE)
    with bench_of(entry) as bench:
        # That the text itself fails no case is what the tests of the cases hold.
        assert not bench.notices_in_the_core(core.sql(dialect="duckdb"))
        quick = mutants(entry.sql, start, start + CHUNK if start else FIRST, CORE)
        left = [number for number, mutant in enumerate(quick, start) if not bench.notices_in_the_core(mutant.sql)]
        found = [next(mutants(entry.sql, number, number + 1)) for number in left]
        survivors = [mutant.what for mutant in found if not bench.notices(mutant.sql)]
    assert not survivors, f"{entry.id}: no case notices " + "; ".join(survivors)


class Bench:
    """The cases of one control side by side, each a schema of tables in one database.

    A shared view is a table here: no change touches it, and to plan it costs more than all else in a query of a few
    rows. So does to look for the best plan, which is left out.
    """

    def __init__(self, entry: Control, engine: CaseEngine) -> None:
        self.entry = entry
        self.engine = engine
        # What holds most rows is likeliest to notice a change.
        self.cases = sorted(read_cases(entry.id), key=lambda case: -sum(map(len, case.given.values())))
        self.schemas = {case.name: f"case_{number}" for number, case in enumerate(self.cases)}
        self.seen: set[str] = set()
        named = {table.name for table in parse_one(entry.sql, dialect="duckdb").find_all(exp.Table)}
        for case in self.cases:
            self.enter("main")
            fill(engine, case)
            engine.connection.execute(f"create schema {self.schemas[case.name]}")
            for name in sorted(named & relations()):
                engine.connection.execute(
                    f'create table {self.schemas[case.name]}."{name}" as select * from main."{name}"'
                )
            for name in case.given:
                engine.connection.execute(f'delete from "{name}"')

    def enter(self, schema: str) -> None:
        """Look for tables in a case's schema, then in the shared one."""
        self.engine.connection.execute(f"set search_path = '{schema},main'")

    def notices(self, sql: str) -> bool:
        """Whether some case tells the SQL from the control by anything that it names."""
        changed = replace(self.entry, sql=sql, text=sql)
        return self._first_that(
            lambda case: bool(difference(outcome(self.engine, changed, case), case.expected)), self.cases
        )

    def notices_in_the_core(self, sql: str) -> bool:
        """The same by subject, date, amounts and suppression alone: the reason's text is most of what a query costs."""
        if sql in self.seen:
            return False
        kept = [column.alias_or_name for column in parse_one(sql, dialect="duckdb").selects]
        columns = ", ".join([*PLAIN, *(f"cast({name} as decimal(38, 4)) as {name}" for name in AMOUNTS)])
        order = ", ".join(name for name in ("subject_id", "subject_table") if name in kept)
        core = f"select {columns} from ({sql}) as core order by {order}"
        cases = [case for case in self.cases if not {"from_date", "to_date"} & set(case.run)]
        noticed = self._first_that(lambda case: self._differs(core, case), cases)
        if not noticed:
            self.seen.add(sql)
        return noticed

    def _differs(self, core: str, case: Case) -> bool:
        run = dict(case.run)
        day = run.pop("as_of", date(2025, 12, 31))
        given = {"as_of": day, **own_parameters(self.entry, run)}
        bound = {name: given[name] for name in PARAMETER.findall(core) if name in given}
        found = [dict(zip(NAMES, row, strict=True)) for row in self.engine.connection.execute(core, bound).fetchall()]
        wanted = {str(row["subject_id"]): {*row} & {*NAMES} for row in case.expected}
        rows = [
            {name: row[name] for name in wanted.get(row["subject_id"], {"subject_id", "suppressed_by"})}
            for row in found
        ]
        expected = [{name: row[name] for name in row if name in NAMES} for row in case.expected]
        return bool(difference(rows, expected))

    def _first_that(self, tells: Callable[[Case], bool], cases: list[Case]) -> bool:
        """Whether a case tells; it goes to the front, for it is the likeliest to notice the next change too."""
        for case in cases:
            self.enter(self.schemas[case.name])
            try:
                told = tells(case)
            except (duckdb.Error, WorkbenchError):
                told = True
            if told:
                self.cases.remove(case)
                self.cases.insert(0, case)
                return True
        return False


@cache
def shared_engine() -> CaseEngine:
    """One engine for all of a process's controls: to make every table and view takes longer than most tests."""
    engine = new_engine()
    engine.connection.execute("pragma disable_optimizer")
    return engine


@cache
def relations() -> set[str]:
    """Every canonical table and shared view."""
    found = shared_engine().query("select table_name from information_schema.tables where table_schema = 'main'")
    return set(found["table_name"].to_pylist())


@contextmanager
def bench_of(entry: Control) -> Iterator[Bench]:
    """The bench of a control, cleared in the end."""
    engine = shared_engine()
    try:
        yield Bench(entry, engine)
    finally:
        engine.connection.execute("set search_path = 'main'")
        made = engine.query("select schema_name from information_schema.schemata where schema_name like 'case_%'")
        for schema in made["schema_name"].to_pylist():
            engine.connection.execute(f"drop schema {schema} cascade")
