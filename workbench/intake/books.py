"""The snapshot made of a list, with its account: what was read, what was refused and why, and which line is which."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

import pyarrow.parquet as pq

from workbench.controls import Readiness, controls, readiness
from workbench.engine.duck import parquet_files
from workbench.intake.sheets import Sheet
from workbench.language import mark, say
from workbench.language.retelling import joined, retold
from workbench.load import Loaded
from workbench.markup import html_table
from workbench.snapshot import Snapshot

SHOWN = 12
ANOTHER_LINE = mark("another line of its document")
# What a load says of a row that it cannot read; fields and values in it stand as they are.
REASONS = (
    ANOTHER_LINE, mark("{field} is empty"), mark("has {count} fields where the header has {width}"),
    mark("{field} is '{value}', which is no yes or no (true, false, yes, no, 1 or 0)"),
    mark("{field} is '{value}', which is no date (YYYY-MM-DD)"),
    mark("{field} is '{value}', which is no time (YYYY-MM-DD HH:MM:SS, with an offset where it is not UTC)"),
    mark("{field} is '{value}', which is no amount (at most 14 digits and 4 decimals)"),
    mark("{field} is '{value}', which is no price (at most 10 digits and 8 decimals)"),
    mark("{field} is '{value}', which is no quantity (at most 12 digits and 6 decimals)"),
    mark("{field} is '{value}', which is no rate (at most 10 digits and 8 decimals)"),
    mark("{field} is '{value}', which is no whole number"),
)  # fmt: skip
# The notes of a list name its documents and what their lines say; those of a load say something themselves.
NOTES = (
    mark("Documents whose lines name several customers; the first was taken"),
    mark("Documents whose lines name several dates; the first was taken"),
)
LOADED_NOTES = (
    mark("rows of {column} with an id that a spreadsheet has rounded"),
    mark("rows of {column} whose id has lost the zeros it began with"),
    mark("read as it stands"), mark("{key} of {table}"),
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where the rows of one source lie: a sheet, and whether a copy of it was loaded."""

    sheet: Sheet
    is_copy: bool

    def lines(self, rows: Iterable[int]) -> dict[int, tuple[int, list[str]]]:
        """The number in the sheet, and the texts, of rows as the snapshot counts them: from 1 below the headings."""
        wanted, last = set(rows), max(rows, default=0)
        every = self.sheet.written is not None and not self.is_copy
        below = islice(enumerate(self.sheet.below(every=every), 1), last)
        return {number: entry for number, entry in below if number in wanted}


@dataclass(frozen=True)
class Books(Snapshot):
    """The snapshot of a list; a column that is empty throughout is not there, so that no control rests on it."""

    loaded: Loaded
    places: dict[str, Place] = field(default_factory=dict)

    @cached_property
    def tables(self) -> dict[str, list[str]]:
        """The canonical tables that have a row, each with the columns that hold something."""
        found = {}
        for name, columns in Snapshot(self.folder).tables.items():
            filled = _filled(self, name)
            if kept := [column for column in columns if column in filled]:
                found[name] = kept
        return found

    @cached_property
    def ready(self) -> tuple[Readiness, ...]:
        """What each control can do with so little."""
        return tuple(readiness(control, self) for control in controls().values())

    def refused(self) -> list[tuple[str, int, str, str]]:
        """Every row that could not be read: its file, its line there, why, and the row as it came."""
        found: dict[tuple[str, int], tuple[list[str], str]] = {}
        for entry in (*self.loaded.exports, *self.loaded.tables):
            if entry.rejected and entry.table not in {"entities", "customers", "products"}:
                with (self.folder / "rejects" / f"{entry.table}.csv").open(encoding="utf-8", newline="") as stream:
                    for row in islice(csv.DictReader(stream), 10_000):
                        reasons, _ = found.setdefault((row["_source"], int(row["_row"])), ([], row["_raw"]))
                        reasons += [why for why in row["_reason"].split("; ") if why not in reasons]
        numbers = {name: self.places[name].lines([n for source, n in found if source == name]) for name in self.places}
        return [
            (
                self.places[source].sheet.name if source in self.places else source,
                numbers.get(source, {}).get(number, (number, []))[0],
                "; ".join(_own(reasons)),
                raw,
            )
            for (source, number), (reasons, raw) in sorted(found.items())
        ]

    @property
    def sentence(self) -> str:
        """What became of the rows, in a sentence."""
        lines = next(entry for entry in self.loaded.tables if entry.table == "invoice_lines")
        documents = next(entry for entry in self.loaded.tables if entry.table == "invoices")
        rows = say(
            "{read} rows read = {accepted} invoice lines + {refused} refused",
            read=f"{lines.read:,}", accepted=f"{lines.accepted:,}", refused=f"{lines.rejected:,}",
        )  # fmt: skip
        whole, broken = f"{documents.accepted:,}", f"{documents.rejected:,}"
        customers = f"{self.rows('customers'):,}"
        if not documents.rejected:
            return joined([rows, say("{whole} documents, {customers} customers", whole=whole, customers=customers)])
        documents_too = say(
            "{whole} documents and {broken} that cannot be read whole, {customers} customers",
            whole=whole, broken=broken, customers=customers,
        )  # fmt: skip
        return joined([rows, documents_too])

    @property
    def readiness_sentence(self) -> str:
        """How many controls can run, in a sentence."""
        states = [state.state for state in self.ready]
        can = len(states) - states.count("not run")
        return say("{can} of {all} controls can run on this list", can=f"{can:,}", all=f"{len(states):,}")

    def __repr__(self) -> str:
        refused = [
            "  " + say("{file}, line {line}: {what}", file=source, line=line, what=_told(why))
            for source, line, why, _ in self.refused()[:SHOWN]
        ]
        lines = [self.sentence, *refused, self.readiness_sentence, say("snapshot {folder}", folder=self.folder)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        refused, lines = self.refused(), [self.sentence, self.readiness_sentence]
        parts = [html_table([mark("what became of it")], [[line] for line in lines])]
        if refused:
            rows = [[file, str(line), _told(why), raw[:200]] for file, line, why, raw in refused]
            columns = [mark("file"), mark("line"), mark("why"), mark("as it came")]
            parts.append(html_table(columns, rows, caption=say("Refused"), limit=SHOWN))
        for note in (note for note in self.loaded.notes if not note.title.startswith("columns of")):
            own = () if note.title in NOTES else LOADED_NOTES
            rows = [[subject, retold(what, own)] for subject, what in note.subjects.items()]
            title = retold(note.title, (*NOTES, *own))
            caption = say("{title}: {count}", title=title, count=f"{note.count:,}")
            parts.append(html_table([mark("subject"), mark("found")], rows, caption=caption, limit=SHOWN))
        return "".join(parts)


def _own(reasons: list[str]) -> list[str]:
    """What is wrong with a row itself, where something is; else that its document has a row that cannot be read."""
    return [why for why in reasons if "because one of its lines" not in why] or [ANOTHER_LINE]


def _told(why: str) -> str:
    """The reasons of a row in the reader's language; what is not known (a value with a semicolon) stands."""
    reasons = why.split("; ")
    told = [retold(reason, REASONS) for reason in reasons]
    return why if any(map(str.__eq__, told, reasons)) else joined(told)


def _filled(snapshot: Snapshot, name: str) -> set[str]:
    """The columns of a table that hold a value in some row."""
    found: set[str] = set()
    for file in parquet_files(snapshot.folder, name):
        metadata = pq.read_metadata(file)
        for group in (metadata.row_group(place) for place in range(metadata.num_row_groups)):
            for place in range(group.num_columns):
                column = group.column(place)
                known = column.statistics is not None and column.statistics.has_null_count
                if not known or column.statistics.null_count < column.num_values:
                    found.add(column.path_in_schema)
    return found
