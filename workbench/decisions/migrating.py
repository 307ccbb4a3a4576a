"""Bring a store to the version of this release, or say that it belongs to a newer one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from workbench.errors import WorkbenchError

MIGRATIONS = Path(__file__).parent / "migrations"


@cache
def versions() -> tuple[str, ...]:
    """The versions that this release knows, oldest first."""
    found = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    return tuple(reversed(found))


def version_of(connection: Connection) -> str:
    """The version of the store on a connection; empty where there is none yet."""
    if not sqlalchemy.inspect(connection).has_table("alembic_version"):
        return ""
    return MigrationContext.configure(connection).get_current_revision() or ""


def is_current(connection: Connection) -> bool:
    """Whether a store is there and of this release's version.

    Raises WorkbenchError for a version that this release does not know.
    """
    found = version_of(connection)
    if found and found not in versions():
        raise WorkbenchError(
            f"The decision store has version {found}, and this release knows none after {versions()[-1]}.",
            "install the newer release of billing-workbench that your team uses",
        )
    return found == versions()[-1]


def migrate(connection: Connection, to: str = "head") -> None:
    """Make the store or bring it up to date, in the connection's own transaction: whole or not at all."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
