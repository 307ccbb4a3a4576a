"""Load electronic invoices by the thousand: python -m bench.electronic_invoices [--documents N] [--system cii]."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
EXAMPLES = {"ubl": "invoices/RE-2024-0101.xml", "cii": "invoices/RE-2024-0101.xml"}
LINES = 10


def main() -> None:
    """Make the files, load them loose and zipped, and print seconds, peak memory and what was read."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--documents", type=int, default=10_000)
    options.add_argument("--system", choices=sorted(EXAMPLES), default="ubl")
    given = options.parse_args()
    with TemporaryDirectory(prefix="bench-") as place:
        folder = Path(place)
        _make(folder, given.system, given.documents)
        size = sum(file.stat().st_size for file in (folder / "loose").iterdir())
        print(f"{given.documents:,} {given.system} files, {LINES} lines each, {size / 1e6:,.0f} MB")
        for way in ("loose", "zipped"):
            seconds, peak, said = _load(given.system, folder / way, folder / f"{way}.snapshot")
            print(f"{way:<8}{seconds:>7.1f} s, largest process {peak / 1e6:,.0f} MB; {said}")


def _make(folder: Path, system: str, count: int) -> None:
    (folder / "loose").mkdir()
    (folder / "zipped").mkdir()
    with zipfile.ZipFile(folder / "zipped/invoices.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _documents(system, count):
            (folder / "loose" / name).write_text(text, encoding="utf-8")
            archive.writestr(name, text)


def _documents(system: str, count: int) -> Iterator[tuple[str, str]]:
    """Copies of a committed example with many lines, each with a number, a buyer and amounts of its own."""
    text = (ROOT / f"tests/sources/{system}/ordinary/in/{EXAMPLES[system]}").read_text(encoding="utf-8")
    mark = "cac:InvoiceLine" if system == "ubl" else "ram:IncludedSupplyChainTradeLineItem"
    start = text.index(f"<{mark}>")
    end = text.rindex(f"</{mark}>") + len(f"</{mark}>")
    line = text[start : text.index(f"</{mark}>") + len(f"</{mark}>")]
    for number in range(count):
        lines = "\n".join(
            line.replace("Bohrhammer", f"Bohrhammer {position}").replace("45.50", str(Decimal(number % 90) + 10))
            for position in range(LINES)
        )
        whole = text[:start] + lines + text[end:]
        yield f"{number:06d}.xml", whole.replace("RE-2024-0101", f"RE-{number:06d}").replace("10042", str(number % 700))


def _load(system: str, source: Path, out: Path) -> tuple[float, int, str]:
    start = "from workbench.cli import main; main()"
    command = [sys.executable, "-c", start, "load", str(source), "--system", system, "--out", str(out)]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    said = (done.stdout or done.stderr).splitlines()
    return seconds, peak, said[0] if said else f"ended with {done.returncode}"


if __name__ == "__main__":
    main()
