"""SQL files that carry their metadata in a leading /*--- yaml ---*/ comment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from workbench.errors import WorkbenchError

FRONT = re.compile(r"\A\s*/\*---\n(?P<yaml>.*?)\n---\*/\s*(?P<sql>.*)\Z", re.DOTALL)


def read_sql(file: Path) -> tuple[dict[str, Any], str]:
    """Metadata and SQL text of one file, the text without its closing semicolon.

    Raises WorkbenchError where the comment is missing or is not YAML.
    """
    return parse_sql(file.read_text(encoding="utf-8"), file.name)


def parse_sql(text: str, name: str) -> tuple[dict[str, Any], str]:
    """The same from a text; `name` is for the error."""
    found = FRONT.match(text)
    if found is None:
        raise WorkbenchError(f"{name} does not begin with its metadata.", "open it with /*--- yaml ---*/")
    try:
        metadata = yaml.safe_load(found["yaml"])
    except yaml.YAMLError as error:
        raise WorkbenchError(f"The metadata of {name} is not YAML: {error}.", "correct the comment") from error
    return metadata, found["sql"].rstrip().removesuffix(";")
