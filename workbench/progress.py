"""Progress of long work: a bar with time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Report = Callable[[str, int, int], None]
SECONDS_BETWEEN_LINES = 5.0


def quiet(_what: str, _done: int, _all: int) -> None:
    """Report nothing."""


@contextmanager
def shown(title: str) -> Iterator[Report]:
    """A function (what, done, all) that shows how far the work is, on standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain_lines(title, console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=None)

        def report(what: str, done: int, every: int) -> None:
            bar.update(task, description=f"{title}: {what}"[:70], completed=done, total=every or None)

        yield report


def _plain_lines(title: str, console: Console) -> Report:
    started = last = time.monotonic()

    def report(what: str, done: int, every: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES and done < every:
            last = now
            left = (now - started) / done * (every - done) if done else 0
            percent = 100 * done // every if every else 0
            time_left = f", about {left:.0f} s left" if left else ""
            console.print(f"{title}: {what}, {percent} %{time_left}", highlight=False, markup=False)
            sys.stderr.flush()

    return report
