"""A pack with one byte changed, at random, and how many of such changes nobody sees."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from workbench.pack import verify
from workbench.pack.earlier import zip_of


def flips(content: bytes, times: int, seed: int) -> Iterator[bytes]:
    """The content with one byte changed, at random places, to any other value."""
    chance = random.Random(seed)
    for _ in range(times):
        place = chance.randrange(len(content))
        other = (content[place] + chance.randrange(1, 256)) % 256
        yield content[:place] + bytes([other]) + content[place + 1 :]


def unseen_in_zip(pack: Path, times: int) -> int:
    """How many of so many changes of one byte of the zip were not found."""
    file = zip_of(pack)
    content, missed = file.read_bytes(), 0
    for changed in flips(content, times, 1):
        file.write_bytes(changed)
        missed += verify(file).holds
    file.write_bytes(content)
    return missed


def unseen_in_folder(pack: Path, times: int) -> list[str]:
    """Files of which a change of one byte was not found, each as likely as it is long."""
    chance = random.Random(2)
    files = sorted(file for file in pack.rglob("*") if file.is_file())
    weights = [file.stat().st_size for file in files]
    missed = []
    for number, file in enumerate(chance.choices(files, weights, k=times)):
        content = file.read_bytes()
        file.write_bytes(next(flips(content, 1, number)))
        verdict = verify(pack)
        name = file.relative_to(pack).as_posix()
        named = name in verdict.changed or (name.startswith("manifest.") and not verdict.holds)
        missed += [] if named else [name]
        file.write_bytes(content)
    return missed
