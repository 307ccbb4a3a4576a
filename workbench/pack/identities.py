"""Equations that must hold before anyone relies on a pack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.decisions.explaining import Applied, tally
from workbench.decisions.words import EXPLAINED, STATES
from workbench.findings import Findings
from workbench.money import grouped
from workbench.pack.decided import Decided
from workbench.pack.extract import Load, tables_of
from workbench.receivables import receivables
from workbench.snapshot import MANIFEST, Snapshot, manifest_of, read_manifest

HOLDS, FAILS, NOT_SHOWN = "holds", "FAILS", "cannot be shown"


@dataclass(frozen=True)
class Identity:
    """One equation: in words, its two sides, and whether it holds, FAILS or cannot be shown."""

    name: str
    left: str
    right: str
    state: str
    note: str = ""


def identities_of(snapshot: Snapshot, findings: Findings, entity: str | None = "") -> list[Identity]:
    """Every identity of a pack, in the order in which a reader relies on them; `entity` "" is all, None without one."""
    own = [
        _unchanged(snapshot),
        *_loaded(snapshot),
        *_stated(snapshot),
        *_evaluated(findings),
        _distinct(findings.table),
    ]
    return [*own, *_open_items(snapshot, findings.parameters.as_of, entity)]


def _open_items(snapshot: Snapshot, as_of: date, entity: str | None) -> Iterator[Identity]:
    """Buckets, open items and the receivable of the ledger on the as-of date, by what was known then."""
    if entity is None or "invoices" not in snapshot.tables:
        return
    for entry in receivables(snapshot, as_of, entity=entity, items=False).identities:
        where = " ".join(filter(None, (entry.entity_id, entry.currency)))
        apart = f"{grouped(entry.difference, entry.currency)} apart" if entry.difference else ""
        yield Identity(
            f"{entry.name}, {where or 'all'} on {entry.as_of}",
            grouped(entry.left, entry.currency),
            grouped(entry.right, entry.currency),
            entry.state,
            "; ".join(filter(None, (apart, entry.note))),
        )


def _unchanged(snapshot: Snapshot) -> Identity:
    name, file = "The snapshot is as it was loaded", snapshot.folder / MANIFEST
    if not file.is_file():
        return Identity(name, "", "", NOT_SHOWN, "the snapshot came without a manifest")
    listed, here = read_manifest(snapshot.folder), manifest_of(snapshot.folder)
    wrong = sorted(path for path in listed.keys() | here.keys() if listed.get(path) != here.get(path))
    same = len(listed.keys() - set(wrong))
    return Identity(
        name, f"{len(listed):,} files listed", f"{same:,} unchanged", FAILS if wrong else HOLDS, _first(wrong)
    )


def _loaded(snapshot: Snapshot) -> Iterator[Identity]:
    """Rows read = accepted + rejected, and the accepted ones are the rows the controls saw."""
    loads = tables_of(snapshot)
    if not loads:
        yield Identity(
            "Rows read = accepted + rejected", "", "", NOT_SHOWN, "the snapshot came without a log of its sources"
        )
    for load in loads:
        yield _table_identity(load, snapshot.rows(load.table))


def _stated(snapshot: Snapshot) -> Iterator[Identity]:
    """What the sources state of themselves (rows, sums, balances) = what was loaded, per kind of statement."""
    for title, ties in groupby(sorted(snapshot.sources.get("ties", []), key=_title), key=_title):
        every = list(ties)
        off = [
            f"{tie['subject']}: {tie['what']} {tie['found']}, stated {tie['stated']}"
            for tie in every
            if not tie["holds"]
        ]
        right = f"{len(every) - len(off):,} found so"
        yield Identity(f"Stated by the sources: {title}", f"{len(every):,} stated", right, _holds(not off), _first(off))


def _title(tie: Mapping[str, Any]) -> str:
    return str(tie["title"])


def _table_identity(load: Load, rows: int) -> Identity:
    name = f"{load.table}: rows read = accepted + rejected"
    if load.read is None or load.accepted is None or load.rejected is None:
        return Identity(name, "", f"{rows:,} in the snapshot", NOT_SHOWN, "its log gives no counts")
    note = "" if load.accepted == rows else f"the snapshot holds {rows:,} rows, not {load.accepted:,}"
    state = HOLDS if load.read == load.accepted + load.rejected and not note else FAILS
    return Identity(name, f"{load.read:,}", f"{load.accepted:,} + {load.rejected:,}", state, note)


def _evaluated(findings: Findings) -> Iterator[Identity]:
    """Candidates = suppressed + findings, the left side counted on the table, the right side control by control."""
    suppressed = sum(sum(line.suppressed.values()) for line in findings.funnel)
    found = sum(line.findings for line in findings.funnel)
    total = findings.table.num_rows
    state = HOLDS if total == suppressed + found else FAILS
    yield Identity("Candidates = suppressed + findings", f"{total:,}", f"{suppressed:,} + {found:,}", state)
    wrong = [
        line.control.id for line in findings.funnel if line.candidates != sum(line.suppressed.values()) + line.findings
    ]
    unknown = sorted(
        f"{line.control.id} {code}"
        for line in findings.funnel
        for code in line.suppressed
        if code not in line.control.suppressions and code != EXPLAINED
    )
    yield Identity(
        "Every control foots, and suppresses by its own list or an explanation only",
        f"{len(findings.funnel):,} controls ran",
        f"{len(findings.funnel) - len({name.split()[0] for name in [*wrong, *unknown]}):,} foot",
        FAILS if wrong or unknown else HOLDS,
        _first([*wrong, *unknown]),
    )


def decided_identities(findings: Findings, decided: Decided, applied: Sequence[Applied]) -> list[Identity]:
    """Findings = sum of decisions + open; candidates that are explained = what the explanations in force suppress."""
    found, states = sum(line.findings for line in findings.funnel), tally(findings, decided.standings)
    made = [f"{states[state]:,} {state}" for state in STATES if state != "open"]
    words = " + ".join([*made, f"{states['open']:,} open"])
    total = Identity("Findings = sum of decisions + open", f"{found:,}", words, _holds(found == sum(states.values())))
    codes = findings.table["suppressed_by"]
    explained = pc.sum(pc.fill_null(pc.equal(codes, EXPLAINED), False)).as_py() or 0
    ids = [finding_id for one in applied for finding_id in one.finding_ids]
    in_force = sum(one.state == "in force" for one in applied)
    same = explained == len(ids) == len(set(ids))
    scoped = Identity(
        "Explained candidates = what the explanations in force suppress",
        f"{explained:,}",
        f"{len(ids):,} by {in_force:,} in force",
        _holds(same),
    )
    return [total, scoped] if decided.entries else [total]


def _holds(true: bool) -> str:
    return HOLDS if true else FAILS


def _distinct(table: pa.Table) -> Identity:
    ids = pc.count_distinct(table["finding_id"]).as_py()
    state = HOLDS if ids == table.num_rows else FAILS
    return Identity("Every candidate has an id of its own", f"{table.num_rows:,} candidates", f"{ids:,} ids", state)


def _first(names: list[str]) -> str:
    return ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
