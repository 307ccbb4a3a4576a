"""python -m bench.matching: receipts matched to invoices by this engine and by others, in one run.

All read the same labelled file; each way runs in a process of its own and is told right from wrong by the truth. The
load of the machine stands beside every absolute figure: only the ratios hold while others work on it.

pandas is two merges as a good analyst writes them. recordlinkage and splink score pairs of records by how alike their
fields are; neither knows of amounts that add up, of an item that is used up, or of a match that must be the only one
both ways, so one receipt for several invoices, parts, netted credits and short payments are out of their reach. What
they can do, one to one, is measured where they are installed; they are no dependency of the project.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.matching_company import Labelled, labelled
from bench.matching_linkage import LINKAGES, linked
from bench.memory import peak
from workbench.matching.items import Sides
from workbench.matching.run import match_sides
from workbench.matching.sums import Pools, solve

ONE_TO_ONE = ("reference", "amount", "similar_reference")
WAYS = ("ours_one_to_one", "pandas_one_to_one", *LINKAGES, "ours_all", "subsets")
SIDES = ("left", "right", "payers")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--receipts", default=1_000_000, show_default=True, help="Receipts; twice as many invoices are open.")
@click.option("--way", default="", hidden=True)
@click.option("--folder", default="", hidden=True)
def main(receipts: int, way: str, folder: str) -> None:
    """Measure matching from items to reasons: receipts per second, peak memory, share automatic and precision.

    \b
    Example:
        python -m bench.matching --receipts 1000000
    """
    if way:
        click.echo(json.dumps(measured(way, Path(folder))))
        return
    with TemporaryDirectory(prefix="bench-matching-") as place:
        write(labelled(receipts, 2 * receipts, receipts // 5), Path(place))
        found = {name: apart(name, place) for name in WAYS}
    for name, figures in found.items():
        click.echo(f"{name}")
        for what, value in figures.items():
            click.echo(f"    {what:<28} {value}")
    ours = found["ours_one_to_one"]
    for name in ("pandas_one_to_one", *LINKAGES):
        if "cpu_seconds" in found[name]:
            seconds, cpu = (found[name][what] / ours[what] for what in ("seconds", "cpu_seconds"))
            click.echo(f"{name} takes {seconds:.2f} times as long and {cpu:.2f} times the processor, one to one")


def write(made: Labelled, place: Path) -> None:
    """Both sides and the truth, for processes of their own."""
    for side in SIDES:
        pq.write_table(getattr(made.sides, side), place / f"{side}.parquet")
    np.savez(place / "truth.npz", receipt=made.receipt, invoice=made.invoice, kind=made.kind)


def apart(way: str, folder: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.matching", "--way", way, "--folder", folder]
    done = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def measured(way: str, place: Path) -> dict[str, Any]:
    """One way in this process: what it took and, where it matches, how good it was."""
    if way == "subsets":
        return subsets()
    if way in LINKAGES and find_spec(LINKAGES[way]) is None:
        return {"not_measured": f"{LINKAGES[way]} is not installed here"}
    left, right, payers = (pq.read_table(place / f"{side}.parquet") for side in SIDES)
    receipts = left.num_rows
    compiling = time.perf_counter()
    if way.startswith("ours"):
        match_sides(Sides(left.slice(0, 2000), right.slice(0, 2000), payers))
    compiling = time.perf_counter() - compiling
    load, cpu, began = os.getloadavg()[0], time.process_time(), time.perf_counter()
    more: dict[str, Any] = {}
    if way == "pandas_one_to_one":
        from bench.matching_pandas import merged

        pairs = merged(left, right)
    elif way in LINKAGES:
        pairs = linked(LINKAGES[way], left, right)
    else:
        sides = Sides(left, right, payers)
        # The engine has its own copy of the columns it needs.
        del left, right
        pa.default_memory_pool().release_unused()
        matching = match_sides(sides, passes=ONE_TO_ONE if way == "ours_one_to_one" else None)
        passes = sum(value for name, value in matching.seconds.items() if name not in {"prepare", "propose", "tables"})
        more = {
            "compile_or_load_seconds": round(compiling, 2),
            "passes_seconds": round(passes, 2),
            "passes_receipts_per_second": round(receipts / passes),
            **{f"seconds_{name}": round(value, 2) for name, value in matching.seconds.items()},
        }
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    if way.startswith("ours"):
        automatic = matching.automatic
        pairs = numbers(automatic["left_id"]), numbers(automatic["right_id"])
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "receipts_per_second": round(receipts / seconds),
        "receipts_per_cpu_second": round(receipts / cpu),
        "load_average": round(load, 1),
        "peak_mb": peak() // 2**20,
        **more,
        **quality(pairs, place, receipts),
    }


def numbers(ids: Any) -> np.ndarray:
    return np.array([int(name[1:]) for name in ids.to_pylist()], np.int64)


def quality(pairs: tuple[np.ndarray, np.ndarray], place: Path, receipts: int) -> dict[str, Any]:
    """The share of receipts with an answer that were matched, and of those matched the share that has it whole."""
    truth = np.load(place / "truth.npz")
    span = 2**40
    right = np.isin(pairs[0] * span + pairs[1], truth["receipt"] * span + truth["invoice"])
    wanted = np.bincount(truth["receipt"], minlength=receipts)
    made = np.bincount(pairs[0], minlength=receipts)
    good = (made > 0) & (np.bincount(pairs[0], right, receipts) == made) & (made == wanted)
    has_answer, automatic = wanted > 0, made > 0
    return {
        "automatic_percent": round(100 * float((automatic & has_answer).sum() / has_answer.sum()), 2),
        "precision_percent": round(100 * float(good.sum() / max(1, automatic.sum())), 4),
        "wrong": int((automatic & ~good).sum()),
    }


def subsets() -> dict[str, Any]:
    """Receipts per second of the subset sums alone: 2 to 12 open items, and the worst cases."""
    chance = np.random.default_rng(1)
    figures: dict[str, Any] = {"load_average": round(os.getloadavg()[0], 1)}
    for name, fewest, most, blocks in (("2_to_12", 2, 12, 200_000), ("12", 12, 12, 50_000), ("16", 16, 16, 4_000)):
        size = chance.integers(fewest, most + 1, blocks)
        p_from = np.concatenate([[0], np.cumsum(size)])
        amounts = chance.integers(1_000, 1_000_000, p_from[-1])
        wanted = amounts[p_from[:-1]] + amounts[p_from[:-1] + 1]
        day, pool_day = np.zeros(blocks, np.int32), np.zeros(len(amounts), np.int32)
        pools = Pools(np.arange(blocks + 1), wanted, day, p_from, amounts, pool_day)
        solve(pools)
        began = time.perf_counter()
        solved = solve(pools)
        seconds = time.perf_counter() - began
        figures[f"receipts_per_second_{name}_items"] = round(blocks / seconds)
        figures[f"more_than_one_way_{name}_items"] = int((solved.count > 1).sum())
    return figures


if __name__ == "__main__":
    main()
