"""What an organisation calls its own fields: a fields.yml among the inputs, and what stands for a field it lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.sources.files import listed
from workbench.sources.systems import Export, System

NAMES = ("fields.yml", "fields.yaml")
EVERY = "every"
MOST = 1 << 20
EXAMPLE = "write it as\n    Case:\n      invoice: Billing_Document__c\n    every:\n      currency: {value: SGD}"


def with_own_fields(system: System, inputs: Sequence[Path]) -> tuple[System, str]:
    """A system with the names and values that a fields.yml among the inputs gives, and that file's name.

    The name is empty where there is no such file, or the system has no fields to be named. Raises WorkbenchError for a
    file that is not what it has to be, and UnknownNameError for an export or a field that there is not.
    """
    files = [file for file in listed(inputs) if file.name.lower() in NAMES]
    if not files or not any(export.fields for export in system.exports):
        return system, ""
    if len(files) > 1:
        raise WorkbenchError(f"There are {len(files)} files of fields.", "give one fields.yml")
    exports = {export.name: export for export in system.exports}
    for title, name, said in _said(files[0]):
        fitting = _named(system, title, name, files[0].name)
        for export in fitting:
            exports[export.name] = _with(exports[export.name], name, said, files[0].name)
    return replace(system, exports=tuple(exports.values())), files[0].name


def _said(file: Path) -> Iterator[tuple[str, str, Any]]:
    """Every (export, field, what is said of it)."""
    try:
        if file.stat().st_size > MOST:
            raise WorkbenchError(f"{file.name} is larger than a list of fields can be.", EXAMPLE)
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise WorkbenchError(f"{file.name} cannot be read as YAML.", EXAMPLE) from error
    if not isinstance(said, dict) or not all(isinstance(entry, dict) for entry in said.values()):
        raise WorkbenchError(f"{file.name} is no list of fields by object.", EXAMPLE)
    for title, entry in said.items():
        for name, value in entry.items():
            yield str(title), str(name), value


def _named(system: System, title: str, name: str, file: str) -> list[Export]:
    """The exports that an entry is for."""
    known = {each.lower(): export for export in system.exports for each in (export.name, *export.tables)}
    if title.lower() == EVERY:
        fitting = [export for export in system.exports if name in export.fields]
    elif title.lower() in known:
        fitting = [export for export in [known[title.lower()]] if name in export.fields]
    else:
        raise UnknownNameError(f"object in {file}", title, [*known, EVERY])
    if not fitting:
        fields = {each for export in system.exports for each in export.fields}
        own = known[title.lower()].fields if title.lower() in known else fields
        raise UnknownNameError(f"field of {title} in {file}", name, sorted(own))
    return fitting


def _with(export: Export, name: str, said: Any, file: str) -> Export:
    if isinstance(said, str) and said.strip():
        return replace(export, fields={**export.fields, name: (said.strip(),)}, chosen=(*export.chosen, name))
    if isinstance(said, dict) and said.keys() == {"value"} and isinstance(said["value"], str | int):
        return replace(export, values={**export.values, name: str(said["value"])})
    raise WorkbenchError(f"{file} says of {name} neither the name of a field nor a value.", EXAMPLE)
