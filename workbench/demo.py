"""The example company through every stage, from its exports to a pack that proves itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from workbench.detect import run
from workbench.pack import review, verify
from workbench.progress import Report, quiet
from workbench.schema import tables
from workbench.snapshot import open_snapshot
from workbench.wording import money_text, total
from workbench.workspace import example_folder, example_snapshot

PERIOD = "2025-06"


def demonstrate(out: Path, progress: Report = quiet) -> Iterator[str]:
    """Every stage in turn; yields a line after each, the last ones say where to look and what to try next.

    The pack goes to a folder of its own below `out`, named after the moment, so that no pack is overwritten.
    """
    exports = example_folder()
    files = [file for file in exports.glob("*.csv") if file.stem in tables()]
    yield f"1 sources    {len(files)} exports of an example company: {exports}"
    snapshot = open_snapshot(example_snapshot())
    rows = sum(snapshot.rows(name) for name in snapshot.tables)
    yield f"2 snapshot   {rows:,} rows in {len(snapshot.tables)} canonical tables: {snapshot.folder}"
    findings = run(snapshot, progress=progress)
    yield (
        f"3 controls   {len(findings.funnel)} controls, {findings.table.num_rows:,} candidates, "
        f"{findings.found.num_rows:,} findings"
    )
    yield f"             over-billed {money_text(total(findings.funnel, 'over'))}"
    yield f"             under-billed {money_text(total(findings.funnel, 'under'))}"
    folder = out / f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    packs = review(snapshot, PERIOD, folder, jobs=2, progress=progress)
    proven = sum(verify(pack).holds for pack in packs)
    yield f"5 pack       {len(packs)} packs for {PERIOD}, one per entity; {proven} of them verified"
    yield f"Look at {packs[0] / 'summary.html'} and then try: make lab"
