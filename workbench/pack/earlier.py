"""Packs that were made before: the one of last month, and the one that a second version takes the place of."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.language import ENGLISH
from workbench.pack.verify_standalone import PARAMETERS, Verification, examine

VERSION = re.compile(r"-v([2-9]|[1-9][0-9]+)")


@dataclass(frozen=True)
class Replaced:
    """The pack that a later version takes the place of: its folder's name, its id, SHA-256 of its manifest, and why."""

    name: str
    pack_id: str
    manifest: str
    why: str

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return asdict(self)


def zip_of(target: Path) -> Path:
    """The zip beside a pack's folder."""
    # Not with_suffix: an entity id may hold a dot.
    return target.with_name(f"{target.name}.zip")


def next_version(out: Path, name: str, why: str = "") -> tuple[Path, Replaced | None]:
    """The folder of a pack that is to be made below `out`, and the pack it replaces where one of that name is there.

    The first has the name itself, a second version ends in -v2. Raises WorkbenchError where a pack is there and
    nothing says why another is made, and where the one to be replaced does not verify.
    """
    first = out / name
    taken = [path for path in _taken(out, name) if path.exists()]
    if not taken:
        return first, None
    if not why.strip():
        raise WorkbenchError(
            f"'{taken[0]}' exists already and a pack is never overwritten.",
            "choose another --out, or say why a second version is made: --why",
        )
    newest = max(_number(path, name) for path in taken)
    verdict = Verification("")
    # The folder and its zip, where both are there, say the same.
    for path in (path for path in taken if _number(path, name) == newest):
        verdict = examine(path)
        if not verdict.holds:
            raise WorkbenchError(
                f"'{path}' is to be replaced and does not verify: {verdict.lines()[0]}",
                "bring back the one that was made, or choose another --out",
            )
    before = verdict.pack.removesuffix(".zip")
    return out / f"{name}-v{newest + 1}", Replaced(before, verdict.pack_id, verdict.manifest, " ".join(why.split()))


def _taken(out: Path, name: str) -> list[Path]:
    """Where packs of a name are or were: every version's folder, then its zip."""
    versions = sorted(path for path in (out.iterdir() if out.is_dir() else ()) if _number(path, name) > 1)
    return [out / name, zip_of(out / name), *versions]


def _number(path: Path, name: str) -> int:
    """Which version of a pack a folder or zip is; 0 where it is of another."""
    plain = path.name.removesuffix(".zip")
    if plain == name:
        return 1
    found = VERSION.fullmatch(plain.removeprefix(name)) if plain.startswith(name) else None
    return int(found[1]) if found else 0


def language_of(out: Path, name: str) -> str:
    """What a finished pack below `out`, a folder or its zip, is written in; a pack that does not say so is English."""
    if (out / name).is_dir():
        text = (out / name / PARAMETERS).read_bytes()
    else:
        with zipfile.ZipFile(zip_of(out / name)) as archive:
            text = archive.read(f"{name}/{PARAMETERS}")
    return str(json.loads(text).get("language") or ENGLISH)


def known_pack(pack: Path) -> str:
    """The id of a finished pack, a folder or a zip; WorkbenchError where it does not verify, so nothing rests on it."""
    verdict = examine(pack)
    if not verdict.holds:
        raise WorkbenchError(
            f"'{pack}' cannot be compared with: {verdict.lines()[0]}", "give last month's pack as it was made"
        )
    return verdict.pack_id
