"""The decisions a pack is made with: the store as it was read once, before the first result."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.decisions.chain import Head, examine, extract
from workbench.decisions.entry import Entry, Standing, standings_of
from workbench.decisions.scope import Explanation, explanations_of
from workbench.errors import WorkbenchError
from workbench.snapshot import canonical_json


@dataclass(frozen=True)
class Decided:
    """Every entry of a decision store at one moment, in order; without entries nobody has decided anything."""

    store_id: str = ""
    entries: tuple[Entry, ...] = ()

    @property
    def head(self) -> Head:
        """How many entries there are, and the hash of the last."""
        last = self.entries[-1] if self.entries else None
        return Head(self.store_id, last.number, last.hash) if last else Head(self.store_id)

    @cached_property
    def standings(self) -> dict[str, Standing]:
        """What holds for each finding that was ever decided on."""
        return standings_of(self.entries)

    @cached_property
    def explanations(self) -> tuple[Explanation, ...]:
        """Every explanation with a scope, those too that have expired or were withdrawn."""
        return explanations_of(list(self.entries))

    def standing(self, finding_id: str) -> Standing:
        """What holds for one finding; open where nobody decided."""
        return self.standings.get(finding_id) or Standing(finding_id)

    def entry(self, number: int) -> Entry:
        """An entry by its number, counted from 1."""
        return self.entries[number - 1]

    def as_fixed(self, as_of: date) -> dict[str, Any] | None:
        """What parameters.json fixes: the chain's head and every explanation as it stands on a day; None for none."""
        if not self.entries:
            return None
        told = [
            {
                "entry": one.number,
                "scope": one.scope.words,
                "expires_on": one.expires_on.isoformat(),
                "state": one.state(as_of),
            }
            for one in self.explanations
        ]
        return {**asdict(self.head), "explanations": told}

    def write(self, file: Path) -> None:
        """Write every entry, so that another process decides by the very same ones."""
        file.write_text(canonical_json(extract(self.store_id, self.entries)), encoding="utf-8")


def read_frozen(file: Path) -> Decided:
    """What Decided.write wrote."""
    document = json.loads(file.read_text(encoding="utf-8"))
    told = [{name: value for name, value in entry.items() if name != "hash"} for entry in document["entries"]]
    return Decided(document["head"]["store_id"], tuple(Entry(**entry) for entry in told))


def read_store(url: str = "") -> Decided:
    """The decisions of the store at an address (empty: that of the settings, else the workspace's), read once.

    A store of the settings or the workspace that nobody has made yet holds no decision. Raises WorkbenchError for an
    address given here that leads to no store, and for a chain that is not whole: no pack rests on it.
    """
    # Kernels that work for a pack know its decisions from its folder, and need no database.
    from workbench.decisions.address import address_of
    from workbench.decisions.store import open_store

    address = address_of(url)
    if address.get_backend_name() == "sqlite" and not _is_there(address.database):
        if url:
            raise WorkbenchError(f"There is no decision store '{url}'.", "give the address of yours, or leave it out")
        return Decided()
    store = open_store(address)
    try:
        verdict = store.verify()
        if not verdict.holds:
            raise WorkbenchError(
                f"The decision store is not as it was written: {verdict.problems[0]}",
                "look into it: workbench decisions verify",
            )
        entries = tuple(store.entries())
    finally:
        store.close()
    # Somebody may have decided between the two readings; what was read last is whole too, or it is not used.
    again = examine(store.store_id, [(entry.hash, entry) for entry in entries], (verdict.head,))
    if not again.holds:
        raise WorkbenchError(f"The decision store changed while it was read: {again.problems[0]}", "try again")
    return Decided(store.store_id, entries)


def _is_there(database: str | None) -> bool:
    # An address such as file:store.sqlite?uri=true is looked at by SQLite alone.
    return database is None or database.startswith("file:") or Path(database).is_file()
