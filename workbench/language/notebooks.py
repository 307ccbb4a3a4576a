"""Notebooks whose prose is in the reader's language; their cells of code stay what they are."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

from workbench.language import ENGLISH, language, say

BLOCKS = re.compile(r"(\n\s*\n)")
CODE = ("    ", "```")


def translated(notebook: Any) -> Any:
    """A notebook (as nbformat or json reads it) with its headings and paragraphs said in the language in force.

    A paragraph that has no translation stays English. English itself gives the same notebook back.
    """
    if language() == ENGLISH:
        return notebook
    spoken = copy.deepcopy(notebook)
    for cell in spoken["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = prose("".join(cell["source"]))
    return spoken


def prose(markdown: str) -> str:
    """Markdown said a paragraph at a time."""
    return "".join(say(part) if is_prose(part) else part for part in BLOCKS.split(markdown.strip()))


def is_prose(part: str) -> bool:
    """Whether a part of Markdown is something to read and no blank line, and no code."""
    return bool(part.strip()) and not part.startswith(CODE)


def translated_copies(source: Path, target: Path, *, again: bool = False) -> Path:
    """The notebooks of a folder said in the language in force, as files in `target`, which is returned.

    A file that is there is left alone, for somebody may have worked on it, unless it is to be made `again`.
    """
    target.mkdir(parents=True, exist_ok=True)
    for file in sorted(source.glob("*.ipynb")):
        place = target / file.name
        if again or not place.exists():
            spoken = translated(json.loads(file.read_text(encoding="utf-8")))
            place.write_text(json.dumps(spoken, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return target
