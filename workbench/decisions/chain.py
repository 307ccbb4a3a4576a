"""The chain of entries: whether it is whole, and the heads that show a tail that was cut."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from workbench.decisions.entry import GENESIS, Entry, hash_of, standings_of
from workbench.decisions.words import ACTS, APPROVED
from workbench.errors import WorkbenchError
from workbench.snapshot import canonical_json

SHOWN = 50


@dataclass(frozen=True)
class Head:
    """How long a store's chain was, and the hash of its last entry."""

    store_id: str
    count: int = 0
    hash: str = GENESIS

    @property
    def words(self) -> str:
        """For a note or a mail: "7:ab12...", which `workbench decisions verify --head` takes."""
        return f"{self.count}:{self.hash}"


@dataclass(frozen=True)
class Verification:
    """What was found wrong with a chain: nothing, or a sentence each."""

    head: Head
    problems: tuple[str, ...]
    heads: int

    @property
    def holds(self) -> bool:
        """Whether nothing is changed, missing, moved or cut."""
        return not self.problems

    def as_json(self) -> str:
        """As JSON for a program to read."""
        plain = {"holds": self.holds, "head": asdict(self.head), "heads": self.heads, "problems": list(self.problems)}
        return canonical_json(plain).rstrip("\n")

    def as_text(self) -> str:
        """In lines for a person."""
        if self.holds:
            tail = f"{self.heads} earlier head{'' if self.heads == 1 else 's'} found in it"
            entries = f"{self.head.count:,} {'entry' if self.head.count == 1 else 'entries'}"
            return f"{entries}, each as it was written and in its place; {tail}.\nhead {self.head.words}"
        more = [f"... and {len(self.problems) - SHOWN:,} more"] if len(self.problems) > SHOWN else []
        return "\n".join([*self.problems[:SHOWN], *more])


def examine(store_id: str, rows: Iterable[tuple[str, Entry]], heads: Sequence[Head] = ()) -> Verification:
    """Examine rows of (stored hash, entry) in any order: each against its hash, its place and the one before.

    A cut tail leaves a whole chain, which only `heads` seen earlier (of packs, exports, the workspace) can show.
    """
    problems: list[str] = []
    sound: list[tuple[str, Entry]] = []
    for stored, entry in rows:
        number: object = entry.number
        if isinstance(number, int):
            sound.append((stored, entry))
        else:
            problems.append(f"An entry has the number '{number}', which is none.")
    ordered = sorted(sound, key=lambda row: row[1].number)
    place_of = {stored: entry.number for stored, entry in ordered}
    last, previous = 0, GENESIS
    for stored, entry in ordered:
        problems += _missing(last, entry.number)
        problems += _entry_problems(stored, entry, previous, place_of)
        last, previous = entry.number, stored
    problems += _rules_broken([entry for _, entry in ordered])
    hashes = {0: GENESIS} | {entry.number: stored for stored, entry in ordered}
    for head in heads:
        problems += _head_problems(head, store_id, hashes, last)
    return Verification(Head(store_id, last, str(previous)), tuple(dict.fromkeys(problems)), len(heads))


def _missing(last: int, number: int) -> list[str]:
    if number == last + 1:
        return []
    if number <= last:
        return [f"Entry {number} is there twice, or out of its place."]
    gone = f"Entry {last + 1} is" if number == last + 2 else f"Entries {last + 1} to {number - 1} are"
    return [f"{gone} missing."]


def _entry_problems(stored: str, entry: Entry, previous: str, place_of: Mapping[str, int]) -> list[str]:
    fields = entry.as_dict()
    if not isinstance(stored, str) or hash_of(_plain(fields)) != stored:
        home = 1 if entry.previous_hash == GENESIS else place_of.get(entry.previous_hash, -1) + 1
        if home and hash_of(_plain(fields | {"number": home})) == stored:
            return [f"Entry {entry.number} was written as entry {home}: the order was changed."]
        return [f"Entry {entry.number} is not as it was written: its content and its hash differ."]
    if entry.previous_hash != previous:
        return [f"Entry {entry.number} does not follow the entry before it: that one was changed, removed or moved."]
    return []


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    # Damage may put bytes where text was; they are no JSON, and must give another hash.
    return {name: value if isinstance(value, str | int) else repr(value) for name, value in fields.items()}


def _rules_broken(entries: Sequence[Entry]) -> list[str]:
    """What no chain written by the workbench holds, however well its hashes were made."""
    problems: list[str] = []
    last: dict[str, int] = {}
    by_number = {entry.number: entry for entry in entries}
    for entry in entries:
        if entry.act not in ACTS:
            problems.append(f"Entry {entry.number} does '{entry.act}', which nobody can.")
        if entry.finding_id is not None:
            if entry.after != last.get(entry.finding_id, 0):
                problems.append(f"Entry {entry.number} does not follow the last entry of finding {entry.finding_id}.")
            last[entry.finding_id] = entry.number
        proposal = by_number.get(entry.refers or 0)
        if entry.act == APPROVED:
            same = proposal and (proposal.finding_id, proposal.amount, proposal.currency, proposal.remedy) == (
                entry.finding_id,
                entry.amount,
                entry.currency,
                entry.remedy,
            )
            if not same or proposal is None or proposal.by == entry.by or not entry.authority:
                problems.append(f"Entry {entry.number} approves what nobody else proposed, or without an authority.")
    return problems


def _head_problems(head: Head, store_id: str, hashes: Mapping[int, str], last: int) -> list[str]:
    if head.store_id and head.store_id != store_id:
        return [f"The head {head.words} is of another store ({head.store_id})."]
    if head.count > last:
        gone = f"entry {head.count} was" if head.count == last + 1 else f"entries {last + 1} to {head.count} were"
        return [f"The store once had {head.count:,} entries and has {last:,}: {gone} cut off its end."]
    if hashes.get(head.count) != head.hash:
        return [f"Entry {head.count} is not the one that was seen earlier: the chain was written anew."]
    return []


def extract(store_id: str, entries: Sequence[Entry], finding_ids: Iterable[str] | None = None) -> dict[str, Any]:
    """The document decisions.json: the chain with the entries of these findings (None: all) and explanations.

    Of other entries stand the number and both hashes, so that the chain can be followed and nothing else be read.
    """
    wanted = None if finding_ids is None else set(finding_ids)
    told = []
    scoped = {entry.number for entry in entries if entry.scope}
    for entry in entries:
        if wanted is None or entry.finding_id in wanted or entry.number in scoped or entry.refers in scoped:
            told.append({**entry.as_dict(), "hash": entry.hash})
        else:
            told.append({"number": entry.number, "previous_hash": entry.previous_hash, "hash": entry.hash})
    last = Head(store_id, entries[-1].number, entries[-1].hash) if entries else Head(store_id)
    whole = [entry for entry in entries if wanted is None or entry.finding_id in wanted]
    return {
        "hashed": "SHA-256 of an entry without its hash as JSON: sorted keys, no blanks, UTF-8",
        "head": asdict(last),
        "entries": told,
        "standing": {name: one.as_json() for name, one in sorted(standings_of(whole).items())},
    }


def read_heads(file: Path) -> Head:
    """The head that a pack's decisions.json (or the folder with it) wrote down; WorkbenchError where it has none."""
    document = file / "decisions.json" if file.is_dir() else file
    try:
        return Head(**json.loads(document.read_text(encoding="utf-8"))["head"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkbenchError(
            f"'{document}' tells no head of a decision store.", "give a pack, or its decisions.json"
        ) from (error)


def read_seen(file: Path | None) -> Head | None:
    """The head that this workspace saw last of a store; None where it saw none."""
    return read_heads(file) if file and file.is_file() else None


def write_seen(file: Path | None, head: Head) -> None:
    """Remember a head, if no longer one is remembered; the store has the decision even where nothing can be written."""
    if file is None:
        return
    with suppress(OSError, WorkbenchError):
        before = read_seen(file)
        if before and before.count >= head.count:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{file.stem}-", dir=file.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump({"head": asdict(replace(head))}, stream)
        Path(name).replace(file)
