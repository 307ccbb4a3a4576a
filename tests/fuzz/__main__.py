"""Fuzz one reader for a number of runs: python -m tests.fuzz NAME RUNS [FOLDER, which keeps what it learns]."""

from __future__ import annotations

import random
import resource
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["workbench", "mt940", "tests.fuzz.targets"]):
    from tests.fuzz.targets import TARGETS, found

SEED = 4
MOST_MEGABYTES = 2_000
MOST_SECONDS = 20


def main() -> None:
    """Fuzz; a fault ends the process with what was read and where it broke."""
    target = TARGETS[sys.argv[1]]
    folder = Path(sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp(prefix="fuzz-"))
    folder.mkdir(exist_ok=True)
    for number, seed in enumerate([*target.seeds(), *(file.read_bytes() for file in found(target.name))]):
        (folder / f"seed-{number:03d}").write_bytes(seed[: target.most])

    def change(data: bytes, most: int, seed: int) -> bytes:
        return target.change(data, most, random.Random(seed), atheris.Mutate)

    # libFuzzer looks at the peak of memory, which a process has from whoever started it: a large test, perhaps.
    most_megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 + MOST_MEGABYTES
    options = [
        f"-seed={SEED}", f"-runs={sys.argv[2]}", f"-max_len={target.most}", f"-rss_limit_mb={most_megabytes}",
        f"-timeout={MOST_SECONDS}", f"-artifact_prefix={folder}-", "-print_final_stats=1",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, str(folder)], target.run, custom_mutator=change)
    atheris.Fuzz()


main()
