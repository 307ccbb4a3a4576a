"""Write one canonical table: typed rows to Parquet, all others with their reason to its rejects."""

from __future__ import annotations

import csv
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol, TextIO

import duckdb
import pyarrow.parquet as pq

from workbench.engine.duck import PARQUET, quoted
from workbench.errors import WorkbenchError
from workbench.plaintext import as_text
from workbench.schema import Table
from workbench.sources.direct import Direct
from workbench.sources.forms import find_forms
from workbench.sources.gather import DocumentRead
from workbench.sources.staging import Stage, Staged
from workbench.sources.typed import typing

REJECT_COLUMNS = ("_source", "_row", "_reason", "_raw")


@dataclass(frozen=True)
class TableLoaded:
    """What became of the rows of one table or export: read = accepted + rejected.

    `reasons` counts each kind of problem; a row with two problems is in two of them. `sources` has the same three
    figures and reasons for each file.
    """

    table: str
    read: int
    accepted: int
    rejected: int
    reasons: dict[str, int]
    sources: dict[str, SourceLoaded]


@dataclass(frozen=True)
class SourceLoaded:
    """What became of the rows that one file brought to a table."""

    accepted: int
    rejected: int
    reasons: dict[str, int]


@dataclass(frozen=True)
class Note:
    """What a system's mapping had to choose: how many subjects, and the first of them with what was found."""

    title: str
    count: int
    subjects: dict[str, str]


@dataclass(frozen=True)
class Tie:
    """A total that a source states of itself, and what was found: exact decimals as text.

    `currency` is empty for a count.
    """

    title: str
    subject: str
    what: str
    currency: str
    stated: str
    found: str
    holds: bool


@dataclass
class Parts:
    """What was read and written, before it is accounted for.

    `staged` maps each file, or sheet, to the table or export it holds; `unused` maps a file to columns not used;
    `documents` are what readers read; `tied` maps the title of a tie to the tables that it is about, and `systems`
    each input to the system that it was read as.
    """

    staged: list[tuple[str, Staged]]
    tables: list[TableLoaded]
    unused: dict[str, tuple[str, ...]]
    unrecognised: list[str]
    exports: list[TableLoaded] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    documents: list[DocumentRead] = field(default_factory=list)
    ties: list[Tie] = field(default_factory=list)
    tied: dict[str, set[str]] = field(default_factory=dict)
    systems: dict[str, str] = field(default_factory=dict)

    def tie(self, ties: Iterable[Tie], *about: str) -> None:
        """Keep ties of these tables."""
        for each in ties:
            self.ties.append(each)
            self.tied.setdefault(each.title, set()).update(about or (each.subject,))


class Kept(Protocol):
    """Where the records of one source can be had as they came."""

    @property
    def raws(self) -> Callable[[Iterable[int]], Iterator[str]]:
        """The records with ascending numbers as text."""


class BySource(Protocol):
    """The records of every source, by its name."""

    def __getitem__(self, source: str, /) -> Kept:
        """Those of one."""


class Rejects:
    """The rejects file of one table, and what was counted while it was written."""

    def __init__(self, stream: TextIO) -> None:
        self._writer = csv.writer(stream, lineterminator="\n")
        self._writer.writerow(REJECT_COLUMNS)
        self.rows: Counter[str] = Counter()
        self.kinds: dict[str, Counter[str]] = {}

    def add(self, file: Path, staged: BySource) -> None:
        """Write the rejects of a Parquet file with _source, _row, reason and kinds, in the order of source and row."""
        for source, group in groupby(_rows(file), key=itemgetter("_source")):
            waiting: deque[dict[str, Any]] = deque()
            for raw in staged[source].raws(_numbers(group, waiting)):
                row = waiting.popleft()
                self._writer.writerow([as_text(source), row["_row"], as_text(row["reason"]), as_text(raw)])
                self.rows[source] += 1
                self.kinds.setdefault(source, Counter()).update(row["kinds"])


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    for batch in pq.ParquetFile(file).iter_batches(batch_size=5_000):
        yield from batch.to_pylist()


def _numbers(group: Iterator[dict[str, Any]], waiting: deque[dict[str, Any]]) -> Iterator[int]:
    for row in group:
        waiting.append(row)
        yield row["_row"]


def write_table(
    stage: Stage, table: Table, columns: list[str], relation: str, staged: BySource, folder: Path
) -> TableLoaded:
    """Type the rows of a relation (columns as text, _source, _row, _problem) into `folder`.

    `staged` gives the file behind each _source. Raises WorkbenchError where rows would be lost.
    """
    sql = typing(table, columns, relation)
    first_try = stage.path(".parquet")
    copy(stage.database, sql.accepted, first_try)
    read = count(stage.database, f"select count(*) from {relation} as source")
    if pq.read_metadata(first_try).num_rows < read or stage.told.decimal:
        forms = find_forms(stage.database, table, columns, relation, stage.told)
        if forms:
            stage.forms.update({f"{table.name}.{name}": form.name for name, form in forms.items()})
            sql = typing(table, columns, relation, forms)
            copy(stage.database, sql.accepted, first_try)
    unreadable = read - pq.read_metadata(first_try).num_rows
    problems = sql.rejected if unreadable else ""
    return _accounted(stage, table, columns, first_try, problems, read, staged, folder)


def accept_direct(stage: Stage, table: Table, direct: Direct, folder: Path) -> TableLoaded:
    """Bring what was read directly into `folder`, as write_table does with texts."""
    staged = direct.staged
    problems = f"select * from read_parquet({quoted(str(direct.rejected))})" if direct.rejected else ""
    by_source = {staged.file.name: staged}
    return _accounted(stage, table, direct.columns, direct.accepted, problems, staged.records, by_source, folder)


def _accounted(
    stage: Stage,
    table: Table,
    columns: list[str],
    typed: Path,
    problems: str,
    read: int,
    staged: BySource,
    folder: Path,
) -> TableLoaded:
    """Take the rows whose key repeats out of what was typed, and write the rejects: these, and those of `problems`."""
    target, rejected = folder / f"{table.name}.parquet", stage.path(".parquet")
    repeats = _find_repeats(stage.database, table, columns, typed)
    if repeats:
        scan = f"read_parquet({quoted(str(typed))}, file_row_number = true)"
        copy(
            stage.database,
            f"select * exclude (file_row_number) from {scan} where file_row_number not in "
            "(select position from repeats) order by file_row_number",
            target,
        )
    else:
        typed.rename(target)
    parts = [problems] if problems else []
    parts += ["select _source, _row, reason, kinds from repeats"] if repeats else []
    with (folder / "rejects" / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as stream:
        rejects = Rejects(stream)
        if parts:
            copy(stage.database, f"{' union all '.join(parts)} order by _source, _row", rejected)
            rejects.add(rejected, staged)
    return _counted(stage.database, table.name, read, target, rejects)


def _counted(database: duckdb.DuckDBPyConnection, table: str, read: int, target: Path, rejects: Rejects) -> TableLoaded:
    accepted = dict(
        database.execute(f"select _source, count(*) from {quoted(str(target))} group by _source").fetchall()
    )
    names = sorted(accepted.keys() | rejects.rows.keys())
    foots(table, read, sum(accepted.values()), rejects.rows.total())
    return TableLoaded(
        table=table,
        read=read,
        accepted=sum(accepted.values()),
        rejected=rejects.rows.total(),
        reasons=dict(sum(rejects.kinds.values(), Counter[str]()).most_common()),
        sources={
            name: SourceLoaded(
                accepted.get(name, 0), rejects.rows[name], dict(rejects.kinds.get(name, Counter()).most_common())
            )
            for name in names
        },
    )


def foots(what: str, read: int, accepted: int, rejected: int) -> None:
    """Raise WorkbenchError unless read = accepted + rejected: the loader is at fault, not its user."""
    if read != accepted + rejected:
        raise WorkbenchError(
            f"{what}: {read:,} rows were read, but {accepted:,} accepted and {rejected:,} rejected.",
            "please report this fault; nothing was loaded",
        )


def copy(database: duckdb.DuckDBPyConnection, sql: str, target: Path) -> None:
    """Write the rows of a SELECT to a Parquet file in their order."""
    database.execute(f"copy ({sql}) to {quoted(str(target))} ({PARQUET})")


def count(database: duckdb.DuckDBPyConnection, sql: str) -> int:
    """The number that a query returns."""
    row = database.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _find_repeats(database: duckdb.DuckDBPyConnection, table: Table, columns: list[str], file: Path) -> int:
    """Make a table `repeats` of the rows whose key an earlier row has; returns how many there are."""
    key = [name for name in table.key if name in columns]
    names = ", ".join(f'"{name}"' for name in key)
    scan = f"read_parquet({quoted(str(file))}, file_row_number = true)"
    twice = f"select {names} from {scan} group by {names} having count(*) > 1"
    if not key or not count(database, f"select count(*) from ({twice}) as twice"):
        return 0
    shown = " || ', ' || ".join(
        f"{quoted(f'{name} ')} || chr(39) || coalesce(cast(\"{name}\" as varchar), '')[:60] || chr(39)" for name in key
    )
    same = " and ".join(f'rows."{name}" is not distinct from twice."{name}"' for name in key)
    first = f"over (partition by {', '.join(f'rows.{part}' for part in names.split(', '))} order by file_row_number)"
    database.execute(
        f"""create or replace table repeats as
        select
            file_row_number as position, _source, _row,
            'repeats ' || {shown} || ', first seen in row ' || first_row
            || case when first_source <> _source then ' of ' || first_source else '' end as reason,
            [{quoted("repeats " + ", ".join(key))}] as kinds
        from (
            select rows.*, first_value(_row) {first} as first_row, first_value(_source) {first} as first_source,
                row_number() {first} as turn
            from {scan} as rows inner join ({twice}) as twice on {same}
        ) as seen
        where turn > 1"""
    )
    return count(database, "select count(*) from repeats")
