"""Saved views: small JSON files in the workspace, one a name, fit to go into a pack."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.language import say
from workbench.snapshot import canonical_json
from workbench.widgets.view import View
from workbench.workspace import workspace

NAME = re.compile(r"[\w][\w .()+-]{0,79}")


def views_folder() -> Path:
    """Where saved views are kept."""
    return workspace() / "views"


def saved_views() -> list[str]:
    """The names of the saved views, in order."""
    return sorted((file.stem for file in views_folder().glob("*.json")), key=str.casefold)


def save_view(name: str, view: View) -> Path:
    """Save a view under a name, over one that bears it; its file.

    Raises WorkbenchError for a name that no file can have and a place that cannot be written.
    """
    file = _file(name)
    partial = file.with_suffix(".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(view_json(view), encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        problem = say("'{file}' cannot be written: {error}.", file=file, error=error.strerror)
        raise WorkbenchError(problem, say("look at the workspace")) from error
    return file


def load_view(name: str) -> View:
    """The saved view of a name; UnknownNameError where there is none, WorkbenchError where the file is no view."""
    file = _file(name)
    if not file.is_file():
        raise UnknownNameError("saved view", name, saved_views() or ["none yet"])
    return read_view(file)


def read_view(file: Path) -> View:
    """A view from a JSON file; WorkbenchError where it is none."""
    try:
        plain: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WorkbenchError(f"'{file.name}' is no view: {error}.", "save the view again") from error
    if not isinstance(plain, dict):
        raise WorkbenchError(f"'{file.name}' is no view: it holds no names and values.", "save the view again")
    return View.read(plain)


def delete_view(name: str) -> None:
    """Forget a saved view; UnknownNameError where there is none."""
    file = _file(name)
    if not file.is_file():
        raise UnknownNameError("saved view", name, saved_views() or ["none yet"])
    file.unlink()


def view_json(view: View) -> str:
    """A view as canonical JSON text: the same bytes for the same view."""
    return canonical_json(view.as_json())


def _file(name: str) -> Path:
    if not NAME.fullmatch(name) or name != name.strip():
        raise WorkbenchError(
            say("'{name}' is no name for a view.", name=name[:80]),
            say("use letters, digits, blanks and . ( ) + -, at most 80 of them"),
        )
    return views_folder() / f"{name}.json"
