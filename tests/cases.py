"""The cases of the controls: a few rows in, the candidates that must come out."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow as pa
import yaml

from workbench.controls import Control, controls
from workbench.detect import candidates, own_parameters
from workbench.engine.duck import DuckEngine, add_shared, named_in, said_in_words
from workbench.schema import table, tables

FOLDER = Path(__file__).parent / "controls"
AMOUNTS = ("expected_amount", "billed_amount")
# The safe loader in C, where libyaml is there.
QUICK = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Case:
    """One case: rows by table, what the run is given, and the candidates expected, each with the columns it names."""

    control: str
    name: str
    given: dict[str, list[dict[str, Any]]]
    run: dict[str, Any]
    finds: list[dict[str, Any]]
    suppresses: list[dict[str, Any]]

    @property
    def expected(self) -> list[dict[str, Any]]:
        """Findings and suppressed candidates, by subject; a finding is suppressed by nothing."""
        rows = [{**row, "suppressed_by": None} for row in self.finds] + self.suppresses
        return sorted(rows, key=lambda row: str(row["subject_id"]))


@cache
def read_cases(control_id: str) -> tuple[Case, ...]:
    """The cases of one control, in the order of its file; none where it has no file."""
    file = FOLDER / f"{control_id}.yml"
    document = yaml.load(file.read_text(encoding="utf-8"), QUICK) if file.is_file() else {"control": control_id}
    assert document.pop("control") == control_id, f"{file.name} says it is of another control"
    return tuple(
        Case(
            control=control_id,
            name=name,
            given=entry.get("given", {}),
            run=entry.get("run", {}),
            finds=entry.get("finds", []),
            suppresses=entry.get("suppresses", []),
        )
        for name, entry in document.items()
    )


def all_cases() -> list[Case]:
    """Every case of every control."""
    return [case for control_id in controls() for case in read_cases(control_id)]


@cache
def defaults() -> dict[str, dict[str, Any]]:
    """What a row has where its case says nothing, by table."""
    return yaml.safe_load((FOLDER / "_defaults.yml").read_text(encoding="utf-8"))


class CaseEngine(DuckEngine):
    """DuckDB on a copy of the template, which is a fifth of the work of making every table and view again."""

    def __init__(self, file: Path) -> None:
        self.file, self.folder = file, file.parent
        self.connection = duckdb.connect(str(file), config={"threads": 1})
        self.connection.execute("set TimeZone = 'UTC'")

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        """The rows of a SELECT, planned once: a relation is planned twice, to copy once what are few rows here."""
        with said_in_words(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Arrow output on a DB-API result")
            return self.connection.execute(sql, named_in(sql, parameters or {})).to_arrow_table()

    def prepare(self, texts: Collection[str] = ()) -> None:
        """Keep nothing: its rows are few."""

    def cursor(self) -> CaseEngine:
        """A second connection to the same tables."""
        twin = object.__new__(CaseEngine)
        twin.__dict__ |= self.__dict__ | {"connection": self.connection.cursor()}
        return twin

    @contextmanager
    def holding(self, case: Case) -> Iterator[CaseEngine]:
        """With the rows of a case, which no other connection sees; in the end all that was made is rolled back."""
        self.connection.begin()
        try:
            fill(self, case)
            yield self
        finally:
            self.connection.rollback()

    def close(self) -> None:
        """Close the connection and remove the copy."""
        self.connection.close()
        self.file.unlink()


@cache
def template() -> Path:
    """A database with every canonical table, empty, and the shared functions and views."""
    file = Path(tempfile.mkdtemp(prefix="cases-")) / "template.duckdb"
    atexit.register(shutil.rmtree, file.parent, ignore_errors=True)
    with duckdb.connect(str(file)) as connection:
        for name, entry in tables().items():
            typed = ", ".join(f'"{column}" {kind.sql_type}' for column, kind in entry.columns.items())
            connection.execute(f'create table "{name}" ({typed}, _source varchar, _row bigint)')
        add_shared(connection)
    return file


def new_engine() -> CaseEngine:
    """An engine with every canonical table, empty."""
    file = template().parent / f"{uuid4().hex}.duckdb"
    shutil.copyfile(template(), file)
    return CaseEngine(file)


def engine_of(case: Case) -> DuckEngine:
    """An engine that holds the case's rows; tables without rows are empty."""
    engine = new_engine()
    fill(engine, case)
    return engine


@cache
def shared_engine() -> CaseEngine:
    """The engine of this process: to make one takes longer than to ask it."""
    return new_engine()


def holding(case: Case) -> AbstractContextManager[CaseEngine]:
    """The engine of this process with the case's rows."""
    return shared_engine().holding(case)


def fill(engine: DuckEngine, case: Case) -> None:
    """Put the case's rows into the tables of an engine."""
    for name, rows in case.given.items():
        columns = table(name).columns
        for number, row in enumerate(rows, 1):
            full = complete(name, row)
            unknown = set(full) - set(columns)
            assert not unknown, f"{case.control} {case.name}: {name} has no column {unknown}"
            values = [None if full.get(column) is None else str(full[column]) for column in columns]
            marks = ", ".join("?" for _ in columns)
            engine.connection.execute(f'insert into "{name}" values ({marks}, ?, ?)', [*values, "case", number])


def complete(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the defaults of its table; a document's number is its id."""
    full = {**defaults().get(name, {}), **row}
    if name == "invoices":
        full.setdefault("invoice_number", full["invoice_id"])
    return full


def outcome(engine: DuckEngine, control: Control, case: Case) -> list[dict[str, Any]]:
    """The candidates of a case, each with the columns that the case names for it (and subject and suppression)."""
    run = dict(case.run)
    period = [run.pop(name, None) for name in ("from_date", "to_date")]
    day = run.pop("as_of", date(2025, 12, 31))
    found = candidates(engine, control, {"as_of": day, **own_parameters(control, run)}, *period).to_pylist()
    wanted = {str(row["subject_id"]): set(row) for row in case.expected}
    return [
        {name: row[name] for name in row if name in wanted.get(row["subject_id"], {"subject_id", "suppressed_by"})}
        for row in found
    ]


def difference(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> str:
    """What differs, in words; empty where nothing does."""
    plain = [{name: _plain(name, value) for name, value in row.items()} for row in found]
    wanted = [{name: _plain(name, value) for name, value in row.items()} for row in expected]
    plain.sort(key=lambda row: str(row["subject_id"]))
    return "" if plain == wanted else f"found {plain}, expected {wanted}"


def _plain(name: str, value: Any) -> Any:
    if value is None:
        return None
    return Decimal(str(value)).normalize() if name in AMOUNTS else str(value)
