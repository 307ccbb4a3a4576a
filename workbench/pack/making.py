"""One pack: its folder, whole or not at all, and the zip beside it."""

from __future__ import annotations

import getpass
import platform
import re
import shutil
import zipfile
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.pack import verify_standalone
from workbench.pack.notebook import normalise, notebook_json, notebook_page, run_notebook
from workbench.pack.scope import safe_name
from workbench.pack.work import NOTEBOOK, PARAMETERS, Audit, shared_files
from workbench.snapshot import (
    MANIFEST,
    canonical_json,
    manifest_of,
    sha256,
    whole_or_not_at_all,
    write_manifest,
)

ZIP_DAY = (1980, 1, 1, 0, 0, 0)
README = """This folder is a billing audit pack: what was billed wrongly in one month, by how much, and the proof.
Start with summary.html: it opens in any browser, without a network, and begins with the conclusion.
findings.xlsx and findings.parquet hold every candidate; notebooks/ shows the work as it ran, controls/ its text.
Check that nothing was changed since it was made: python verify.py (Python 3.8 or newer, nothing else).
parameters.json was fixed before any result; its SHA-256 is the pack id. run.json says when, where and who.
"""


def make_pack(audit: Audit, target: Path, notebook: Path = NOTEBOOK) -> Path:
    """One pack as a folder at `target` and a zip beside it."""
    started = datetime.now(UTC)
    packed = zip_of(target)
    partial = packed.with_name(f".{packed.name}.partial")
    try:
        with whole_or_not_at_all(target, "pack") as folder:
            (folder / PARAMETERS).write_text(audit.text, encoding="utf-8")
            _add_inputs(audit, folder)
            _add_work(audit, folder, notebook)
            (folder / "README.txt").write_text(README, encoding="utf-8")
            shutil.copyfile(verify_standalone.__file__, folder / "verify.py")
            (folder / "run.json").write_text(canonical_json(_run(audit, started)), encoding="utf-8")
            write_manifest(folder, pack_id=audit.pack_id, snapshot=audit.snapshot.fingerprint, packages=_packages())
            _demand_verified(folder)
            _zip(folder, target.name, partial)
        partial.replace(packed)
    finally:
        partial.unlink(missing_ok=True)
    return target


def zip_of(target: Path) -> Path:
    """The zip beside a pack's folder."""
    # Not with_suffix: an entity id may hold a dot.
    return target.with_name(f"{target.name}.zip")


def _add_inputs(audit: Audit, folder: Path) -> None:
    """What the work rests on: log of sources, rejected rows, the snapshot's manifest, the text of the controls."""
    source = audit.snapshot.folder
    log, manifest = source / "sources.json", source / MANIFEST
    (folder / "sources.json").write_bytes(log.read_bytes() if log.is_file() else b"{}\n")
    own = manifest.read_bytes() if manifest.is_file() else canonical_json(manifest_of(source)).encode()
    (folder / "snapshot-manifest.json").write_bytes(own)
    for rejected in sorted((source / "rejects").glob("*.csv")):
        _copy(rejected, folder / "rejects" / rejected.name)
    for control in audit.controls:
        place = folder / "controls" / f"{control.id}.sql"
        place.parent.mkdir(exist_ok=True)
        place.write_text(control.text, encoding="utf-8", newline="")
    for name, file in shared_files().items():
        _copy(file, folder / "controls" / "shared" / name)


def _copy(file: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, place)


def _add_work(audit: Audit, folder: Path, notebook: Path) -> None:
    """Run the notebook, which saves the results, and keep it as it ran."""
    asked = {
        "period": audit.period.text,
        "entity": audit.entity,
        "own": {name: dict(own) for name, own in audit.own.items()},
    }
    places = {str(audit.snapshot.folder): "SNAPSHOT", str(folder.resolve()): "PACK"}
    given = {"snapshot": str(audit.snapshot.folder), **asked, "folder": str(folder.resolve())}
    executed = normalise(
        run_notebook(notebook, given, safe_name(audit.entity)), {"snapshot": "SNAPSHOT", **asked, "folder": ""}, places
    )
    place = folder / "notebooks"
    place.mkdir()
    (place / notebook.name).write_text(notebook_json(executed), encoding="utf-8")
    title = f"{audit.name}, {audit.period.words}: the work as it ran"
    (place / f"{notebook.stem}.html").write_text(notebook_page(executed, title), encoding="utf-8")
    for name in ("findings.parquet", "findings.xlsx", "funnel.json", "summary.html"):
        if not (folder / name).is_file():
            raise WorkbenchError(
                f"{notebook.name} ran for {safe_name(audit.entity)} and saved no {name}.",
                "let its last cell save the audit",
            )
    if sha256(folder / PARAMETERS) != audit.pack_id:
        raise WorkbenchError(f"{notebook.name} changed {PARAMETERS}, which is fixed before it runs.", "let it alone")


def _run(audit: Audit, started: datetime) -> dict[str, object]:
    """Who made the pack, when and where: all that may differ between two packs of the same work."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "unknown"
    return {
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "user": user,
        "host": platform.node(),
        "platform": platform.platform(),
        "snapshot_folder": str(audit.snapshot.folder),
    }


def _packages() -> dict[str, str]:
    """Versions of Python, of the workbench and of every package it depends on."""
    found = {"python": platform.python_version(), "billing-workbench": version("billing-workbench")}
    for line in requires("billing-workbench") or []:
        name = re.match(r"[A-Za-z0-9._-]+", line)
        if name and "extra ==" not in line:
            try:
                found[name.group()] = version(name.group())
            except PackageNotFoundError:
                found[name.group()] = "not installed"
    return found


def _demand_verified(folder: Path) -> None:
    verdict = verify_standalone.examine(folder)
    if not verdict.holds:
        raise WorkbenchError(f"The pack just made does not verify: {' '.join(verdict.lines())}", "run the review again")


def _zip(folder: Path, top: str, file: Path) -> None:
    """A zip of a folder whose bytes depend on the files alone."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            member = zipfile.ZipInfo(f"{top}/{path.relative_to(folder).as_posix()}", ZIP_DAY)
            member.compress_type, member.create_system, member.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            with path.open("rb") as source, archive.open(member, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, 1 << 20)
