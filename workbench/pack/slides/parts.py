"""The slides of summary.pptx in their order, from the conclusion to what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from io import BytesIO

from pptx.slide import Slide

from workbench.language import say
from workbench.language.retelling import together
from workbench.pack import wording
from workbench.pack.scope import in_words
from workbench.pack.slides.deck import (
    ACROSS,
    BAD,
    INK,
    LEFT,
    QUIET,
    Deck,
    add_chart,
    add_table,
    add_text,
    cut,
    plain,
)
from workbench.pack.slides.money import Part, currency_parts, totals_part
from workbench.pack.slides.package import settled
from workbench.pack.slides.work import causes_part, decisions_part, funnel_part, ground_part, largest_part, since_part
from workbench.pack.work import Audit


def slides_of(audit: Audit) -> bytes:
    """The presentation as bytes; dates in it are the end of the period."""
    name = plain(audit.name)
    month, pack = audit.period.words, audit.pack_id[:16]
    deck = Deck(say("{name}, {month}   pack {id}", name=cut(name, 5, 9), month=month, id=pack))
    _describe(deck, audit, name)
    _opening(deck, audit, name)
    for part in _parts(audit):
        _draw(deck.slide(part.title, _notes(audit, part.said)), part)
    made = BytesIO()
    deck.file.save(made)
    return settled(made.getvalue(), audit.period.end)


def _parts(audit: Audit) -> Iterator[Part]:
    yield totals_part(audit)
    yield from currency_parts(audit)
    yield funnel_part(audit)
    yield causes_part(audit)
    yield largest_part(audit)
    yield decisions_part(audit)
    since = since_part(audit)
    if since is not None:
        yield since
    yield ground_part(audit)


def _describe(deck: Deck, audit: Audit, name: str) -> None:
    end = audit.period.end
    about = deck.file.core_properties
    about.title = say("{name}, {month}: billing audit pack", name=name[:150], month=audit.period.words)
    about.subject, about.keywords = plain(wording.headline(audit))[:250], f"pack {audit.pack_id}"
    about.author = about.last_modified_by = "Billing Workbench"
    about.created = about.modified = datetime(end.year, end.month, end.day)  # noqa: DTZ001 - the format knows no zone
    about.revision = 1


def _opening(deck: Deck, audit: Audit, name: str) -> None:
    """The first slide: whose month it is, and the conclusion."""
    slide = deck.slide(name, _notes(audit, together(wording.sentences(audit))), opening=True)
    month, day, warning = audit.period.words, in_words(audit.period.end), wording.unreliable(audit)
    lines = [
        (say("Billing audit, {month}, as of {day}", month=month, day=day), 18.0, QUIET),
        (wording.headline(audit), 20.0, INK),
        *((sentence, 14.0, BAD if sentence == warning else INK) for sentence in wording.sentences(audit)),
    ]
    add_text(slide, lines[:9], 1.95, 4.9)


def _notes(audit: Audit, said: str) -> str:
    source = say("From summary.html of pack {id}; proof: python verify.py in the pack's folder.", id=audit.pack_id)
    return f"{plain(said)}\n\n{source}"


def _draw(slide: Slide, part: Part) -> None:
    """A chart left and a table right of it, or one of them over the whole slide."""
    if part.chart and part.table:
        wide = sum(part.table.widths)
        add_chart(slide, part.chart, across=ACROSS - wide - 0.25)
        add_table(slide, part.table, LEFT + ACROSS - wide)
    elif part.chart:
        add_chart(slide, part.chart)
    elif part.table:
        add_table(slide, part.table)
    else:
        add_text(slide, [(say("Nothing to show here."), 16, QUIET)], 1.6, 1)
