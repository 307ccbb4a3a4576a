"""The audit as a notebook shows it, section by section, and its results as the files of a pack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.findings import Findings, write
from workbench.language import counted, say
from workbench.language.retelling import listed
from workbench.pack import decision_sections, sections, work
from workbench.pack.chart import picture
from workbench.pack.decided import read_store
from workbench.pack.deciding import decisions_document, states_of
from workbench.pack.given import Given
from workbench.pack.html import Page, heading, paragraphs, text
from workbench.pack.pdf import write_pdf
from workbench.pack.scope import EVERY
from workbench.pack.slides import write_slides
from workbench.pack.summary import summary_page
from workbench.pack.work import Audit
from workbench.pack.workbook import write_workbook
from workbench.screens.section import section_html
from workbench.snapshot import Snapshot, canonical_json


def funnel_json(audit: Audit) -> dict[str, Any]:
    """The counts and amounts of a pack, amounts as decimal text, and what did not run."""
    found = audit.findings
    return {
        "controls": {
            line.control.id: {
                "examined": line.examined,
                "candidates": line.candidates,
                "suppressed": line.suppressed,
                "findings": line.findings,
                "money": [
                    {
                        "currency": part.currency,
                        "direction": part.direction,
                        "findings": part.findings,
                        "amount": f"{part.amount:f}",
                    }
                    for part in audit.money
                    if part.control.id == line.control.id
                ],
            }
            for line in found.funnel
        },
        "identities": [vars(identity) for identity in audit.kept_identities],
        "not_run": {state.control.id: list(state.missing) for state in found.not_run},
        "partly": {state.control.id: list(state.missing) for state in found.partly},
        "totals": {
            "candidates": found.table.num_rows,
            "findings": found.found.num_rows,
            "open": states_of(audit)["open"],
        },
    }


def _text(page: Callable[[Audit], str]) -> Callable[[Audit, Path], None]:
    def write_text(audit: Audit, file: Path) -> None:
        file.write_text(page(audit), encoding="utf-8")

    return write_text


def _json(value: Callable[[Audit], Any]) -> Callable[[Audit, Path], None]:
    return _text(lambda audit: canonical_json(value(audit)))


# Every file that `save` writes, in this order, each from the audit alone.
RESULTS: dict[str, Callable[[Audit, Path], None]] = {
    "findings.parquet": lambda audit, file: write(audit.findings.table, file),
    "findings.xlsx": write_workbook,
    "decisions.json": _json(decisions_document),
    "funnel.json": _json(funnel_json),
    "summary.html": _text(summary_page),
    "summary.pdf": write_pdf,
    "summary.pptx": write_slides,
}


class Workpaper:
    """Pages that a notebook displays one after the other; `run` runs the controls, `save` writes the results."""

    def __init__(self, audit: Audit) -> None:
        self.audit = audit

    @property
    def findings(self) -> Findings:
        """Every candidate of this scope."""
        return self.audit.findings

    def scope(self) -> Page:
        """Whose month this is, and of which snapshot."""
        title = say("{name}, {month}", name=self.audit.name, month=self.audit.period.words)
        return Page(heading(title) + sections.scope(self.audit))

    def parameters(self) -> Page:
        """Every parameter and their hash, fixed before the controls run."""
        return Page(sections.parameters(self.audit))

    def run(self) -> Page:
        """Run every control and say how many ran."""
        found = self.audit.findings
        told = say(
            "{controls} ran and returned {candidates}: {findings}, the rest suppressed.",
            controls=counted(len(found.funnel), "{count} control", "{count} controls"),
            candidates=counted(found.table.num_rows, "{count} candidate", "{count} candidates"),
            findings=counted(found.found.num_rows, "{count} finding", "{count} findings"),
        )
        return Page(paragraphs([told]))

    def conclusion(self) -> Page:
        """What was billed wrongly, by how much, both ways, and what stays unknown."""
        return Page(sections.conclusion(self.audit))

    def identities(self) -> Page:
        """Every equation that has to hold, with its result."""
        return Page(sections.identities(self.audit))

    def money(self) -> Page:
        """Money both ways by currency and control: pictures and their numbers."""
        pictures = (
            picture(svg, say("Money both ways by control, {currency}", currency=text(name)))
            for name, svg in sections.charts(self.audit)
        )
        return Page("".join(pictures) + sections.money_table(self.audit))

    def funnel(self) -> Page:
        """Per control: rows examined, candidates, each suppression, findings."""
        return Page(sections.funnel(self.audit))

    def not_run(self) -> Page:
        """Controls that could not run, and what they lack."""
        return Page(sections.not_run(self.audit))

    def causes(self) -> Page:
        """Findings that have one explanation, grouped."""
        return Page(sections.shared_causes(self.audit))

    def largest(self, most: int = sections.LARGEST) -> Page:
        """The largest findings of each currency, then those without an amount."""
        return Page(sections.largest(self.audit, most))

    def where_to_look(self) -> Page:
        """What the screens rank: statistics that say where to look, none of them a finding."""
        return Page(section_html(self.audit.screening, draw=picture))

    def open_items(self) -> Page:
        """What is left to do, what is overdue first."""
        return Page(decision_sections.open_chapter(self.audit))

    def decisions(self) -> Page:
        """What became of the findings, who approved what, and every explanation."""
        return Page(decision_sections.decisions(self.audit))

    def sampling(self) -> Page:
        """The sampling papers of the pack and what they conclude."""
        return Page(decision_sections.sampling(self.audit))

    def since(self) -> Page:
        """What is new, gone and changed against last month's pack."""
        return Page(decision_sections.since(self.audit))

    def save(self) -> Page:
        """Write the results into the pack in the making; without one, say so."""
        folder = self.audit.folder
        if folder is None:
            told = say("Nothing was saved: this is a look, not a pack. Make one with: workbench review")
            return Page(paragraphs([told]))
        for name, write_result in RESULTS.items():
            write_result(self.audit, folder / name)
        return Page(paragraphs([say("Saved: {files}", files=listed(RESULTS))]))


def audit(
    snapshot: Snapshot,
    *,
    period: str = "",
    entity: str | None = EVERY,
    own: Mapping[str, Mapping[str, object]] | None = None,
    folder: str = "",
    store: str = "",
    against: str = "",
) -> Workpaper:
    """The audit of one entity's month, for the notebook 5_audit_pack.

    `period` is "YYYY-MM" (empty: the newest month with an invoice), `entity` an id (empty: every entity, None: what
    belongs to none), `own` the parameters of controls that differ from their defaults, `folder` the pack in the making
    (empty: none), which knows decisions and last month's pack itself; without one the decisions are those of `store`
    (empty: of the settings), read once here, and `against` is last month's pack. Raises WorkbenchError for a period
    that is none and names that do not exist.
    """
    place, month = work.pack_folder(folder), work.asked(snapshot, period, entity)
    if place is not None:
        return Workpaper(work.audit_in(place, snapshot, month, entity, own))
    given = Given(decided=read_store(store), against=Path(against) if against else None)
    return Workpaper(Audit(snapshot, month, entity, own, given=given))
