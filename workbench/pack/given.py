"""What a pack in the making was given, kept in its folder while its notebook runs, which is another process."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from workbench.pack.decided import Decided, read_frozen
from workbench.pack.earlier import Replaced, known_pack
from workbench.pack.papers import FOLDER, SamplingPaper, read_papers
from workbench.snapshot import canonical_json

MAKING = ".making"


@dataclass(frozen=True)
class Given:
    """What a pack rests on beside the snapshot and the parameters of its controls.

    `decided` are the decisions as they were read once, `papers` the sampling papers, `against` last month's pack,
    `replaces` the pack that this one is a later version of, `language` what it is to be written in where that was said.
    """

    decided: Decided = Decided()  # noqa: RUF009 - frozen, and the same for all
    papers: tuple[SamplingPaper, ...] = ()
    against: Path | None = None
    replaces: Replaced | None = None
    language: str = ""

    def as_fixed(self, as_of: date) -> dict[str, Any]:
        """What parameters.json fixes of it."""
        return {
            "decisions": self.decided.as_fixed(as_of),
            "sample": [paper.as_fixed() for paper in self.papers],
            "against": known_pack(self.against) if self.against else None,
            "replaces": self.replaces.as_json() if self.replaces else None,
        }

    def write(self, pack: Path) -> None:
        """Keep it in a pack in the making: what stays there, and what is put aside when the work is done."""
        for paper in self.papers:
            paper.copy(pack)
        place = pack / MAKING
        place.mkdir()
        self.decided.write(place / "decisions.json")
        told = {
            "against": str(self.against.resolve()) if self.against else None,
            "replaces": self.replaces.as_json() if self.replaces else None,
        }
        (place / "given.json").write_text(canonical_json(told), encoding="utf-8")


def read_given(pack: Path, period: str) -> Given:
    """What a pack in the making was given; nothing where it was begun without."""
    place = pack / MAKING
    if not place.is_dir():
        return Given()
    told = json.loads((place / "given.json").read_text(encoding="utf-8"))
    return Given(
        decided=read_frozen(place / "decisions.json"),
        papers=read_papers([pack / FOLDER], period) if (pack / FOLDER).is_dir() else (),
        against=Path(told["against"]) if told["against"] else None,
        replaces=Replaced(**told["replaces"]) if told["replaces"] else None,
    )


def forget(pack: Path) -> None:
    """Put aside what only the work needed."""
    shutil.rmtree(pack / MAKING)
