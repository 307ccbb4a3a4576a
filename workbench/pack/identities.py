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
from workbench.decisions.words import EXPLAINED
from workbench.findings import Findings
from workbench.language import mark, say
from workbench.language.retelling import joined, retold, retold_clauses
from workbench.money import grouped
from workbench.pack.decided import Decided
from workbench.pack.extract import Load, tables_of
from workbench.receivables import receivables
from workbench.receivables.identities import BUCKETS, INSTALMENTS, LEDGER, LEDGER_DATED, PARTS
from workbench.receivables.identities import NOTES as OPEN_ITEM_NOTES
from workbench.snapshot import MANIFEST, Snapshot, manifest_of, read_manifest

HOLDS, FAILS, NOT_SHOWN = mark("holds"), mark("FAILS"), mark("cannot be shown")
# What identities say in files, in English; pages say it again in the reader's language.
UNCHANGED = mark("The snapshot is as it was loaded")
READ, READ_OF = mark("Rows read = accepted + rejected"), mark("{table}: rows read = accepted + rejected")
STATED = mark("Stated by the sources: {title}")
EVALUATED = mark("Candidates = suppressed + findings")
FOOTS = mark("Every control foots, and suppresses by its own list or an explanation only")
DISTINCT = mark("Every candidate has an id of its own")
DECIDED = mark("Findings = sum of decisions + open")
SCOPED = mark("Explained candidates = what the explanations in force suppress")
SAMPLED = mark("Sample {paper}: population + found + not live = all rows")
ON_DAY, ALL_ON_DAY = mark("{name}, {where} on {day}"), mark("{name}, all on {day}")
NAMES = (
    UNCHANGED, READ, READ_OF, EVALUATED, FOOTS, DISTINCT, DECIDED, SCOPED, SAMPLED, ON_DAY, ALL_ON_DAY,
    BUCKETS, PARTS, LEDGER, LEDGER_DATED, INSTALMENTS,
)  # fmt: skip
LISTED, SAME = mark("{number} files listed"), mark("{number} unchanged")
TOLD, FOUND = mark("{number} stated"), mark("{number} found so")
HERE, RAN, FOOT = mark("{number} in the snapshot"), mark("{number} controls ran"), mark("{number} foot")
STATES_SUM = mark("{confirmed} confirmed + {explained} explained + {accepted} accepted + {open} open")
BY = mark("{number} by {explanations} in force")
CANDIDATES, IDS = mark("{number} candidates"), mark("{number} ids")
ITEMS = mark("{items} items of {amount}")
SIDES = (LISTED, SAME, TOLD, FOUND, HERE, RAN, FOOT, STATES_SUM, BY, CANDIDATES, IDS, ITEMS)
NO_MANIFEST = mark("the snapshot came without a manifest")
NO_LOG = mark("the snapshot came without a log of its sources")
NO_COUNTS = mark("its log gives no counts")
OTHER_ROWS = mark("the snapshot holds {rows} rows, not {accepted}")
APART = mark("{amount} apart")
OF_FILE = mark("it was drawn from a file, which nothing ties to the snapshot")
OF_ANOTHER = mark("it was drawn from another snapshot")
NOTES = (*OPEN_ITEM_NOTES, NO_MANIFEST, NO_LOG, NO_COUNTS, OTHER_ROWS, APART, OF_FILE, OF_ANOTHER)


@dataclass(frozen=True)
class Identity:
    """One equation: in words, its two sides, and whether it holds, FAILS or cannot be shown.

    Its texts are English, as files keep them; `state` is one of HOLDS, FAILS and NOT_SHOWN.
    """

    name: str
    left: str
    right: str
    state: str
    note: str = ""

    @property
    def said(self) -> Identity:
        """The same with its texts in the language in force."""
        left, right = retold(self.left, SIDES), retold(self.right, SIDES)
        return Identity(said_name(self.name), left, right, self.state, _said_note(self.note))


def said_name(name: str) -> str:
    """The name of an identity, as a file keeps it, in the language in force."""
    before, stated, title = name.partition(STATED.format(title=""))
    return say(STATED, title=say(title)) if stated and not before else retold(name, NAMES, ("name",))


def _said_note(note: str) -> str:
    first, _, rest = note.partition("; ")
    apart = retold(first, (APART,))
    return joined([apart, retold_clauses(rest, NOTES)]) if rest and apart != first else retold_clauses(note, NOTES)


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
        apart = APART.format(amount=grouped(entry.difference, entry.currency)) if entry.difference else ""
        yield Identity(
            (ON_DAY if where else ALL_ON_DAY).format(name=entry.name, where=where, day=entry.as_of),
            grouped(entry.left, entry.currency),
            grouped(entry.right, entry.currency),
            entry.state,
            "; ".join(filter(None, (apart, entry.note))),
        )


def _unchanged(snapshot: Snapshot) -> Identity:
    name, file = UNCHANGED, snapshot.folder / MANIFEST
    if not file.is_file():
        return Identity(name, "", "", NOT_SHOWN, NO_MANIFEST)
    listed, here = read_manifest(snapshot.folder), manifest_of(snapshot.folder)
    wrong = sorted(path for path in listed.keys() | here.keys() if listed.get(path) != here.get(path))
    same = len(listed.keys() - set(wrong))
    left = LISTED.format(number=f"{len(listed):,}")
    right = SAME.format(number=f"{same:,}")
    return Identity(name, left, right, FAILS if wrong else HOLDS, _first(wrong))


def _loaded(snapshot: Snapshot) -> Iterator[Identity]:
    """Rows read = accepted + rejected, and the accepted ones are the rows the controls saw."""
    loads = tables_of(snapshot)
    if not loads:
        yield Identity(READ, "", "", NOT_SHOWN, NO_LOG)
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
        left, right = TOLD.format(number=f"{len(every):,}"), FOUND.format(number=f"{len(every) - len(off):,}")
        yield Identity(STATED.format(title=title), left, right, _holds(not off), _first(off))


def _title(tie: Mapping[str, Any]) -> str:
    return str(tie["title"])


def _table_identity(load: Load, rows: int) -> Identity:
    name, here = READ_OF.format(table=load.table), f"{rows:,}"
    if load.read is None or load.accepted is None or load.rejected is None:
        return Identity(name, "", HERE.format(number=here), NOT_SHOWN, NO_COUNTS)
    note = "" if load.accepted == rows else OTHER_ROWS.format(rows=here, accepted=f"{load.accepted:,}")
    state = HOLDS if load.read == load.accepted + load.rejected and not note else FAILS
    return Identity(name, f"{load.read:,}", f"{load.accepted:,} + {load.rejected:,}", state, note)


def _evaluated(findings: Findings) -> Iterator[Identity]:
    """Candidates = suppressed + findings, the left side counted on the table, the right side control by control."""
    suppressed = sum(sum(line.suppressed.values()) for line in findings.funnel)
    found = sum(line.findings for line in findings.funnel)
    total = findings.table.num_rows
    state = HOLDS if total == suppressed + found else FAILS
    yield Identity(EVALUATED, f"{total:,}", f"{suppressed:,} + {found:,}", state)
    wrong = [
        line.control.id for line in findings.funnel if line.candidates != sum(line.suppressed.values()) + line.findings
    ]
    unknown = sorted(
        f"{line.control.id} {code}"
        for line in findings.funnel
        for code in line.suppressed
        if code not in line.control.suppressions and code != EXPLAINED
    )
    foot = len(findings.funnel) - len({name.split()[0] for name in [*wrong, *unknown]})
    yield Identity(
        FOOTS,
        RAN.format(number=f"{len(findings.funnel):,}"),
        FOOT.format(number=f"{foot:,}"),
        FAILS if wrong or unknown else HOLDS,
        _first([*wrong, *unknown]),
    )


def decided_identities(findings: Findings, decided: Decided, applied: Sequence[Applied]) -> list[Identity]:
    """Findings = sum of decisions + open; candidates that are explained = what the explanations in force suppress."""
    found, states = sum(line.findings for line in findings.funnel), tally(findings, decided.standings)
    words = STATES_SUM.format_map({state: f"{count:,}" for state, count in states.items()})
    total = Identity(DECIDED, f"{found:,}", words, _holds(found == sum(states.values())))
    codes = findings.table["suppressed_by"]
    explained = pc.sum(pc.fill_null(pc.equal(codes, EXPLAINED), False)).as_py() or 0
    ids = [finding_id for one in applied for finding_id in one.finding_ids]
    in_force = sum(one.state == "in force" for one in applied)
    same = explained == len(ids) == len(set(ids))
    scoped = Identity(
        SCOPED,
        f"{explained:,}",
        BY.format(number=f"{len(ids):,}", explanations=f"{in_force:,}"),
        _holds(same),
    )
    return [total, scoped] if decided.entries else [total]


def _holds(true: bool) -> str:
    return HOLDS if true else FAILS


def _distinct(table: pa.Table) -> Identity:
    ids = pc.count_distinct(table["finding_id"]).as_py()
    state = HOLDS if ids == table.num_rows else FAILS
    left, right = CANDIDATES.format(number=f"{table.num_rows:,}"), IDS.format(number=f"{ids:,}")
    return Identity(DISTINCT, left, right, state)


def _first(names: list[str]) -> str:
    return ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
