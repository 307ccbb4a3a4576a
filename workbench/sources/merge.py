"""Make one snapshot of what several systems say: the first that is named wins, and every difference is told."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from workbench.engine.duck import quoted
from workbench.errors import WorkbenchError
from workbench.plaintext import as_text
from workbench.schema import Table, table, tables
from workbench.sources.accept import Note, Parts, SourceLoaded, TableLoaded, copy, count, foots

SAME = "is there from {} as well, and nothing differs"
OTHER = "is there from {} as well, and differs in {}"
CHILD = "belongs to a row of {} that has rows of its own there"
PARENTS = {
    "contract_lines": "contracts",
    "order_lines": "orders",
    "delivery_lines": "deliveries",
    "invoice_lines": "invoices",
    "instalments": "invoices",
    "settlement_lines": "settlements",
}
NOTED = 100


@dataclass(frozen=True)
class Apart:
    """What one system brought: its parts, and the folder of its canonical tables and rejects."""

    system: str
    parts: Parts
    folder: Path


def merge(database: duckdb.DuckDBPyConnection, loaded: list[Apart], folder: Path, scratch: Path) -> Parts:
    """Move what the systems brought into one folder, in the order in which they were named.

    A row whose key an earlier system has completes what that one leaves empty and goes to the rejects, with what it
    says differently; so does a row of a document whose rows the earlier system has. Raises WorkbenchError where two
    systems read sources of one name.
    """
    _refuse_one_name(loaded)
    whole = Parts(staged=[], tables=[], unused={}, unrecognised=[])
    for each in loaded:
        whole.staged += each.parts.staged
        whole.unused |= each.parts.unused
        whole.unrecognised += each.parts.unrecognised
        whole.exports += each.parts.exports
        whole.notes += each.parts.notes
        whole.documents += each.parts.documents
        whole.ties += each.parts.ties
        whole.systems |= each.parts.systems
        for title, about in each.parts.tied.items():
            whole.tied.setdefault(title, set()).update(about)
    for name in tables():
        some = [each for each in loaded if (each.folder / f"{name}.parquet").is_file()]
        if some:
            whole.tables.append(_Merging(database, table(name), folder, scratch, whole.notes).all(some))
    for each in loaded:
        for file in sorted((each.folder / "rejects").glob("*.csv")):
            _append(file, folder / "rejects" / file.name)
    whole.notes += _resolve_numbers(database, folder, scratch)
    return whole


def _refuse_one_name(loaded: list[Apart]) -> None:
    seen: dict[str, str] = {}
    for each in loaded:
        names = [staged.file.name for _, staged in each.parts.staged] + [read.name for read in each.parts.documents]
        for name in dict.fromkeys(names):
            if name in seen:
                raise WorkbenchError(
                    f"{seen[name]} and {each.system} both read a file named {name}.",
                    "rename one, so that rows can be traced",
                )
            seen[name] = each.system


class _Merging:
    """One table: the first system's rows, then those of each later one."""

    def __init__(
        self, database: duckdb.DuckDBPyConnection, entry: Table, folder: Path, scratch: Path, notes: list[Note]
    ) -> None:
        self.database, self.table, self.folder, self.scratch, self.notes = database, entry, folder, scratch, notes
        self.target = folder / f"{entry.name}.parquet"

    def all(self, some: list[Apart]) -> TableLoaded:
        """Merge them; returns the figures of the whole."""
        name = self.table.name
        shutil.copyfile(some[0].folder / f"{name}.parquet", self.target)
        figures = _figures(some[0], name)
        seen = some[0].system
        for later in some[1:]:
            figures = self._fold(figures, later, seen)
            seen += f" and {later.system}"
        foots(
            name,
            figures.read,
            count(self.database, f"select count(*) from {self._scan(self.target)}"),
            figures.rejected,
        )
        return figures

    def _scan(self, file: Path) -> str:
        return f"read_parquet({quoted(str(file))})"

    def _fold(self, figures: TableLoaded, later: Apart, seen: str) -> TableLoaded:
        file = later.folder / f"{self.table.name}.parquet"
        first, second = (pq.read_schema(each).names for each in (self.target, file))
        key = list(self.table.key)
        columns = [name for name in self.table.columns if name in first or name in second]
        same = " and ".join(f'earlier."{name}" = later."{name}"' for name in key)
        self._find_children(file)
        self.database.execute(
            f"""create or replace table twice as
            select {", ".join(f'later."{name}"' for name in key)}, {self._differences(first, second)} as differences
            from {self._scan(file)} as later inner join {self._scan(self.target)} as earlier on {same}"""
        )
        self._tell(file, later, seen)
        merged = self.scratch / f"merged-{self.table.name}.parquet"
        completed = ", ".join(f'{_of("earlier", name, first, second)} as "{name}"' for name in columns)
        added = ", ".join(f'{"later." if name in second else "null as "}"{name}"' for name in columns)
        copy(
            self.database,
            f"""select {completed}, earlier._source, earlier._row
            from {self._scan(self.target)} as earlier left join {self._scan(file)} as later on {same}
            union all
            select {added}, later._source, later._row from {self._scan(file)} as later
            anti join twice on {" and ".join(f'later."{name}" = twice."{name}"' for name in key)}
            where (later._source, later._row) not in (select (_source, _row) from children)""",
            merged,
        )
        merged.replace(self.target)
        return self._counted(figures, _figures(later, self.table.name))

    def _find_children(self, file: Path) -> None:
        """Rows of documents that the earlier systems have, with rows of their own."""
        parent = PARENTS.get(self.table.name)
        if not parent:
            self.database.execute(
                "create or replace table children as select ''::varchar as _source, 0 as _row limit 0"
            )
            return
        column = table(parent).key[0]
        keys = " and ".join(f'earlier."{name}" = later."{name}"' for name in self.table.key)
        self.database.execute(
            f"""create or replace table children as
            select later._source, later._row from {self._scan(file)} as later
            semi join {self._scan(self.target)} as earlier on earlier."{column}" = later."{column}"
            anti join {self._scan(self.target)} as earlier on {keys}"""
        )

    def _differences(self, first: list[str], second: list[str]) -> str:
        both = [name for name in self.table.columns if name in first and name in second and name not in self.table.key]
        cases = ", ".join(
            f"""case when earlier."{name}" <> later."{name}" then {quoted(name)} || ' '
                || cast(earlier."{name}" as varchar) || ' / ' || cast(later."{name}" as varchar) end"""
            for name in both
        )
        names = ", ".join(f'case when earlier."{name}" <> later."{name}" then {quoted(name)} end' for name in both)
        return f"[concat_ws(', ', {cases or 'null'}), concat_ws(', ', {names or 'null'})]"

    def _tell(self, file: Path, later: Apart, seen: str) -> None:
        """Write the rows that are not taken to the later system's rejects, and count them."""
        on = " and ".join(f'later."{name}" = twice."{name}"' for name in self.table.key)
        shown = " || ', ' || ".join(f'cast(later."{name}" as varchar)' for name in self.table.key)
        rows = self.database.execute(
            f"""select later._source, later._row, {shown}, twice.differences[1], twice.differences[2],
                cast(to_json(later) as varchar)
            from {self._scan(file)} as later inner join twice on {on}
            union all
            select later._source, later._row, {shown}, null, null, cast(to_json(later) as varchar)
            from {self._scan(file)} as later
            where (later._source, later._row) in (select (_source, _row) from children)
            order by 1, 2"""
        )
        differing: dict[str, str] = {}
        self.kinds: dict[str, Counter[str]] = {}
        with (later.folder / "rejects" / f"{self.table.name}.csv").open("a", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            for source, row, key, differences, names, raw in _fetched(rows):
                if differences is None:
                    kind = reason = CHILD.format(seen)
                elif differences:
                    kind, reason = OTHER.format(seen, names), OTHER.format(seen, differences)
                    differing[key] = differences
                else:
                    kind = reason = SAME.format(seen)
                writer.writerow([as_text(source), row, as_text(reason), as_text(raw)])
                self.kinds.setdefault(source, Counter())[kind] += 1
        if differing:
            title = f"{self.table.name} that {later.system} states otherwise than {seen}"
            self.notes.append(Note(title, len(differing), dict(list(differing.items())[:NOTED])))

    def _counted(self, figures: TableLoaded, later: TableLoaded) -> TableLoaded:
        given = sum(some.total() for some in self.kinds.values())
        reasons = Counter(figures.reasons) + Counter(later.reasons) + sum(self.kinds.values(), Counter[str]())
        sources = dict(later.sources)
        for source, kinds in self.kinds.items():
            before = sources[source]
            sources[source] = SourceLoaded(
                before.accepted - kinds.total(), before.rejected + kinds.total(), {**before.reasons, **kinds}
            )
        return TableLoaded(
            table=self.table.name,
            read=figures.read + later.read,
            accepted=figures.accepted + later.accepted - given,
            rejected=figures.rejected + later.rejected + given,
            reasons=dict(reasons.most_common()),
            sources={**figures.sources, **sources},
        )


def _fetched(rows: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while some := rows.fetchmany(10_000):
        yield from some


def _figures(loaded: Apart, name: str) -> TableLoaded:
    return next(entry for entry in loaded.parts.tables if entry.table == name)


def _of(earlier: str, name: str, first: list[str], second: list[str]) -> str:
    if name in first and name in second:
        return f'coalesce({earlier}."{name}", later."{name}")'
    return f'{earlier}."{name}"' if name in first else f'later."{name}"'


def _append(file: Path, target: Path) -> None:
    """Add one rejects file to another, its header left out where there is one."""
    has_header = target.is_file()
    with file.open("r", encoding="utf-8", newline="") as source, target.open("a", encoding="utf-8", newline="") as out:
        if has_header:
            source.readline()
        shutil.copyfileobj(source, out)


def _resolve_numbers(database: duckdb.DuckDBPyConnection, folder: Path, scratch: Path) -> list[Note]:
    """Where one system names an invoice by the number that another wrote on it, put the invoice's key in its place."""
    invoices = folder / "invoices.parquet"
    notes = []
    for name, entry in tables().items():
        file = folder / f"{name}.parquet"
        for column, to_table in entry.references.items():
            if to_table != "invoices" or not (file.is_file() and invoices.is_file()):
                continue
            if column not in pq.read_schema(file).names:
                continue
            database.execute(
                f"""create or replace table numbered as
                select used.number, min(invoice.invoice_id) as invoice_id
                from (select distinct "{column}" as number from read_parquet({quoted(str(file))})) as used
                inner join read_parquet({quoted(str(invoices))}) as invoice on used.number = invoice.invoice_number
                where used.number not in (select invoice_id from read_parquet({quoted(str(invoices))}))
                group by used.number having count(*) = 1"""
            )
            found = database.execute("select number, invoice_id from numbered order by number").fetchmany(NOTED)
            if found:
                whole = count(database, "select count(*) from numbered")
                target = scratch / f"numbered-{name}.parquet"
                copy(
                    database,
                    f"""select rows.* replace (coalesce(numbered.invoice_id, rows."{column}") as "{column}")
                    from read_parquet({quoted(str(file))}) as rows
                    left join numbered on rows."{column}" = numbered.number""",
                    target,
                )
                target.replace(file)
                notes.append(Note(f"Invoices that {name}.{column} names by their number", whole, dict(found)))
    return notes
