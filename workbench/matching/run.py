"""Run the passes over two sides."""

from __future__ import annotations

import time
from collections.abc import Sequence

from workbench.matching.compiled import threads
from workbench.matching.items import Sides
from workbench.matching.outcome import Matching
from workbench.matching.passes import RUN
from workbench.matching.proposals import propose
from workbench.matching.results import tables
from workbench.matching.rules import Rules, chosen_passes
from workbench.matching.work import prepare
from workbench.progress import Report, quiet
from workbench.settings import read_settings

# What a loose pass takes out may leave a strict one with a single way: a second round finds it.
ROUNDS = 2


def match_sides(
    sides: Sides, rules: Rules | None = None, passes: Sequence[str] | None = None, progress: Report = quiet
) -> Matching:
    """Match two sides: automatic matches pass by pass, proposals for the rest, and the figures that tie out.

    `passes` are names of PASSES, all by default; they run from strict to loose whatever their order here. The same
    items give the same result in whatever order they come. Raises UnknownNameError for an unknown pass and
    WorkbenchError where the result does not tie out.
    """
    chosen = chosen_passes(passes)
    limit = read_settings().threads
    if limit:
        threads(limit)
    began = time.perf_counter()
    progress("reading texts", 0, len(chosen) + 1)
    work = prepare(sides, rules or Rules())
    seconds = {"prepare": time.perf_counter() - began}
    seen: dict[str, int] = {}
    for done, name in enumerate(chosen * ROUNDS, start=1):
        progress(name, min(done, len(chosen)), len(chosen) + 1)
        began = time.perf_counter()
        if seen.get(name) != len(work.found):
            RUN[name](work)
            seen[name] = len(work.found)
        seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - began
    began = time.perf_counter()
    proposed = propose(work, chosen)
    seconds["propose"] = time.perf_counter() - began
    began = time.perf_counter()
    result = tables(work, proposed)
    seconds["tables"] = time.perf_counter() - began
    return Matching(sides, chosen, result, seconds)
