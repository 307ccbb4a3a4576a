"""Where things are, and what workbench.toml and WORKBENCH_... variables say."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from workbench.errors import UnknownNameError, WorkbenchError

PACKAGE = Path(__file__).resolve().parent


def project_folder(name: str) -> Path:
    """A folder that ships with the project (queries, notebooks): beside the package, or inside an installed one."""
    beside = PACKAGE.parent / name
    return beside if beside.is_dir() else PACKAGE / name


QUERIES = project_folder("queries")
NOTEBOOKS = project_folder("notebooks")


@dataclass(frozen=True)
class Settings:
    """Configuration: workbench.toml in the working folder, then environment variables, then options.

    `memory` is what the engine may take ("8GB"; empty: 3.3 GB for controls, 1 GB for loading); what needs more is
    spilled to disk. `threads` 0 means all cores. `decisions` is the URL of the decision store (empty: a file in the
    workspace). `key` is the private key that signs packs (a file or a key id; empty: the own one). `language` is what
    pages, screens and notebooks are written in: en, zh_CN or ja (empty: JupyterLab's own, else English).
    """

    snapshot: str = ""
    engine: str = "duckdb"
    memory: str = ""
    threads: int = 0
    workspace: str = "workspace"
    decisions: str = ""
    key: str = ""
    language: str = ""


def read_settings(folder: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Settings in force in a folder (default: the working folder).

    Raises WorkbenchError for a file that is not TOML, an unknown name or a value of another type.
    """
    file = (folder or Path.cwd()) / "workbench.toml"
    values: dict[str, Any] = {}
    if file.is_file():
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise WorkbenchError(f"{file.name} is not TOML: {error}.", "correct that line") from error
    known = {field.name: field for field in fields(Settings)}
    for name, field in known.items():
        from_environment = (environment if environment is not None else os.environ).get(f"WORKBENCH_{name.upper()}")
        if from_environment is not None:
            values[name] = from_environment
        if name in values:
            values[name] = _as_type(name, values[name], type(field.default))
    for name in values:
        if name not in known:
            raise UnknownNameError("setting", name, known)
    return Settings(**values)


def _as_type(name: str, value: object, wanted: type) -> object:
    try:
        return wanted(value)
    except (TypeError, ValueError) as error:
        raise WorkbenchError(f"Setting {name} is {value!r}, which is no {wanted.__name__}.", "correct it") from error
