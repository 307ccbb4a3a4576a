"""Sampling papers in a pack: which belong to it, what they conclude, and whether their population ties."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError
from workbench.language import mark, say
from workbench.money import grouped
from workbench.pack.identities import FAILS, HOLDS, ITEMS, NOT_SHOWN, OF_ANOTHER, OF_FILE, SAMPLED, Identity
from workbench.sampling.page import WORDS, paper_page
from workbench.snapshot import sha256

if TYPE_CHECKING:
    from workbench.sampling.paper import Paper

FOLDER = "sample"
PAPER, SAMPLE, PAGE = "paper.json", "sample.csv", "paper.html"
VERDICTS = {True: mark("supported"), False: mark("not supported"), None: mark("no conclusion")}


@dataclass(frozen=True)
class SamplingPaper:
    """A sampling paper and the folder it was read from."""

    folder: Path
    paper: Paper

    @property
    def entity(self) -> str:
        """The entity it was drawn for; empty where it was drawn for all or from a file."""
        return str(self._source.get("entity") or "")

    @property
    def period(self) -> str:
        """The month it was drawn for; empty where it was drawn from everything or from a file."""
        return str(self._source.get("period") or "")

    @property
    def snapshot(self) -> str:
        """The fingerprint of the snapshot it was drawn from; empty for a file."""
        return str(self._source.get("snapshot") or "")

    @property
    def title(self) -> str:
        """What it is, in words: "Monetary unit sample of invoices, SGD"."""
        drawn = self._source.get("table") or self._source.get("file") or say("items")
        method = WORDS[self.paper.fixed["parameters"]["method"]]
        unit = self.currency or say("no currency")
        return say("{method} of {drawn}, {currency}", method=say(method), drawn=drawn, currency=unit)

    @property
    def currency(self) -> str:
        """The one currency of its population."""
        return str(self.paper.fixed["population"]["currency"])

    @property
    def verdict(self) -> str:
        """The conclusion in two words."""
        return say(VERDICTS[self.paper.evaluation["supported"]] if self.paper.evaluation else mark("not yet evaluated"))

    @property
    def _source(self) -> dict[str, Any]:
        source: dict[str, Any] = self.paper.fixed["population"]["source"]
        return source

    def as_fixed(self) -> dict[str, str]:
        """What parameters.json fixes of it: its id and the hashes of its files."""
        files = [name for name in (PAPER, SAMPLE) if (self.folder / name).is_file()]
        return {"paper_id": self.paper.paper_id, **{name: sha256(self.folder / name) for name in files}}

    def copy(self, pack: Path) -> None:
        """Copy it into a pack in the making; the page is made from the paper, so that it says what the paper says."""
        place = pack / FOLDER / self.paper.paper_id
        place.mkdir(parents=True)
        for name in (PAPER, SAMPLE):
            if (self.folder / name).is_file():
                shutil.copyfile(self.folder / name, place / name)
        (place / PAGE).write_text(paper_page(self.paper.as_json()), encoding="utf-8")

    def identity(self, snapshot: str) -> Identity:
        """Whether population + found by controls + not live = all rows of its scope, of this very snapshot."""
        name = SAMPLED.format(paper=self.paper.paper_id)
        tie = self.paper.fixed["population"]["tie"]
        if not tie or not self.snapshot:
            return Identity(name, "", "", NOT_SHOWN, OF_FILE)
        *parts, whole = tie
        items, amount = (
            sum(line["items"] for line in parts),
            sum((Decimal(line["amount"]) for line in parts), Decimal(0)),
        )
        same = (items, amount) == (whole["items"], Decimal(whole["amount"]))
        note = "" if self.snapshot == snapshot else OF_ANOTHER
        sides = self._side(items, amount), self._side(whole["items"], Decimal(whole["amount"]))
        return Identity(name, *sides, HOLDS if same and not note else FAILS, note)

    def _side(self, items: int, amount: Decimal) -> str:
        return ITEMS.format(items=f"{items:,}", amount=f"{grouped(amount, self.currency)} {self.currency}")


def read_papers(folders: Iterable[Path], period: str) -> tuple[SamplingPaper, ...]:
    """The papers in these folders, each a paper's own or one that holds several, in order of their ids.

    Raises WorkbenchError for a folder without any, a paper of another month, one that comes twice, and one whose
    sample.csv is not the one it was evaluated with.
    """
    found: dict[str, SamplingPaper] = {}
    for folder in folders:
        # Its statistics take a second to load, and most packs have no sample.
        from workbench.sampling.paper import open_paper

        own = [folder] if (folder / PAPER).is_file() else sorted(file.parent for file in folder.glob(f"*/{PAPER}"))
        if not own:
            raise WorkbenchError(f"There is no sampling paper in '{folder}'.", "make one: workbench sample select")
        for place in own:
            paper = SamplingPaper(place, open_paper(place))
            _demand_fit(paper, period)
            if paper.paper.paper_id in found:
                raise WorkbenchError(f"The sampling paper {paper.paper.paper_id} is given twice.", "leave one out")
            found[paper.paper.paper_id] = paper
    return tuple(found[name] for name in sorted(found))


def _demand_fit(paper: SamplingPaper, period: str) -> None:
    if paper.period and paper.period != period:
        raise WorkbenchError(
            f"The sampling paper in '{paper.folder}' is of {paper.period}, and the review of {period}.",
            "give the papers of this month",
        )
    results, file = paper.paper.results.get("sha256"), paper.folder / SAMPLE
    if results and file.is_file() and sha256(file) != results:
        raise WorkbenchError(
            f"'{file}' is not the file that its paper was evaluated with.",
            "evaluate it again: workbench sample evaluate",
        )


def of_entity(papers: Iterable[SamplingPaper], entity: str | None) -> tuple[SamplingPaper, ...]:
    """The papers that belong into an entity's pack: its own, and those of no single entity; "" takes every one."""
    return tuple(paper for paper in papers if entity == "" or paper.entity in {"", entity})


def demand_placed(papers: Iterable[SamplingPaper], entities: Sequence[str | None]) -> None:
    """Raise WorkbenchError for a paper whose entity gets no pack, which would be lost."""
    for paper in papers:
        if paper.entity and paper.entity not in entities:
            raise WorkbenchError(
                f"The sampling paper in '{paper.folder}' is of entity '{paper.entity}', which gets no pack here.",
                f"add --entity {paper.entity}, or leave the paper out",
            )
