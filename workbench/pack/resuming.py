"""Going on where a review was interrupted: which packs are whole and of the same work, and which are to be made."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.language import speaking
from workbench.pack import verify_standalone
from workbench.pack.earlier import Replaced, language_of, next_version, zip_of
from workbench.pack.work import PARAMETERS, Audit
from workbench.pack.zipping import write_zip
from workbench.snapshot import MANIFEST


@dataclass(frozen=True)
class Place:
    """The work for one pack, the folder it goes to, and whether it is there already."""

    audit: Audit
    target: Path
    made: bool


def place_of(
    out: Path, name: str, audit_of: Callable[[Replaced | None], Audit], why: str = "", language: str = ""
) -> Place:
    """Where the pack of that name goes below `out`; `audit_of` makes the work, given the pack that it replaces.

    Without `why` it is the first of its name. With it, it is a later version, unless the newest one is that version
    already, and is written in `language` (empty: that of the pack it replaces). Raises WorkbenchError as `is_made` and
    `next_version` do.
    """
    if not why.strip():
        audit = audit_of(None)
        return Place(audit, out / name, is_made(audit, out / name))
    target, replaced = next_version(out, name, why)
    if replaced is None:
        return Place(audit_of(None), target, made=False)
    newest = out / replaced.name
    with speaking(language or language_of(out, replaced.name)):
        audit = audit_of(_replaced_by(newest))
        if audit.given.replaces and audit.given.replaces.why == replaced.why and _pack_id(newest) == audit.pack_id:
            return Place(audit, newest, is_made(audit, newest))
        return Place(audit_of(replaced), target, made=False)


def _replaced_by(folder: Path) -> Replaced | None:
    """The pack that a finished one says it takes the place of."""
    try:
        told = json.loads((folder / PARAMETERS).read_text(encoding="utf-8"))["replaces"]
        return Replaced(**told) if told else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_made(audit: Audit, target: Path) -> bool:
    """Whether this very pack is there already, whole: the same snapshot, parameters and code, every file as it was.

    A pack whose process was killed before its zip was written gets the zip. Raises WorkbenchError where something else
    has the pack's name: another work's pack, a pack that was changed, or no pack at all.
    """
    packed = zip_of(target)
    if not target.exists():
        if packed.exists():
            raise WorkbenchError(
                f"'{packed}' exists already, without its folder, and a pack is never overwritten.",
                "choose another --out, or move it away",
            )
        return False
    made = _pack_id(target)
    if made != audit.pack_id:
        found = f"is pack {made[:16]}" if made else "is no pack"
        raise WorkbenchError(
            f"'{target}' exists already and a pack is never overwritten: it {found}, this would be "
            f"{audit.pack_id[:16]}, because snapshot, parameters, decisions, language or code differ.",
            "choose another --out, or say why a second version is made: --why",
        )
    verdict = verify_standalone.examine(target)
    if not verdict.holds:
        raise WorkbenchError(
            f"'{target}' exists already and is not as it was made: {verdict.lines()[-1]}.",
            "move it away, or choose another --out",
        )
    _complete_zip(target, packed)
    return True


def _pack_id(folder: Path) -> str:
    """What the manifest says a pack is; empty where there is none."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(manifest.get("pack_id", "")) if isinstance(manifest, dict) else ""


def _complete_zip(target: Path, packed: Path) -> None:
    """The zip beside a whole folder: the killed process may not have come to it."""
    if not packed.exists():
        partial = packed.with_name(f".{packed.name}.partial")
        write_zip(target, target.name, partial)
        partial.replace(packed)
    elif not verify_standalone.examine(packed).holds:
        raise WorkbenchError(
            f"'{packed}' exists already and is not as it was made.", "move it away and start the review again"
        )
