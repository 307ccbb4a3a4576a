"""Options that several commands have: memory, language, JSON, a day, parameters of controls."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import click

from workbench.errors import WorkbenchError

LANGUAGE_GIVEN = "workbench.language"
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
    help="What the engine may take, e.g. 8GB; more goes to disk. Default 3.3GB.",
)


def speak_language(context: click.Context, _option: click.Parameter, name: str | None) -> None:
    """Have this command and every process it starts speak a language; a usage error for one that nobody here speaks."""
    from workbench.language import known_language

    if name:
        try:
            context.meta[LANGUAGE_GIVEN] = os.environ["WORKBENCH_LANGUAGE"] = known_language(name)
        except WorkbenchError as error:
            raise click.BadParameter(f"{error.problem} {error.fix}") from error


LANGUAGE = click.option(
    "--language",
    metavar="NAME",
    expose_value=False,
    callback=speak_language,
    help="What the pages are written in: en, zh_CN or ja. Default: that of the settings, else English.",
)


def spoken_language() -> str:
    """What --language of the command that runs says; empty where it was not given."""
    return str(click.get_current_context().meta.get(LANGUAGE_GIVEN, ""))


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
