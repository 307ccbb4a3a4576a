"""An engine for SQL from a pack: it reads the snapshot's tables and nothing else, and writes nowhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from workbench.engine import MEMORY
from workbench.engine.duck import DuckEngine, first_line, quoted
from workbench.engine.shared import SharedViews
from workbench.errors import WorkbenchError
from workbench.frontmatter import parse_sql
from workbench.settings import read_settings

FIX = "do not trust this pack; compare its controls/ with those of an installation of your own"
# Which shared texts a pack may bring: what DuckDB reads, in the order in which they are made.
COMMENTS = re.compile(r"\A(\s+|--[^\n]*(\n|\Z)|/\*.*?\*/)+", re.DOTALL)
MACRO = re.compile(r"create\s+(or\s+replace\s+)?macro\s", re.IGNORECASE)
FUNCTIONS, VIEWS = "functions/duckdb/", "views/"


class SealedEngine(DuckEngine):
    """The tables of a snapshot with a pack's own functions and views instead of the installed ones.

    `shared` maps paths below controls/shared to texts. Before the first of them runs, the engine is closed to every
    file but the snapshot's and its settings are locked; a text that is anything but a macro, a view or one SELECT is
    refused with a WorkbenchError.
    """

    def __init__(self, folder: Path, shared: Mapping[str, str]) -> None:
        settings = read_settings()
        super().__init__(folder, memory=settings.memory or MEMORY, threads=settings.threads)
        self.views = SharedViews(
            parse_sql(text, name) for name, text in sorted(shared.items()) if name.startswith(VIEWS)
        )
        self._seal(folder)
        for name, text in sorted(shared.items()):
            if name.startswith(FUNCTIONS):
                self._define(name, text)
        self._make_views()

    def _seal(self, folder: Path) -> None:
        """From here on nothing outside the snapshot can be reached, and no setting can be changed."""
        places = ", ".join(quoted(f"{place}/") for place in (folder, self._spill.name))
        for statement in (
            f"set allowed_directories = [{places}]",
            "set enable_external_access = false",
            "set python_enable_replacements = false",
            "set allow_community_extensions = false",
            "set lock_configuration = true",
        ):
            self.connection.execute(statement)

    def _define(self, name: str, text: str) -> None:
        """The macros of one file, each statement looked at before it runs."""
        for statement in _statements(text, name):
            sql = statement.query.strip()
            if statement.type != duckdb.StatementType.CREATE or not MACRO.match(COMMENTS.sub("", sql)):
                raise WorkbenchError(f"{name} of the pack does more than to define a macro.", FIX)
            self.connection.execute(sql)

    def _make_views(self) -> None:
        for view in self.views.in_order():
            demand_one_select(view.sql, f"view {view.name}")
            self.connection.execute(f'create or replace view "{_plain(view.name)}" as {view.sql}')

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        """The rows of one SELECT; WorkbenchError for a text that is more or something else."""
        demand_one_select(sql, "a control")
        return super().query(sql, parameters)

    def columns_of(self, sql: str, parameters: Mapping[str, object] | None = None) -> dict[str, bool]:
        """The columns of one SELECT; WorkbenchError for a text that is more, something else, or cannot be planned."""
        for text in (f"select * from ({sql}) as candidate", sql):
            demand_one_select(text, "a control")
        try:
            return super().columns_of(sql, parameters)
        except duckdb.Error as error:
            raise WorkbenchError(f"The query failed: {first_line(error)}", FIX) from error


def demand_one_select(sql: str, name: str) -> None:
    """Raise WorkbenchError where a text is not exactly one SELECT."""
    statements = _statements(sql, name)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise WorkbenchError(f"The text of {name} in the pack is not one SELECT, so it was not run.", FIX)


def _statements(sql: str, name: str) -> list[duckdb.Statement]:
    try:
        return duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise WorkbenchError(f"The text of {name} in the pack is no SQL: {first_line(error)}", FIX) from error


def _plain(name: str) -> str:
    if not name.replace("_", "").isalnum():
        raise WorkbenchError(f"The pack names a view '{name}'.", FIX)
    return name
