"""Options that several commands have: memory, JSON, a day, parameters of controls."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import click

from workbench.errors import WorkbenchError

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for a program to read.")


def limit_memory(_context: click.Context, _option: click.Parameter, size: str | None) -> None:
    """Hold this command and every process it starts to a size; a usage error where the text is none."""
    if size:
        if not re.fullmatch(r"\d+(\.\d+)?\s*[KMGT]i?B", size, re.IGNORECASE):
            raise click.BadParameter(f"'{size}' is no size; give 4GB or 500MB.")
        os.environ["WORKBENCH_MEMORY"] = size


MEMORY = click.option(
    "--memory",
    metavar="SIZE",
    expose_value=False,
    callback=limit_memory,
    help="What the engine may take, e.g. 8GB; more goes to disk. Default 3GB.",
)


class Day(click.ParamType[date]):
    """A date as YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date; a usage error where the text is none."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"'{value}' is no date; give YYYY-MM-DD, as 2025-03-31.", param, ctx)


DAY = Day()


def read_parameters(given: Iterable[str]) -> dict[str, dict[str, object]]:
    """Parameters by control from texts like COM-01.grace_days=7; WorkbenchError for a text of another form."""
    own: dict[str, dict[str, object]] = {}
    for text in given:
        name, equals, value = text.partition("=")
        control_id, dot, parameter = name.partition(".")
        if not (equals and dot and parameter):
            raise WorkbenchError(f"--param '{text}' is not ID.name=value.", "write --param COM-01.grace_days=7")
        own.setdefault(control_id.upper(), {})[parameter] = value
    return own
