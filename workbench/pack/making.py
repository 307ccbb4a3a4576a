"""One pack: its folder, whole or not at all, and the zip beside it."""

from __future__ import annotations

import getpass
import platform
import re
import shutil
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.language import ENGLISH, language, mark, say
from workbench.pack import verify_standalone
from workbench.pack.earlier import zip_of
from workbench.pack.given import forget
from workbench.pack.keys.signing import Signer
from workbench.pack.notebook import normalise, notebook_json, notebook_page, run_notebook
from workbench.pack.scope import safe_name
from workbench.pack.verify_standalone import FORMAT, SIGNATURE, canonical, digest_of, reproducible_of
from workbench.pack.work import NOTEBOOK, PARAMETERS, Audit, shared_files
from workbench.pack.zipping import write_zip
from workbench.snapshot import MANIFEST, canonical_json, manifest_of, sha256, whole_or_not_at_all

README = mark("""This folder is a billing audit pack: what was billed wrongly in one month, by how much, and the proof.
Start with summary.html: it opens in any browser, without a network, and begins with the conclusion; summary.pdf is
the same on paper, summary.pptx its charts and tables as slides.
findings.xlsx and findings.parquet hold every candidate; notebooks/ shows the work as it ran, controls/ its text.
decisions.json holds what became of the findings, who decided it and when, in a chain of hashes.
Check that nothing was changed since it was made: python verify.py (Python 3.8 or newer, nothing else).
parameters.json was fixed before any result; its SHA-256 is the pack id. run.json says when, where and who.
The same work gives the same files on another day and another machine, but for run.json, manifest.json which lists
it, and manifest.sig; "reproducible" in manifest.json is one hash over all the others.
""")


def readme() -> str:
    """README.txt: what the folder is, in the language in force and below it in English."""
    return README if language() == ENGLISH else f"{say(README)}\n{README}"


def make_pack(audit: Audit, target: Path, notebook: Path = NOTEBOOK, signer: Signer | None = None) -> Path:
    """One pack as a folder at `target` and a zip beside it, signed where there is a key."""
    started = datetime.now(UTC)
    packed = zip_of(target)
    partial = packed.with_name(f".{packed.name}.partial")
    try:
        with whole_or_not_at_all(target, "pack") as folder:
            (folder / PARAMETERS).write_text(audit.text, encoding="utf-8")
            audit.given.write(folder)
            _add_inputs(audit, folder)
            _add_work(audit, folder, notebook)
            forget(folder)
            (folder / "README.txt").write_text(readme(), encoding="utf-8")
            shutil.copyfile(verify_standalone.__file__, folder / "verify.py")
            (folder / "run.json").write_text(canonical_json(_run(audit, started)), encoding="utf-8")
            add_manifest(audit, folder, signer)
            _demand_verified(folder)
            write_zip(folder, target.name, partial)
        partial.replace(packed)
    finally:
        partial.unlink(missing_ok=True)
    return target


def add_manifest(audit: Audit, folder: Path, signer: Signer | None) -> None:
    """The list of every file with its hash, and the signature of that list."""
    files = manifest_of(folder)
    manifest = {
        "format": FORMAT,
        "files": files,
        "pack_id": audit.pack_id,
        "snapshot": audit.snapshot.fingerprint,
        "replaces": audit.fixed["replaces"],
        "packages": _packages(),
        "reproducible": reproducible_of(files),
        "signer": signer.key_id if signer else None,
    }
    content = canonical({**manifest, "digest": digest_of(manifest)})
    (folder / MANIFEST).write_bytes(content)
    if signer:
        (folder / SIGNATURE).write_bytes(signer.signature_of(content))


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
    if audit.against:
        places[str(audit.against.resolve())] = "LAST_PACK"
    given = {"snapshot": str(audit.snapshot.folder), **asked, "folder": str(folder.resolve())}
    executed = normalise(
        run_notebook(notebook, given, safe_name(audit.entity)), {"snapshot": "SNAPSHOT", **asked, "folder": ""}, places
    )
    place = folder / "notebooks"
    place.mkdir()
    (place / notebook.name).write_text(notebook_json(executed), encoding="utf-8")
    title = say("{name}, {month}: the work as it ran", name=audit.name, month=audit.period.words)
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
        "replaces": audit.fixed["replaces"],
    }


@cache
def _packages() -> dict[str, str]:
    """Versions of Python, of the workbench and of every package it depends on, directly or through another."""
    found = {"python": platform.python_version()}
    left = ["billing-workbench"]
    while left:
        name = left.pop()
        plain = re.sub(r"[-_.]+", "-", name).lower()
        if plain in found:
            continue
        try:
            found[plain] = version(name)
        except PackageNotFoundError:
            # What another system, another Python or an extra asks for.
            continue
        for line in requires(name) or []:
            asked = re.match(r"[A-Za-z0-9._-]+", line)
            if asked and "extra ==" not in line:
                left.append(asked.group())
    return found


def _demand_verified(folder: Path) -> None:
    verdict = verify_standalone.examine(folder)
    if not verdict.holds:
        raise WorkbenchError(f"The pack just made does not verify: {' '.join(verdict.lines())}", "run the review again")
