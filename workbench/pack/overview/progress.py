"""A review on the terminal: a line per entity with stage and time left; plain lines where there is no terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from workbench.pack.overview import STATES
from workbench.pack.overview.board import Board, Entry
from workbench.plaintext import printable

Watch = Callable[[Board, Entry | None], None]
SECONDS_BETWEEN_LINES = 5.0
BAR = 20
MOST_LINES = 30


@contextmanager
def shown_board(console: Console | None = None) -> Iterator[Watch]:
    """A function that a review calls after each change, which shows the board on standard error."""
    wanted = console or Console(stderr=True)
    if not wanted.is_terminal:
        yield _plain_lines(wanted)
        return
    with Live(console=wanted, refresh_per_second=4, transient=True) as live:

        def watch(board: Board, _entry: Entry | None) -> None:
            live.update(Group(_table(board), Text(words_of(board))))

        yield watch


def words_of(board: Board) -> str:
    """How far all of it is, in one line."""
    if not board.entries or (board.common[1] < board.common[2] and not board.finished()):
        what, done, every = board.common
        return f"controls, once for all: {what}, {done} of {every}" if every else "reading the snapshot"
    left = board.left_in_all()
    rest = f", about {left:.0f} s left" if left else ""
    return f"{board.finished()} of {len(board.entries)} packs{rest}"


def _table(board: Board) -> Table:
    table = Table.grid(padding=(0, 2))
    entries = sorted(board.entries.values(), key=lambda entry: entry.state not in {"running", "failed"})
    for entry in entries[:MOST_LINES]:
        left = board.left(entry)
        filled = BAR * entry.done // entry.parts if entry.parts else 0
        bar = ("\N{BLACK RECTANGLE}" * filled).ljust(BAR) if entry.state == "running" else ""
        rest = f"about {left:.0f} s left" if left is not None else ""
        # Names come from the data: Text takes them as they are.
        shown = (entry.name, STATES[entry.state], bar, entry.stage or entry.error[:60], rest)
        table.add_row(*(Text(printable(cell)) for cell in shown))
    if len(entries) > MOST_LINES:
        table.add_row(Text(f"and {len(entries) - MOST_LINES} more"))
    return table


def _plain_lines(console: Console) -> Watch:
    last = 0.0
    told: dict[str, str] = {}

    def watch(board: Board, entry: Entry | None) -> None:
        nonlocal last
        now = time.monotonic()
        if entry is not None and told.get(entry.name) != entry.state:
            told[entry.name] = entry.state
            line = f"{entry.name}: {STATES[entry.state]}; {words_of(board)}"
        elif now - last >= SECONDS_BETWEEN_LINES:
            stage = f"{entry.name}: {entry.stage}; " if entry else ""
            line = f"{stage}{words_of(board)}"
        else:
            return
        last = now
        console.print(f"review: {line}", highlight=False, markup=False, soft_wrap=True)

    return watch
