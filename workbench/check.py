"""What a snapshot can answer: readiness per control, and identities that must hold before anybody believes a figure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from workbench.controls import Readiness, controls, readiness
from workbench.language import mark, say
from workbench.snapshot import MANIFEST, Snapshot, manifest_of, read_manifest
from workbench.tie_outs import NOT_SHOWN, UNSTATED, LedgerTie, TableTie, ledger_ties, table_ties
from workbench.widgets.tables import html_table, readiness_table

SHOWN = 5
RESULT, ORPHANS = mark("result"), mark("rows that point nowhere")


@dataclass(frozen=True)
class Identity:
    """A statement that must be true of a snapshot: its words, the two figures, and whether they agree."""

    what: str
    left: str
    right: str
    holds: bool


@dataclass(frozen=True)
class Check:
    """Readiness of every control, identities, tie-outs, and references that point nowhere (table, column, count).

    `tables` sets what was loaded of each table and currency beside what its sources state; `ledger` sets open items
    beside the ledger, whose difference is a finding of COM-07 and no fault of the snapshot.
    """

    readiness: tuple[Readiness, ...]
    identities: tuple[Identity, ...]
    orphans: tuple[dict[str, Any], ...]
    tables: tuple[TableTie, ...] = ()
    ledger: tuple[LedgerTie, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether every identity holds."""
        return all(identity.holds for identity in self.identities)

    def as_text(self) -> str:
        """Identities, tie-outs, references that point nowhere and readiness, a line each."""
        lines = [
            f"{'holds' if entry.holds else 'FAILS':<7} {entry.what}: {entry.left}; {entry.right}"
            for entry in self.identities
        ]
        lines += [f"{_word(state):<7} {sentence}" for sentence, state in self._ties()]
        lines += [
            f"{entry['count']:>7,} rows of {entry['table']}.{entry['column']} point to no row of {entry['to_table']}"
            for entry in self.orphans
        ]
        lines += [
            f"{state.control.id:<7} {state.state}{': missing ' + ', '.join(state.missing) if state.missing else ''}"
            for state in self.readiness
        ]
        return "\n".join(lines)

    def _ties(self) -> list[tuple[str, str]]:
        of_tables, of_ledger = ([(tie.sentence, tie.state) for tie in some] for some in (self.tables, self.ledger))
        return of_tables + of_ledger

    def as_json(self) -> str:
        """The same as JSON."""
        return json.dumps(
            {
                "holds": self.holds,
                "identities": [asdict(entry) for entry in self.identities],
                "tables": [{**asdict(tie), "differences": tie.differences} for tie in self.tables],
                "ledger": [{**asdict(tie), "difference": tie.difference} for tie in self.ledger],
                "orphans": list(self.orphans),
                "readiness": {
                    state.control.id: {"state": state.state, "missing": list(state.missing)} for state in self.readiness
                },
            },
            indent=2,
            default=str,
        )

    def _repr_html_(self) -> str:
        identities = [
            (entry.what, entry.left, entry.right, say("holds") if entry.holds else say("FAILS"))
            for entry in self.identities
        ]
        orphans = [(entry["table"], entry["column"], entry["to_table"], str(entry["count"])) for entry in self.orphans]
        tied = [(tie.table, tie.currency, *tie.sides, say(tie.state)) for tie in self.tables]
        books = [(tie.sentence, say(tie.state)) for tie in self.ledger]
        return "".join(
            [
                html_table([mark("identity"), mark("one side"), mark("other side"), RESULT], identities),
                *_where_any([mark("table"), mark("currency"), mark("loaded"), mark("stated of it"), RESULT], tied),
                *_where_any([mark("open items and the ledger"), RESULT], books),
                *_where_any([mark("table"), mark("column"), mark("points to"), ORPHANS], orphans),
                readiness_table(list(self.readiness)),
            ]
        )


def _where_any(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    if rows:
        yield html_table(columns, rows)


def check(snapshot: Snapshot) -> Check:
    """What a snapshot can answer and whether it is whole.

    Example:
        >>> wb.check(wb.open())
    """
    return Check(
        readiness=tuple(readiness(control, snapshot) for control in controls().values()),
        identities=(
            *_read_is_accepted_and_rejected(snapshot),
            *_totals_are_as_stated(snapshot),
            *_files_are_as_written(snapshot),
        ),
        orphans=tuple(snapshot.sources.get("orphans", [])),
        tables=tuple(table_ties(snapshot.sources)),
        ledger=ledger_ties(snapshot),
    )


def _word(state: str) -> str:
    return "-" if state in {NOT_SHOWN, UNSTATED} else state


def _read_is_accepted_and_rejected(snapshot: Snapshot) -> list[Identity]:
    """Per table: rows read from its sources = rows that are in its Parquet file now + rows rejected."""
    return [
        Identity(
            what=f"{name}: rows read = accepted + rejected",
            left=f"{entry['read']:,}",
            right=f"{snapshot.rows(name):,} + {entry['rejected']:,}",
            holds=entry["read"] == snapshot.rows(name) + entry["rejected"],
        )
        for name, entry in snapshot.sources.get("tables", {}).items()
    ]


def _totals_are_as_stated(snapshot: Snapshot) -> list[Identity]:
    """Per kind of total that the sources state of themselves: how many were found so, and the first that were not."""
    ties: dict[str, list[dict[str, Any]]] = {}
    for tie in snapshot.sources.get("ties", []):
        ties.setdefault(tie["title"], []).append(tie)
    found = []
    for title, some in ties.items():
        off = [tie for tie in some if not tie["holds"]]
        shown = "; ".join(
            f"{tie['subject']}: {tie['what']} {tie['found']} {tie['currency']}".strip() + f", stated {tie['stated']}"
            for tie in off[:SHOWN]
        )
        agreed = f"{len(some) - len(off):,} found so"
        found.append(Identity(title, f"{len(some):,} stated", f"{agreed}; {shown}" if off else agreed, not off))
    return found


def _files_are_as_written(snapshot: Snapshot) -> list[Identity]:
    """The files of the snapshot are those of its manifest, byte for byte; nothing is said where it has none."""
    if not (snapshot.folder / MANIFEST).is_file():
        return []
    written = read_manifest(snapshot.folder)
    found = manifest_of(snapshot.folder)
    same = sum(1 for name, entry in written.items() if found.get(name) == entry)
    return [
        Identity(
            what="every file is as it was written",
            left=f"{len(written):,} in the manifest",
            right=f"{same:,} unchanged, {len(found.keys() - written.keys()):,} added",
            holds=written == found,
        )
    ]
