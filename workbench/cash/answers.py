"""What was answered at the desk, kept in the workspace under the snapshot and the day it was said of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.cash.desk import Desk
from workbench.errors import WorkbenchError
from workbench.language import say
from workbench.settings import PACKAGE, read_settings
from workbench.snapshot import canonical_json


def answers_folder() -> Path:
    """Where answers and application files are kept: the folder `cash` of the workspace."""
    base = PACKAGE.parent if (PACKAGE.parent / "queries").is_dir() else Path.cwd()
    return base / read_settings().workspace / "cash"


@dataclass(frozen=True)
class Restored:
    """A desk with its answers of before; `lost` are those that no longer fit it, in words."""

    desk: Desk
    lost: tuple[str, ...] = ()


def answers_file(desk: Desk) -> Path | None:
    """The file of a desk's answers; None for a desk without a key, whose answers are not kept."""
    return answers_folder() / f"{desk.key}.json" if desk.key else None


def keep(desk: Desk) -> None:
    """Write the answers of a desk, all or nothing; WorkbenchError where the workspace cannot be written."""
    file = answers_file(desk)
    if file is None:
        return
    partial = file.with_suffix(".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        text = canonical_json({"accepted": sorted(desk.accepted), "refused": dict(desk.refused or {})})
        partial.write_text(text, encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        problem = say("'{file}' cannot be written: {error}.", file=file, error=error.strerror)
        raise WorkbenchError(problem, say("look at the workspace")) from error


def restored(desk: Desk) -> Restored:
    """A desk as it was left; WorkbenchError where its file cannot be read."""
    file = answers_file(desk)
    if file is None or not file.is_file():
        return Restored(desk)
    plain = _read(file)
    found, lost = replace(desk, accepted=frozenset(), refused=None), []
    for name, why in sorted(dict(plain.get("refused") or {}).items()):
        try:
            found = found.refuse(str(name), str(why))
        except WorkbenchError as error:
            lost.append(error.problem)
    for name in sorted(map(str, plain.get("accepted") or ())):
        try:
            found = found.accept(name)
        except WorkbenchError as error:
            lost.append(error.problem)
    return Restored(found, tuple(lost))


def _read(file: Path) -> Mapping[str, Any]:
    try:
        plain: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problem = say("'{file}' holds no answers: {error}.", file=file, error=error)
        raise WorkbenchError(problem, say("remove the file to begin anew")) from error
    if not isinstance(plain, dict):
        raise WorkbenchError(say("'{file}' holds no answers.", file=file), say("remove the file to begin anew"))
    return plain
