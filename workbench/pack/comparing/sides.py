"""One side of a comparison: a finished pack that verifies, folder or zip, or the one in the making."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import WorkbenchError
from workbench.findings import COLUMNS
from workbench.frontmatter import parse_sql
from workbench.language import say
from workbench.pack.verify_standalone import examine
from workbench.pack.work import PARAMETERS, Audit
from workbench.snapshot import MANIFEST, Snapshot

FIX = "give two packs that workbench review made, each a folder or a zip"
Read = Callable[[str], bytes]


@dataclass(frozen=True)
class Side:
    """What one pack says: `table` has the columns of findings, a row per candidate; `figures` is its funnel.json.

    `decisions` has what was decided per finding, in words; `texts` the title and whether it is standing per control;
    `snapshot` is the snapshot where it is at hand, unchanged.
    """

    name: str
    pack_id: str
    fixed: Mapping[str, Any]
    figures: Mapping[str, Any]
    table: pa.Table
    decisions: Mapping[str, str]
    texts: Mapping[str, tuple[str, bool]]
    packages: Mapping[str, str]
    snapshot: Snapshot | None = None

    @property
    def scope(self) -> tuple[str, str]:
        """Whose pack it is: the entity's id and the kind of its scope."""
        entity = self.fixed.get("entity") or {}
        return str(entity.get("id") or ""), str(entity.get("scope") or "")

    @property
    def period(self) -> str:
        """Its month, YYYY-MM."""
        return str(self.fixed.get("period", ""))


@contextmanager
def reading(pack: Path) -> Iterator[Read]:
    """A function that reads the files of a pack by name, after the pack was verified.

    Raises WorkbenchError where there is none, where it does not verify, and for a file that it does not hold.
    """
    if not pack.exists():
        raise WorkbenchError(f"There is no pack '{pack}'.", FIX)
    verdict = examine(pack)
    if not verdict.holds:
        raise WorkbenchError(f"'{pack}' does not verify, so nothing is read from it: {verdict.lines()[0]}", FIX)
    if pack.is_dir():
        yield lambda name: _read(pack, name, (pack / name).read_bytes)
        return
    with zipfile.ZipFile(pack) as archive:
        top = archive.infolist()[0].filename.split("/")[0]
        yield lambda name: _read(pack, name, lambda: archive.read(f"{top}/{name}"))


def _read(pack: Path, name: str, read: Callable[[], bytes]) -> bytes:
    try:
        return read()
    except (OSError, KeyError) as error:
        raise WorkbenchError(f"'{pack}' holds no {name}, so it cannot be compared.", FIX) from error


def read_side(pack: Path) -> Side:
    """One side from a finished pack; WorkbenchError where it is none or was made by another kind of workbench."""
    with reading(pack) as read:
        fixed, figures, manifest = (read_json(read, name) for name in (PARAMETERS, "funnel.json", MANIFEST))
        decided = _optional(read, "decisions.json")
        return Side(
            name=pack.name,
            pack_id=str(manifest.get("pack_id", "")),
            fixed=fixed,
            figures=figures,
            table=candidates_in(read, pack.name),
            decisions={name: _decided(entry) for name, entry in decided.get("standing", {}).items()},
            texts={name: _text_of(read, name) for name in fixed.get("controls", {})},
            packages=manifest.get("packages", {}),
            snapshot=_snapshot(_optional(read, "run.json"), str(fixed.get("snapshot", ""))),
        )


def side_of(audit: Audit) -> Side:
    """The side of a pack in the making; its funnel is taken from the audit, its packages are not known yet."""
    from workbench.pack.workpaper import funnel_json

    return Side(
        name=say("{name}, {month}", name=audit.name, month=audit.period.words),
        pack_id=audit.pack_id,
        fixed=audit.fixed,
        figures=json.loads(json.dumps(funnel_json(audit))),
        table=audit.findings.table.select(COLUMNS.names),
        decisions={name: _decided(one.as_json()) for name, one in audit.decided.standings.items()},
        texts={control.id: (control.title, control.standing) for control in audit.controls},
        packages={},
    )


def read_json(read: Read, name: str) -> dict[str, Any]:
    """An object that a pack holds; WorkbenchError where the file is none."""
    try:
        found = json.loads(read(name))
    except (ValueError, RecursionError) as error:
        raise WorkbenchError(f"{name} of the pack is no JSON: {error}.", FIX) from error
    if not isinstance(found, dict):
        raise WorkbenchError(f"{name} of the pack is no object.", FIX)
    return found


def _optional(read: Read, name: str) -> dict[str, Any]:
    try:
        return read_json(read, name)
    except WorkbenchError:
        return {}


def candidates_in(read: Read, pack: str) -> pa.Table:
    """The candidates of a pack with the columns of findings, whatever columns it has beside them."""
    try:
        table = pq.read_table(io.BytesIO(read("findings.parquet")))
        return table.select(COLUMNS.names).cast(COLUMNS)
    except (KeyError, pa.ArrowException) as error:
        raise WorkbenchError(f"findings.parquet of '{pack}' does not have the columns of findings.", FIX) from error


def _decided(entry: Mapping[str, Any]) -> str:
    """State, remedy and amount in words; nothing of who decided."""
    amount = " ".join(str(entry[name]) for name in ("remedy", "amount", "currency") if entry.get(name))
    return ", ".join(filter(None, (str(entry.get("state") or "open"), amount)))


def _text_of(read: Read, control: str) -> tuple[str, bool]:
    """Title and standing from the text of a control that the pack holds."""
    try:
        metadata, _ = parse_sql(read(f"controls/{control}.sql").decode("utf-8"), control)
        return str(metadata.get("title", control)), bool(metadata.get("standing", False))
    except (WorkbenchError, UnicodeDecodeError, AttributeError):
        return control, False


def _snapshot(record: Mapping[str, Any], fingerprint: str) -> Snapshot | None:
    """The snapshot that a pack was made from, where it still lies there and is the same."""
    folder = Path(str(record.get("snapshot_folder") or "."))
    if not (folder / MANIFEST).is_file():
        return None
    found = Snapshot(folder)
    return found if found.fingerprint == fingerprint else None
