"""The decision store: entries in one chain, read by anybody, added by one at a time, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from workbench.decisions import address, migrating
from workbench.decisions.authority import Authority
from workbench.decisions.chain import Head, Verification, examine, read_seen, write_seen
from workbench.decisions.decision import Decision
from workbench.decisions.entry import Entry, Standing, standings_of
from workbench.decisions.scope import Explanation, Scope, explanations_of
from workbench.decisions.tables import EntryRow, StoreRow
from workbench.decisions.writing import Writer
from workbench.workspace import workspace

Clock = Callable[[], datetime]
SEEN = "decision-heads"


def utc_now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


class Store:
    """An open decision store; every method is a transaction of its own.

    Raises WorkbenchError in one sentence, without the password, for whatever the database refuses.
    """

    def __init__(self, url: URL, engine: Engine, clock: Clock, seen: Path | None) -> None:
        self.url, self.engine, self.clock, self.seen = url, engine, clock, seen
        with self._reading() as session:
            self.store_id = session.scalars(select(StoreRow.store_id)).one()

    @property
    def name(self) -> str:
        """The address without its password."""
        return address.shown(self.url)

    def entries(self, finding_id: str | None = None) -> list[Entry]:
        """Every entry in order, or those of one finding."""
        wanted = select(EntryRow).order_by(EntryRow.number)
        if finding_id is not None:
            wanted = wanted.where(EntryRow.finding_id == finding_id)
        with self._reading() as session:
            return [row.entry() for row in session.scalars(wanted)]

    def standings(self) -> dict[str, Standing]:
        """What holds for each finding that was ever decided on."""
        return standings_of(self.entries())

    def standing(self, finding_id: str) -> Standing:
        """What holds for one finding; open where nobody decided."""
        return standings_of(self.entries(finding_id)).get(finding_id) or Standing(finding_id)

    def explanations(self) -> tuple[Explanation, ...]:
        """Every explanation with a scope, those too that have expired or were withdrawn."""
        return explanations_of(self.entries())

    def head(self) -> Head:
        """How many entries there are, and the hash of the last: what a pack writes down against a cut tail."""
        with self._reading() as session:
            last = session.scalars(select(EntryRow).order_by(EntryRow.number.desc()).limit(1)).first()
            return Head(self.store_id, last.number, last.entry_hash) if last else Head(self.store_id)

    def decide(self, decision: Decision) -> Entry:
        """Add one decision; ConflictError where somebody decided since `decision.after`."""
        with self.writing() as writer:
            return writer.decide(decision)

    def approve(self, finding_id: str, by: str, authority: Authority, after: int, via: str | None = None) -> Entry:
        """Approve the proposal in entry `after`; ConflictError where it is not the finding's last word any more."""
        with self.writing() as writer:
            return writer.approve(finding_id, by, authority, after, via)

    def explain(
        self, scope: Scope, expires_on: date, by: str, remark: str, finding_id: str | None = None, after: int = 0
    ) -> Entry:
        """Explain all that fits a scope until a day, with or without the finding that it began with."""
        with self.writing() as writer:
            return writer.explain(scope, expires_on, by, remark, finding_id, after)

    def withdraw(self, number: int, by: str, remark: str) -> Entry:
        """End the explanation of an entry before it expires."""
        with self.writing() as writer:
            return writer.withdraw(number, by, remark)

    def verify(self, heads: tuple[Head, ...] = ()) -> Verification:
        """Whether every entry is there, in place and as it was written, and whether these heads are in the chain.

        The head that this workspace saw last is always among them.
        """
        with self._reading() as session:
            rows = [(row.entry_hash, row.entry()) for row in session.scalars(select(EntryRow))]
        remembered = read_seen(self._seen_file())
        return examine(self.store_id, rows, (*heads, *([remembered] if remembered else [])))

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """One transaction that alone adds entries: all of them are kept at its end, or none.

        What a Writer refuses leaves the transaction as it was, so that a caller may go on with other decisions.
        """
        with address.told(self.url, "written"), self.engine.connect() as connection:
            with connection.execution_options(writing=True).begin():
                address.lock(connection)
                writer = Writer(connection, self.store_id, self.clock)
                yield writer
                writer.finish()
            head = writer.head
        write_seen(self._seen_file(), head)

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with address.told(self.url, "read"), Session(self.engine) as session:
            yield session

    def _seen_file(self) -> Path | None:
        return self.seen / f"{address.mark_of(self.url)}.json" if self.seen else None


def open_store(
    given: str | URL = "", *, clock: Clock = utc_now, seen: Path | None = None, wait: float = address.WAIT_SECONDS
) -> Store:
    """The store at an address (default: of the settings, else SQLite in the workspace); made where there is none.

    `seen` is the folder that remembers the last head (default: in the workspace); `wait` is how many seconds others may
    keep the store locked. Raises WorkbenchError for an address that leads nowhere and a store of a newer release.

    Example:
        >>> store = open_store("sqlite:///decisions.sqlite")
    """
    url = given if isinstance(given, URL) else address.address_of(given)
    if url.database == str(workspace() / address.FILE):
        workspace().mkdir(parents=True, exist_ok=True)
    engine = address.make_engine(url, wait)
    try:
        with address.told(url, "read"):
            with engine.connect() as connection:
                current = migrating.is_current(connection)
            if not current:
                _migrate(engine)
        return Store(url, engine, clock, seen or workspace() / SEEN)
    except BaseException:
        engine.dispose()
        raise


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection, connection.execution_options(writing=True).begin():
        address.lock(connection)
        # Whoever came first has made it in the meantime.
        if not migrating.is_current(connection):
            migrating.migrate(connection)
