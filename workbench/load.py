"""Load: exports in, a snapshot out, and an account of every row."""

from __future__ import annotations

import errno
import getpass
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from workbench.engine.duck import quoted
from workbench.errors import WorkbenchError
from workbench.progress import Report, quiet
from workbench.schema import tables
from workbench.settings import QUERIES, read_settings
from workbench.snapshot import canonical_json, whole_or_not_at_all, write_manifest
from workbench.sources.accept import Note, Parts, TableLoaded, Tie
from workbench.sources.account import Account, Orphan, Totals, Unlisted
from workbench.sources.canonical import load_canonical, load_queries
from workbench.sources.control_totals import read_totals, ties, totals_file
from workbench.sources.database import is_address
from workbench.sources.files import SourceFile
from workbench.sources.forms import Told
from workbench.sources.gather import DocumentRead
from workbench.sources.mapped import load_mapped
from workbench.sources.merge import Apart, merge
from workbench.sources.spreadsheet import load_spreadsheets
from workbench.sources.staging import Stage, Staged
from workbench.sources.systems import CANONICAL, EXCEL, SQL, System, find_system, systems

__all__ = ["Loaded", "Note", "Orphan", "System", "TableLoaded", "Unlisted", "load", "systems"]

MEMORY = "1GB"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
EVERY_ROW = "none: every row is read"
AS_QUERIED = "those of the query"


@dataclass(frozen=True)
class Loaded:
    """What a load did: per table read = accepted + rejected, and what its reader should know.

    `exports` has the same figures for a system's raw exports, before they become tables. `unused` maps a file to
    its columns that no table uses; `ties` sets what a source states of itself beside what was found; `unrecognised` are
    the files, folders and sheets that were left aside.
    """

    snapshot: Path
    system: str
    tables: tuple[TableLoaded, ...]
    exports: tuple[TableLoaded, ...]
    orphans: tuple[Orphan, ...]
    unlisted: tuple[Unlisted, ...]
    notes: tuple[Note, ...]
    ties: tuple[Tie, ...]
    unused: dict[str, tuple[str, ...]]
    unrecognised: tuple[str, ...]

    def as_text(self) -> str:
        """A line for each table, kind of reject, lost reference, unlisted word, note and thing left aside."""
        lines = []
        wide = max(20, *(len(entry.table) + 2 for entry in (*self.exports, *self.tables)))
        for entry in (*self.exports, *self.tables):
            figures = f"{entry.read:>12,} read = {entry.accepted:,} accepted + {entry.rejected:,} rejected"
            lines.append(f"{entry.table:<{wide}}{figures}")
            lines += [f"{'':<{wide}}{number:>12,} {reason}" for reason, number in entry.reasons.items()]
        for orphan in self.orphans:
            column = f"{orphan.table}.{orphan.column}"
            examples = ", ".join(orphan.examples)
            lines.append(f"{orphan.count:,} rows of {column} point to no row of {orphan.to_table}: {examples}")
        for word in self.unlisted:
            words = ", ".join(f"{name} ({number:,})" for name, number in list(word.words.items())[:5])
            lines.append(f"{word.count:,} rows of {word.table}.{word.column} hold a word that is not listed: {words}")
        lines += [f"{note.count:,} {note.title}: {', '.join(list(note.subjects)[:5])}" for note in self.notes]
        lines += [
            f"{tie.title}, {tie.subject}: {tie.what} {tie.currency} {tie.stated} stated, {tie.found} found"
            for tie in self.ties
            if not tie.holds
        ][:20]
        if self.ties:
            lines.append(f"{sum(tie.holds for tie in self.ties):,} of {len(self.ties):,} stated totals agree")
        lines += [f"not used of {name}: {', '.join(columns[:20])}" for name, columns in self.unused.items()]
        lines += [f"not recognised: {', '.join(self.unrecognised[:20])}"] if self.unrecognised else []
        return "\n".join([*lines, f"snapshot            {self.snapshot}"])

    def as_json(self) -> str:
        """The same as JSON."""
        return canonical_json({**asdict(self), "snapshot": str(self.snapshot)})


Input = Path | str


def load(
    inputs: Sequence[Input] | Mapping[str, Sequence[Input]],
    system: str = CANONICAL,
    out: Path = Path("snapshot"),
    *,
    delimiter: str = "",
    encoding: str = "",
    decimal: str = "",
    dates: str = "",
    progress: Report = quiet,
) -> Loaded:
    """Read files and folders of one system, or of several by their names, into a new snapshot folder `out`.

    Every record is accepted or written with its reason to rejects/<table>.csv; a failed or interrupted load leaves
    nothing. Of several systems the one named first wins where two know the same key. `delimiter` and `encoding`
    (default: what the header shows, and UTF-8 or what a byte order mark says) hold for every CSV file. `decimal`, a
    point or a comma, and `dates`, e.g. DD/MM/YYYY, say how numbers and dates are written where their columns leave it
    open. Raises WorkbenchError for input that is no table at all.

    Example:
        >>> wb.load({"oracle_ar": ["exports/ar"], "bank": ["statements"]}, out="snapshots/2025-06")
    """
    delimiter = "\t" if delimiter == "\\t" else delimiter
    if delimiter and (len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0'):
        raise WorkbenchError(f"The delimiter is '{delimiter}', which is no single character.", "--delimiter ';'")
    wanted = inputs if isinstance(inputs, Mapping) else {system: inputs}
    chosen = [(find_system(name), list(some)) for name, some in wanted.items()]
    told = {"delimiter": delimiter, "encoding": encoding, "decimal": decimal, "dates": dates}
    with whole_or_not_at_all(Path(out), "snapshot") as folder, _readable():
        with tempfile.TemporaryDirectory(prefix=".scratch-", dir=folder) as scratch:
            reading = _Reading(folder, Path(scratch), delimiter, encoding, Told(decimal, dates), progress)
            (folder / "rejects").mkdir()
            parts = reading.one(*chosen[0], folder) if len(chosen) == 1 else reading.several(chosen)
            with _database(Path(scratch)) as database:
                name = " and ".join(entry.name for entry, _ in chosen)
                loaded, totals = _account(database, folder, parts, name, Path(out))
        text = canonical_json(_sources(loaded, totals, parts, told))
        (folder / "sources.json").write_text(text, encoding="utf-8")
        write_manifest(folder)
    return loaded


def by_system(sources: Sequence[str], system: str) -> dict[str, list[Input]]:
    """Sources as a command line names them, SOURCE or NAME=SOURCE, by their system (default: `system`)."""
    known = {entry.name for entry in systems()}
    found: dict[str, list[Input]] = {}
    for source in sources:
        name, _, rest = source.partition("=")
        own = rest != "" and name in known
        found.setdefault(name if own else system, []).append(rest if own else source)
    return found


@dataclass(frozen=True)
class _Reading:
    """How a load reads: where it writes, and what its caller said of the files."""

    folder: Path
    scratch: Path
    delimiter: str
    encoding: str
    told: Told
    progress: Report

    def one(self, entry: System, given: list[Input], folder: Path) -> Parts:
        """Read one system into a folder that has a folder for rejects."""
        scratch = Path(tempfile.mkdtemp(dir=self.scratch))
        addresses = [str(each) for each in given if is_address(each)]
        paths = [Path(each) for each in given if not is_address(each)]
        if addresses and entry.name in {CANONICAL, EXCEL}:
            raise WorkbenchError("A database is no folder of canonical tables.", "--system sql, or the system it is of")
        with _database(scratch) as database:
            stage = Stage(database, scratch, self.delimiter, self.encoding, self.progress, self.told)
            if entry.name == CANONICAL:
                parts = load_canonical(stage, paths, folder)
            elif entry.name == EXCEL:
                parts = load_spreadsheets(stage, paths, folder)
            elif entry.name == SQL:
                parts = load_queries(stage, addresses, paths, folder)
            else:
                parts = load_mapped(stage, entry, paths, folder, addresses)
            if file := totals_file(paths):
                parts.tie(ties(database, folder, parts, read_totals(file)))
                parts.unrecognised = [name for name in parts.unrecognised if not name.startswith(file.name)]
        names = [staged.file.name for _, staged in parts.staged] + [read.name for read in parts.documents]
        parts.systems = dict.fromkeys(names, entry.name)
        if stage.forms:
            title = "columns of numbers and dates in a form of their own"
            parts.notes.append(Note(title, len(stage.forms), stage.forms))
        return parts

    def several(self, chosen: list[tuple[System, list[Input]]]) -> Parts:
        """Read each system apart, then make one of them."""
        apart = []
        for entry, given in chosen:
            folder = self.scratch / f"system-{entry.name}"
            (folder / "rejects").mkdir(parents=True)
            apart.append(Apart(entry.name, self.one(entry, given, folder), folder))
        scratch = Path(tempfile.mkdtemp(dir=self.scratch))
        with _database(scratch) as database:
            return merge(database, apart, self.folder, scratch)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise WorkbenchError(
            "The load needs more memory than it may use.", 'set memory = "4GB" in workbench.toml'
        ) from error
    except (duckdb.Error, OSError) as error:
        if _is_full(error):
            raise WorkbenchError("There is no space left on the disk.", "make room where --out is") from error
        raise _stopped(error) from error


def _is_full(error: Exception) -> bool:
    return getattr(error, "errno", None) in FULL or "no space left" in str(error).lower()


def _stopped(error: duckdb.Error | OSError) -> WorkbenchError:
    if isinstance(error, OSError):
        name = Path(str(error.filename)).name if error.filename else "A file"
        return WorkbenchError(
            f"{name} cannot be read or written: {error.strerror or error}.", "look at its permissions"
        )
    return WorkbenchError(
        f"The load stopped: {str(error).splitlines()[0]}",
        "look at the space on the disk; if there is enough, please report this fault",
    )


@contextmanager
def _database(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    settings = read_settings()
    spill = scratch / "spill"
    spill.mkdir(exist_ok=True)
    database = duckdb.connect()
    try:
        # An export is data from elsewhere: nothing in it may make the engine reach out or load code.
        database.execute("set autoinstall_known_extensions = false")
        database.execute("set autoload_known_extensions = false")
        database.execute("set TimeZone = 'UTC'")
        database.execute("set enable_progress_bar = false")
        database.execute(f"set temp_directory = {quoted(str(spill))}")
        database.execute(f"set memory_limit = {quoted(settings.memory or MEMORY)}")
        if settings.threads:
            database.execute(f"set threads = {int(settings.threads)}")
        for name in ("typing.sql", "forms.sql"):
            database.execute((QUERIES / "1_sources" / name).read_text(encoding="utf-8"))
        yield database
    finally:
        database.close()


def _account(
    database: duckdb.DuckDBPyConnection, folder: Path, parts: Parts, system: str, out: Path
) -> tuple[Loaded, dict[str, dict[str, Totals]]]:
    account = Account(database, folder)
    written = [tables()[entry.table] for entry in parts.tables]
    loaded = Loaded(
        snapshot=out,
        system=system,
        tables=tuple(parts.tables),
        exports=tuple(parts.exports),
        orphans=tuple(orphan for table in written for orphan in account.orphans(table)),
        unlisted=tuple(word for table in written for word in account.unlisted(table)),
        notes=(*parts.notes, *(note for table in written for note in account.rewritten_ids(table))),
        ties=tuple(parts.ties),
        unused=parts.unused,
        unrecognised=tuple(parts.unrecognised),
    )
    return loaded, {table.name: account.totals(table) for table in written}


def _brought(name: str, file: SourceFile, totals: Mapping[str, Mapping[str, Totals]]) -> dict[str, Any]:
    """The control totals of what one input brought to each table; of a workbook's sheet, to its own."""
    only = {name} if file.sheet else totals.keys()
    return {table: asdict(totals[table][file.name]) for table in only if file.name in totals.get(table, {})}


def _document(document: DocumentRead, parts: Parts, totals: Mapping[str, Mapping[str, Totals]]) -> dict[str, Any]:
    brought = {table: asdict(some[document.name]) for table, some in totals.items() if document.name in some}
    return {**asdict(document), "system": parts.systems[document.name], "filters": EVERY_ROW, "totals": brought}


def _sources(
    loaded: Loaded, totals: Mapping[str, Mapping[str, Totals]], parts: Parts, told: Mapping[str, Any]
) -> dict[str, Any]:
    """What sources.json says: the account of information produced by the company."""
    figures = {entry.table: entry for entry in (*loaded.tables, *loaded.exports)}
    return {
        "system": loaded.system,
        "version": version("billing-workbench"),
        "loaded_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "user": _user(),
        "told": dict(told),
        "files": [
            _file(name, staged, figures[name], loaded.unused)
            | {"system": parts.systems[staged.file.name], "totals": _brought(name, staged.file, totals)}
            for name, staged in parts.staged
        ],
        "documents": [_document(document, parts, totals) for document in parts.documents],
        "tables": {
            entry.table: {
                "read": entry.read,
                "accepted": entry.accepted,
                "rejected": entry.rejected,
                "reasons": entry.reasons,
                **asdict(totals[entry.table][""]),
            }
            for entry in loaded.tables
        },
        "orphans": [asdict(orphan) for orphan in loaded.orphans],
        "unlisted_words": [asdict(word) for word in loaded.unlisted],
        "notes": [asdict(note) for note in loaded.notes],
        "ties": [asdict(tie) for tie in loaded.ties],
        "tied_tables": {title: sorted(about) for title, about in parts.tied.items()},
        "unrecognised": list(loaded.unrecognised),
    }


def _file(name: str, staged: Staged, figures: TableLoaded, unused: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    source = figures.sources.get(staged.file.name)
    return {
        "name": staged.file.name,
        "sheet": staged.file.sheet,
        "query": staged.query,
        "database": staged.database,
        "filters": AS_QUERIED if staged.query else EVERY_ROW,
        "sha256": staged.sha256,
        "bytes": staged.size,
        "encoding": staged.encoding,
        "table": name,
        "read": staged.records,
        "accepted": source.accepted if source else 0,
        "rejected": source.rejected if source else 0,
        "reasons": source.reasons if source else {},
        "unused_columns": list(unused.get(f"{staged.file.name} {staged.file.sheet}".strip(), ())),
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
