"""The board of a review: every entity's state, stage and time left, written to the page of its folder as it changes."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.pack.notebook import NotebookFailure
from workbench.pack.overview import LAST_STAGE, PAGE, STARTING, Row, overview_page, read_row
from workbench.snapshot import canonical_json

STATE = "review.json"
NOT_MADE = ("waiting", "running", "failed", "interrupted")


@dataclass
class Entry:
    """One entity of a review: where it stands. Times are seconds of this process's clock."""

    name: str
    title: str
    period: str
    state: str = "waiting"
    stage: str = ""
    done: int = 0
    parts: int = 0
    began: float = 0.0
    ended: float = 0.0
    cell: str = ""
    source: str = ""
    error: str = ""


class Board:
    """What a review has done and has to do; several threads tell it, and `changed` is called after each change."""

    def __init__(self, out: Path, jobs: int, changed: Callable[[Board, Entry | None], None]) -> None:
        self.out, self.jobs, self.changed = out, jobs, changed
        self.entries: dict[str, Entry] = {}
        self.common = ("", 0, 0)
        self._pace: list[float] = []
        self._lock = threading.RLock()
        self._others: list[Row] = []

    def add(self, entries: Sequence[Entry]) -> None:
        """What is to be done; from here on the page is kept."""
        with self._lock:
            self.entries = {entry.name: entry for entry in entries}
            self._others = [row for row in _read_states(self.out) if row.name not in self.entries]
            self.write()

    def prepare(self, what: str, done: int, every: int) -> None:
        """Work for all entities together: control by control."""
        with self._lock:
            self.common = (what, done, every)
            self.changed(self, None)

    def begin(self, name: str) -> None:
        """An entity's notebook starts."""
        with self._lock:
            entry = self.entries[name]
            entry.state, entry.stage, entry.began = "running", STARTING, time.monotonic()
            self._tell(entry)

    def stage(self, name: str, what: str, done: int, parts: int) -> None:
        """An entity comes to a cell."""
        with self._lock:
            entry = self.entries[name]
            entry.stage, entry.done, entry.parts = what or entry.stage, done, parts
            if done + 1 >= parts:
                entry.stage = what or LAST_STAGE
            self.changed(self, entry)

    def end(self, name: str, state: str, error: WorkbenchError | None = None) -> None:
        """An entity's pack is made, was there already, or failed."""
        with self._lock:
            entry = self.entries[name]
            entry.state, entry.ended, entry.stage = state, time.monotonic(), ""
            if state == "made":
                self._pace.append(entry.ended - entry.began)
            if error:
                entry.error = error.problem
            if isinstance(error, NotebookFailure):
                entry.cell, entry.source, entry.error = error.cell, error.source, error.error
            self._tell(entry)

    def stop(self) -> None:
        """The review ends before its time: what was running or waiting was interrupted."""
        with self._lock:
            for entry in self.entries.values():
                if entry.state in {"running", "waiting"}:
                    entry.state = "interrupted"
            self.write()

    def left(self, entry: Entry) -> float | None:
        """Seconds that a running entity still takes, by those that are done, else by its cells; None when unknown."""
        if entry.state != "running":
            return None
        gone = time.monotonic() - entry.began
        if self._pace:
            return max(sum(self._pace) / len(self._pace) - gone, 0.0)
        return gone / entry.done * (entry.parts - entry.done) if entry.done > 1 else None

    def left_in_all(self) -> float | None:
        """Seconds until every entity is done; None when nothing is known yet."""
        running = [self.left(entry) for entry in self.entries.values() if entry.state == "running"]
        known = [seconds for seconds in running if seconds is not None]
        waiting = sum(entry.state == "waiting" for entry in self.entries.values())
        each = sum(self._pace) / len(self._pace) if self._pace else None
        if not known or (waiting and each is None):
            return None
        return max(known) + (each or 0.0) * -(-waiting // self.jobs)

    def finished(self) -> int:
        """How many entities need no more work."""
        return sum(entry.state in {"made", "kept", "failed"} for entry in self.entries.values())

    def _tell(self, entry: Entry) -> None:
        self.write()
        self.changed(self, entry)

    def write(self) -> None:
        """The page and its states, each whole or as it was before."""
        mine = [_row(entry) for entry in self.entries.values() if entry.state not in {"made", "kept"}]
        states = [*mine, *(row for row in self._others if not (self.out / row.name).is_dir())]
        missing = {row.name for row in states}
        kept = {entry.name: entry.state for entry in self.entries.values() if entry.state == "kept"}
        there = sorted(place for place in self.out.glob("[!.]*") if place.is_dir() and place.name not in missing)
        packs = [row for place in there if (row := read_row(place, kept.get(place.name, "made")))]
        words = {"process": os.getpid(), "packs": [_plain(row) for row in states]}
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            _replace(self.out / STATE, canonical_json(words))
            _replace(self.out / PAGE, overview_page(sorted([*states, *packs], key=lambda row: row.name)))
        except OSError as error:
            problem = f"No pack can be written to '{self.out}': {error.strerror}."
            raise WorkbenchError(problem, "choose another --out") from error


def _row(entry: Entry) -> Row:
    return Row(
        name=entry.name,
        title=entry.title,
        period=entry.period,
        state=entry.state,
        stage=entry.stage,
        cell=entry.cell,
        source=entry.source,
        error=entry.error,
    )


def _plain(row: Row) -> dict[str, object]:
    return {name: value for name, value in asdict(row).items() if isinstance(value, str) and value}


def _replace(file: Path, words: str) -> None:
    partial = file.with_name(f".{file.name}.partial-{os.getpid()}")
    try:
        partial.write_text(words, encoding="utf-8")
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def _read_states(out: Path) -> list[Row]:
    """What earlier reviews left unmade in a folder; what they were at when they were killed was interrupted."""
    try:
        found = json.loads((out / STATE).read_text(encoding="utf-8"))
        rows = [Row(**{"title": "", "period": "", **entry}) for entry in found["packs"] if entry["state"] in NOT_MADE]
    except (OSError, ValueError, TypeError, KeyError):
        return []
    return [replace(row, state="interrupted", stage="") if row.state in {"running", "waiting"} else row for row in rows]
