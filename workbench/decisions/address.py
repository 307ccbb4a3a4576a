"""Where decisions are kept: one URL, opened so that what was acknowledged stays, and errors that keep the password."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from workbench.errors import WorkbenchError
from workbench.settings import read_settings
from workbench.workspace import workspace

PASSWORD = "WORKBENCH_DECISIONS_PASSWORD"  # noqa: S105 - the variable's name
FILE = "decisions.sqlite"
WAIT_SECONDS = 30
# One number for "whoever writes to the decision store of this database"; 4 bytes of ASCII "wbds".
LOCK = 0x77626473
BACKENDS = ("sqlite", "postgresql")
LOCKED = ("database is locked", "lock timeout", "lock_timeout", "LockNotAvailable", "canceling statement due to lock")
FULL = ("disk is full", "disk I/O error", "No space left", "DiskFull", "could not extend file", "could not write")


def address_of(given: str = "") -> URL:
    """The URL of the store: the one given, else of the settings, else a SQLite file in the workspace.

    A password that it lacks comes from WORKBENCH_DECISIONS_PASSWORD. Raises WorkbenchError for a text that is no URL
    or names another database than SQLite and PostgreSQL.
    """
    text = given or read_settings().decisions
    if not text:
        return URL.create("sqlite", database=str(workspace() / FILE))
    fix = "write sqlite:///decisions.sqlite, or postgresql://user@host/database with the password in " + PASSWORD
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # What could not be understood may hold a password, so neither it nor the error is shown.
        raise WorkbenchError("The address of the decision store is no address of a database.", fix) from None
    backend = url.get_backend_name()
    if backend not in BACKENDS:
        raise WorkbenchError(f"The decision store cannot be kept in '{backend}'.", fix)
    if backend == "sqlite":
        return _absolute(url)
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.password is None and os.environ.get(PASSWORD):
        url = url.set(password=os.environ[PASSWORD])
    return url


def _absolute(url: URL) -> URL:
    if "uri" in url.query:
        return url
    if not url.database or url.database == ":memory:":
        raise WorkbenchError(
            "A decision store in memory would forget every decision.", "name a file: sqlite:///decisions.sqlite"
        )
    return url.set(database=str(Path(url.database).expanduser().resolve()))


def shown(url: URL) -> str:
    """A URL as it may be shown: without its password, wherever in it that stands."""
    hidden = url.set(query={name: "***" if "pass" in name.lower() else value for name, value in url.query.items()})
    return hidden.render_as_string(hide_password=True)


def make_engine(url: URL, wait: float = WAIT_SECONDS) -> Engine:
    """An engine that waits `wait` seconds for others and acknowledges only what is on the disk.

    Raises WorkbenchError where the driver is not installed.
    """
    try:
        if url.get_backend_name() == "sqlite":
            engine = sqlalchemy.create_engine(url, poolclass=NullPool, connect_args={"timeout": wait})
            _prepare_sqlite(engine)
            return engine
        milliseconds = max(1, int(wait * 1000))
        options = f"-c lock_timeout={milliseconds} -c synchronous_commit=on -c timezone=UTC"
        connecting = {"connect_timeout": 10, "options": options, "application_name": "billing workbench decisions"}
        return sqlalchemy.create_engine(url, pool_pre_ping=True, pool_size=2, connect_args=connecting)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        fix = "pip install 'billing-workbench[databases]'"
        raise WorkbenchError(f"The driver of {shown(url)} is not installed.", fix) from error


def _prepare_sqlite(engine: Engine) -> None:
    # The driver's own transactions begin late and without a lock; ours begin where we say.
    @sqlalchemy.event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        # Bytes that are no UTF-8 any more must reach `verify`, not stop it.
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        # One file and no more, since people copy it; every commit reaches the disk, and so does the folder's entry.
        connection.execute("pragma synchronous = extra")
        connection.execute("pragma foreign_keys = on")
        connection.execute("pragma recursive_triggers = on")

    @sqlalchemy.event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("begin immediate" if writing else "begin")


def lock(connection: Connection) -> None:
    """Make this transaction the only one that writes; SQLite's began so."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"select pg_advisory_xact_lock({LOCK})")


@contextmanager
def told(url: URL, doing: str) -> Iterator[None]:
    """Turn what a database says into one sentence without the password; `doing` is "read" or "written"."""
    try:
        yield
    except SQLAlchemyError as error:
        said = _said(error, url)
        name = shown(url)
        if any(words in said for words in LOCKED):
            raise WorkbenchError(
                f"The decision store {name} is locked by somebody else's work.", "try again when that has ended"
            ) from error
        if any(words in said for words in FULL):
            raise WorkbenchError(
                f"The decision store {name} cannot be {doing}, its disk is full or failing ({said}); nothing was half "
                "written.",
                "make room, then decide again",
            ) from error
        raise WorkbenchError(
            f"The decision store {name} cannot be {doing}: {said}.", "look at the address, the rights and the server"
        ) from error


def _said(error: SQLAlchemyError, url: URL) -> str:
    said = " ".join(str(getattr(error, "orig", None) or error).split())
    secrets = [str(url.password or ""), *(str(value) for name, value in url.query.items() if "pass" in name.lower())]
    for secret in filter(None, secrets):
        said = said.replace(secret, "***")
    return said[:300].rstrip(".")


def mark_of(url: URL) -> str:
    """A name for a store's address that tells nothing of it: 16 signs of its SHA-256."""
    return hashlib.sha256(shown(url).encode()).hexdigest()[:16]
