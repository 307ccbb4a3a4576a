"""Run every control of a pack again on its snapshot, by the pack's own texts, and compare every finding and amount."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.controls import Control, Readiness, controls, read_control, readiness
from workbench.detect import candidates
from workbench.errors import WorkbenchError
from workbench.findings import COLUMNS, Findings, Parameters, count
from workbench.pack.comparing.sides import Read, candidates_in, read_json, reading
from workbench.pack.identities import identities_of
from workbench.pack.rerun.differences import figures_of, identities_that_differ, not_repeated, rows
from workbench.pack.rerun.engine import SealedEngine
from workbench.pack.work import PARAMETERS, shared_files
from workbench.progress import Report, quiet
from workbench.snapshot import MANIFEST, Snapshot, manifest_of, open_snapshot, read_manifest, sha256

EXPLAINED = "explained"
SHOWN = 100
FIX = "give the snapshot that the pack was made from: --snapshot FOLDER"


@dataclass(frozen=True)
class Rerun:
    """What a rerun came to: how much was compared, each difference in a sentence, and what is to be known beside it."""

    pack: str
    pack_id: str
    snapshot: str
    controls: int
    candidates: int
    findings: int
    values: int
    differences: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """True when every finding, figure and amount came out as the pack has it."""
        return not self.differences

    def as_text(self) -> str:
        """The verdict in words, a line per difference."""
        what = (
            f"{self.controls:,} controls ran again on {self.snapshot}: {self.candidates:,} candidates, "
            f"{self.findings:,} findings, {self.values:,} values compared"
        )
        if self.holds:
            return "\n".join([f"RERUN HOLDS: {what}; every one is as in the pack.", *self.notes])
        head = f"RERUN DIFFERS: {len(self.differences):,} differences; {what}."
        more = len(self.differences) - SHOWN
        rest = [f"and {more:,} more; --json lists them all"] if more > 0 else []
        return "\n".join([head, *self.differences[:SHOWN], *rest, *self.notes])

    def as_json(self) -> str:
        """The same as JSON."""
        return json.dumps({"holds": self.holds, **asdict(self)}, ensure_ascii=False, indent=2)


def rerun(pack: Path, snapshot: Path | None = None, progress: Report = quiet) -> Rerun:
    """Run the controls of a pack, a folder or a zip, again and compare.

    The snapshot is the one given, else one inside the pack, else the folder that run.json names. The texts that run are
    the pack's own, in an engine that reaches nothing but the snapshot. Raises WorkbenchError where the pack does not
    verify or is a redacted one, where no snapshot is found, and where it is not the pack's or was changed.
    """
    with reading(Path(pack)) as read:
        fixed = read_json(read, PARAMETERS)
        if fixed.get("audience"):
            raise WorkbenchError(
                f"'{pack}' was made for a customer and holds no control, so none can run again.",
                "run the pack again that it was taken from",
            )
        figures, told = read_json(read, "funnel.json"), candidates_in(read, str(pack))
        source = _snapshot(Path(pack), read, fixed, snapshot)
        own, differences = _controls(read, fixed)
        shared = {name: _text(read, f"controls/shared/{name}") for name in fixed.get("shared", {})}
        pack_id = hashlib.sha256(read(PARAMETERS)).hexdigest()
        differences += _unlike(fixed.get("shared", {}), shared, "controls/shared/")
    found = _run(source, own, shared, fixed, told, progress)
    scope = {"every": "", "none": None}.get(fixed["entity"]["scope"], fixed["entity"]["id"])
    identities = identities_of(source, found, scope)
    differences += [*rows(told, found.table), *figures_of(figures, found), *identities_that_differ(figures, identities)]
    return Rerun(
        pack=Path(pack).name,
        pack_id=pack_id,
        snapshot=str(source.folder),
        controls=len(found.funnel),
        candidates=found.table.num_rows,
        findings=found.found.num_rows,
        values=told.num_rows * len(COLUMNS.names),
        differences=tuple(differences),
        notes=(*_notes(own, shared, told), *not_repeated(figures, identities)),
    )


def _snapshot(pack: Path, read: Read, fixed: Mapping[str, Any], given: Path | None) -> Snapshot:
    """The snapshot of a pack, proved file by file to be the one that the pack names."""
    inside = pack / "snapshot"
    try:
        recorded = str(read_json(read, "run.json").get("snapshot_folder") or "")
    except WorkbenchError:
        recorded = ""
    place = given or (inside if inside.is_dir() else Path(recorded) if recorded else None)
    if place is None or not place.is_dir():
        raise WorkbenchError(f"There is no snapshot '{place or ''}' to run '{pack}' on.", FIX)
    source = open_snapshot(place)
    if source.fingerprint != fixed.get("snapshot"):
        raise WorkbenchError(
            f"'{place}' is snapshot {source.fingerprint[:16]}, and '{pack}' was made from "
            f"{str(fixed.get('snapshot'))[:16]}.",
            FIX,
        )
    if (source.folder / MANIFEST).is_file():
        listed, here = read_manifest(source.folder), manifest_of(source.folder)
        wrong = sorted(name for name in {*listed, *here} if listed.get(name) != here.get(name))
        if wrong:
            raise WorkbenchError(f"Snapshot '{place}' is not as it was loaded: {', '.join(wrong[:5])}.", FIX)
    return source


def _text(read: Read, name: str) -> str:
    try:
        return read(name).decode("utf-8")
    except UnicodeDecodeError as error:
        raise WorkbenchError(f"{name} of the pack is no text.", "do not trust this pack") from error


def _controls(read: Read, fixed: Mapping[str, Any]) -> tuple[list[Control], list[str]]:
    """The pack's own controls, and those whose text is not the one that parameters.json fixed."""
    found: list[Control] = []
    differences: list[str] = []
    with TemporaryDirectory(prefix="wb-rerun-") as place:
        for name, entry in sorted(fixed["controls"].items()):
            text = _text(read, f"controls/{name}.sql")
            file = Path(place, f"{len(found)}.sql")
            file.write_text(text, encoding="utf-8", newline="")
            control = read_control(file)
            if control.fingerprint != entry["fingerprint"] or control.id != name:
                differences.append(f"control {name}: its text in the pack is not the one that {PARAMETERS} fixed")
            found.append(control)
    return found, differences


def _unlike(fixed: Mapping[str, str], texts: Mapping[str, str], where: str) -> Iterator[str]:
    for name, text in sorted(texts.items()):
        if hashlib.sha256(text.encode()).hexdigest() != fixed[name]:
            yield f"{where}{name}: its text in the pack is not the one that {PARAMETERS} fixed"


def _run(
    source: Snapshot,
    own: list[Control],
    shared: Mapping[str, str],
    fixed: Mapping[str, Any],
    told: pa.Table,
    progress: Report,
) -> Findings:
    """Every control of the pack, as a review runs them; what a decision explained stays explained."""
    first, end, day = (date.fromisoformat(fixed[name]) for name in ("from_date", "to_date", "as_of"))
    states = [readiness(control, source) for control in own]
    parts, ran, failed = [], [], []
    parameters = {control.id: dict(fixed["controls"][control.id]["parameters"]) for control in own}
    with closing(SealedEngine(source.folder, shared)) as engine:
        rows_in = cache(lambda name: engine.query(f'select count(*) as rows from "{name}"')["rows"][0].as_py())
        ready = [state.control for state in states if state.state != "not run"]
        engine.prepare([control.sql for control in ready])
        for done, control in enumerate(ready):
            progress(f"{control.id} {control.title}", done, len(ready))
            start = None if control.standing else first
            try:
                part = candidates(engine, control, {"as_of": day, **parameters[control.id]}, start, end)
            except WorkbenchError as error:
                failed.append(Readiness(control, "failed", (error.problem,)))
                continue
            parts.append(part)
            ran.append((control, rows_in(control.examines.replace('"', '""'))))
    table = _in_scope(pa.concat_tables(parts) if parts else COLUMNS.empty_table(), fixed)
    table = _explained(table, told)
    return Findings(
        table=table,
        parameters=Parameters(first, end, day, parameters),
        funnel=tuple(count(control, examined, table) for control, examined in ran),
        not_run=(*(state for state in states if state.state == "not run"), *failed),
        partly=tuple(state for state in states if state.state == "partly"),
    )


def _in_scope(table: pa.Table, fixed: Mapping[str, Any]) -> pa.Table:
    entity, scope = fixed["entity"]["id"], fixed["entity"]["scope"]
    if scope == "every":
        return table
    column = table["entity_id"]
    return table.filter(pc.is_null(column) if entity is None else pc.fill_null(pc.equal(column, entity), False))


def _explained(table: pa.Table, told: pa.Table) -> pa.Table:
    """What a decision explained in the pack is suppressed here too, where the control itself finds it."""
    mask = pc.equal(pc.fill_null(told["suppressed_by"], ""), EXPLAINED)
    ids = told.filter(mask)["finding_id"].combine_chunks()
    here = pc.and_(pc.is_in(table["finding_id"], ids), pc.is_null(table["suppressed_by"]))
    place = table.schema.get_field_index("suppressed_by")
    column = pc.if_else(here, pa.scalar(EXPLAINED), table["suppressed_by"])
    return table.set_column(place, "suppressed_by", column)


def _notes(own: list[Control], shared: Mapping[str, str], told: pa.Table) -> Iterator[str]:
    """Where the installed texts are others than the pack's, and what a rerun does not repeat."""
    installed = controls()
    other = [one.id for one in own if one.id not in installed or installed[one.id].fingerprint != one.fingerprint]
    if other:
        yield f"The pack's own texts ran; those installed here differ for {', '.join(other)}."
    files = shared_files()
    texts = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in shared.items()}
    shared_other = [name for name, value in texts.items() if name not in files or sha256(files[name]) != value]
    if shared_other:
        yield f"The pack's own shared texts ran; those installed here differ for {', '.join(sorted(shared_other))}."
    explained = pc.sum(pc.equal(pc.fill_null(told["suppressed_by"], ""), EXPLAINED)).as_py() or 0
    if explained:
        yield f"{explained:,} candidates are suppressed by decisions: see decisions.json, which is not run again."
