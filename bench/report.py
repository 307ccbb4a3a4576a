"""What was measured as a plain aligned table, and as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from bench.measure import Measurement, allowance
from bench.work import WAYS

RATIOS: tuple[tuple[str, str, str, str], ...] = (
    ("ours/sql", "ours", "sql", "seconds"),
    ("ours/scan", "ours", "scan", "seconds"),
    ("pandas/ours", "pandas", "ours", "seconds"),
    ("polars/ours", "polars", "ours", "seconds"),
    ("pandas/ours MB", "pandas", "ours", "peak"),
    ("polars/ours MB", "polars", "ours", "peak"),
)
FOUND = ("ours", "sql", "pandas", "polars")
MANY = 10
REASONS = Path(__file__).parent / "reasons.yml"
HEAD = (
    "control",
    *(f"found {way}" for way in FOUND),
    *(f"s {way}" for way in WAYS),
    *(f"MB {way}" for way in WAYS),
    *(name for name, *_ in RATIOS),
)


@dataclass(frozen=True)
class Size:
    """One company: its invoice lines, the bytes of its files, the as-of date, and per control a measurement per way."""

    lines: int
    bytes: int
    as_of: str
    runs: int
    results: dict[str, dict[str, Measurement]]


def machine() -> dict[str, Any]:
    """Where it was measured: cores, memory, versions."""
    packages = {name: version(name) for name in ("duckdb", "pandas", "polars", "pyarrow", "numpy")}
    return {
        "cores": os.cpu_count(),
        "memory_allowed": allowance(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **packages,
    }


def as_json(sizes: list[Size]) -> dict[str, Any]:
    """Everything as plain JSON values: seconds, peak bytes, findings and problems of each way, and the ratios."""
    return {
        "machine": machine(),
        "sizes": [
            {
                **{name: value for name, value in asdict(size).items() if name != "results"},
                "controls": {
                    control: {
                        **{way: asdict(found) for way, found in ways.items()},
                        "ratios": {name: ratio([ways], *which) for name, *which in RATIOS},
                    }
                    for control, ways in size.results.items()
                },
            }
            for size in sizes
        ],
    }


def text(size: Size) -> Iterator[str]:
    """The table of one size line by line: a row per control, the totals, and what is to be said of them."""
    here = machine()
    best = "one run each" if size.runs == 1 else f"the quickest of {size.runs} runs each"
    yield (
        f"{size.lines:,} invoice lines, {size.bytes / 1e6:,.0f} MB of Parquet, as of {size.as_of}; {best}; "
        f"{here['cores']} cores, Python {here['python']}, "
        + ", ".join(f"{name} {here[name]}" for name in ("duckdb", "pandas", "polars"))
    )
    rows = [(control, *_cells([ways])) for control, ways in size.results.items()]
    table = [HEAD, *rows, ("total", *_cells(list(size.results.values())))]
    widths = [max(len(row[place]) for row in table) for place in range(len(HEAD))]
    for row in table:
        first, *rest = (cell.ljust(width) if not place else cell.rjust(width)
                        for place, (cell, width) in enumerate(zip(row, widths, strict=True)))  # fmt: skip
        yield "  ".join([first, *rest])
    yield from _notes(size.results)
    yield from _slow(size.results)


def ratio(many: list[dict[str, Measurement]], above: str, below: str, what: str) -> float | None:
    """One way against another over the controls that both answered: of summed seconds, or of the highest peaks."""
    both = [ways for ways in many if not ways[above].problem and not ways[below].problem]
    if not both:
        return None
    combine: Callable[[list[float]], float] = max if what == "peak" else sum
    upper, lower = (combine([getattr(ways[way], what) for ways in both]) for way in (above, below))
    return upper / lower if lower else None


def _cells(many: list[dict[str, Measurement]]) -> Iterator[str]:
    """The cells of one control, or of all: findings and seconds are summed, of peaks the highest is shown."""
    for way in FOUND:
        yield _cell(many, way, lambda done: f"{sum(found.findings or 0 for found in done):,}")
    for way in WAYS:
        yield _cell(many, way, lambda done: f"{sum(found.seconds for found in done):.2f}")
    for way in WAYS:
        yield _cell(many, way, lambda done: f"{max(found.peak for found in done) / 1e6:,.0f}")
    for _name, above, below, what in RATIOS:
        times = ratio(many, above, below, what)
        yield "-" if times is None else f"{times:.1f}"


def _cell(many: list[dict[str, Measurement]], way: str, show: Callable[[list[Measurement]], str]) -> str:
    done = [ways[way] for ways in many if not ways[way].problem]
    return show(done) if done else "failed"


def _notes(results: dict[str, dict[str, Measurement]]) -> Iterator[str]:
    failed = False
    for control, ways in results.items():
        for way, found in ways.items():
            if found.problem:
                failed = True
                yield f"{control} {way}: {found.problem}"
        counts = {way: ways[way].findings for way in FOUND if not ways[way].problem}
        if any(one != other for one, other in pairwise(counts.values())):
            yield f"{control}: the ways disagree, " + ", ".join(f"{way} finds {many}" for way, many in counts.items())
    if failed:
        yield "Totals leave out what failed; their ratios compare the controls that both ways answered."


@cache
def reasons() -> dict[str, str]:
    """Why a control is slow against its scan, by id."""
    return yaml.safe_load(REASONS.read_text(encoding="utf-8")) or {}


def _slow(results: dict[str, dict[str, Measurement]]) -> Iterator[str]:
    """What takes more than ten times its scan, the furthest first, each with its reason."""
    times = {control: ratio([ways], "ours", "scan", "seconds") or 0 for control, ways in results.items()}
    for control in sorted(times, key=lambda each: -times[each]):
        bare = ratio([results[control]], "sql", "scan", "seconds") or 0
        if bare > MANY:
            yield f"{control}: its SQL takes {bare:.0f} scans: {reasons().get(control, 'not looked into')}"
        elif times[control] > MANY:
            yield (
                f"{control}: its SQL takes {bare:.1f} scans, all of it {times[control]:.0f}: "
                "the rest is opening the engine, making the views and planning, which are the same at any size"
            )
