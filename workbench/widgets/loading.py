"""What a load did, to look at: read = accepted + rejected, what points nowhere, and the first rejects."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

from workbench.language import mark, say
from workbench.load import Loaded, load
from workbench.markup import html_records, html_table
from workbench.settlement.codes import sense
from workbench.workspace import example_folder, workspace

REJECTS_SHOWN = 5


@dataclass(frozen=True)
class LoadShown:
    """A load and its account; `folder` is the snapshot that it made."""

    loaded: Loaded

    @property
    def folder(self) -> Path:
        """The snapshot's folder, for wb.open."""
        return self.loaded.snapshot

    def _repr_html_(self) -> str:
        return "".join([self._tables(), self._orphans(), self._unlisted(), *self._rejects()])

    def _tables(self) -> str:
        rows = [
            [part.table, part.read, part.accepted, part.rejected, [f"{why}: {n:,}" for why, n in part.reasons.items()]]
            for part in self.loaded.tables
        ]
        read, accepted, rejected = (sum(int(str(row[place])) for row in rows) for place in (1, 2, 3))
        caption = say(
            "{read} rows read = {accepted} accepted + {rejected} rejected",
            read=f"{read:,}", accepted=f"{accepted:,}", rejected=f"{rejected:,}",
        )  # fmt: skip
        accepted_rows = sense(mark("accepted#rows"))
        columns = [mark("table"), mark("read"), accepted_rows, mark("rejected"), mark("reasons")]
        return html_table(columns, rows, caption=caption)

    def _orphans(self) -> str:
        rows = [
            [f"{part.table}.{part.column}", part.to_table, part.count, ", ".join(part.examples)]
            for part in self.loaded.orphans
        ]
        columns = [mark("column"), mark("points to"), mark("rows"), mark("for example")]
        return html_table(columns, rows, caption=say("References that point nowhere")) if rows else ""

    def _unlisted(self) -> str:
        rows = [
            [f"{part.table}.{part.column}", part.count, ", ".join(f"{word} ({n:,})" for word, n in part.words.items())]
            for part in self.loaded.unlisted
        ]
        columns = [mark("column"), mark("rows"), mark("words")]
        return html_table(columns, rows, caption=say("Words that the schema does not list")) if rows else ""

    def _rejects(self) -> Iterator[str]:
        for part in self.loaded.tables:
            if part.rejected:
                with (self.folder / "rejects" / f"{part.table}.csv").open(encoding="utf-8", newline="") as stream:
                    rows = list(islice(csv.DictReader(stream), REJECTS_SHOWN))
                file = f"rejects/{part.table}.csv"
                shown, every = f"{len(rows):,}", f"{part.rejected:,}"
                caption = say("{file}: {shown} of {all} rows", file=file, shown=shown, all=every)
                yield html_records(rows, caption=caption)


def load_folder(folder: str = "", system: str = "canonical", out: str = "") -> LoadShown:
    """Load a folder of exports into a new snapshot and show the account of every row.

    Without a folder it is the example company's; without `out` the snapshot is a new folder in the workspace.
    Raises WorkbenchError for input that is no table at all and for an `out` that exists.
    """
    source = Path(folder).expanduser() if folder else example_folder()
    return LoadShown(load([source], system, Path(out).expanduser() if out else _new_folder(source.name)))


def _new_folder(name: str) -> Path:
    base = workspace() / "snapshots"
    return next(path for number in count(1) if not (path := base / f"{name}-{number}").exists())
