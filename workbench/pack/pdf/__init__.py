"""summary.pdf: what summary.html says, set for paper, with its fonts inside, the same bytes anywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typst

from workbench.errors import WorkbenchError
from workbench.language import html_language, say
from workbench.pack import wording
from workbench.pack.pdf.bars import Bar, Side, money_bars
from workbench.pack.pdf.fitting import fitted
from workbench.pack.pdf.reading import Block, Run, page_blocks
from workbench.pack.pdf.signs import BREAK, FONTS, covered, shown
from workbench.pack.summary import summary_page
from workbench.pack.work import Audit
from workbench.plaintext import printable

TEMPLATE = Path(__file__).with_name("pdf.typ")


def write_pdf(audit: Audit, file: Path) -> None:
    """Write the summary of an audit as PDF/A-2a and PDF/UA-1: archival, tagged, every font embedded.

    Its bytes depend on the audit alone: the document is dated by the end of the period, fonts come with the package.
    """
    file.write_bytes(pdf_of(pdf_data(audit)))


def pdf_of(data: dict[str, Any]) -> bytes:
    """The PDF of what `pdf_data` gives; values reach the template as data, never as markup."""
    try:
        return typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"page": json.dumps(data | _said(data), ensure_ascii=False), "break": BREAK},
            pdf_standards=["a-2a", "ua-1"],
            timestamp=0,
        )
    except typst.TypstError as error:
        raise WorkbenchError(
            f"The summary cannot be set as PDF/A: {error.message}",
            "summary.html says the same; tell the maintainers which page it was",
        ) from error


def pdf_data(audit: Audit) -> dict[str, Any]:
    """Everything on the pages as plain values: blocks of the summary, and what the margins and properties say."""
    end = audit.period.end
    page = summary_page(audit)
    return {
        "name": shown(_short(audit.name)),
        "period": audit.period.words,
        "pack": audit.pack_id,
        "subject": shown(wording.headline(audit)),
        "date": [end.year, end.month, end.day],
        "blocks": fitted([*_drawn(page_blocks(page), audit), *_unknown_signs(page)]),
    }


def _said(data: dict[str, Any]) -> dict[str, Any]:
    """The language of the document, and what the template says by itself with {places} of its own."""
    spoken, _, region = html_language().partition("-")
    words = {
        "title": say("{name}, {month}: billing audit pack", name=data["name"], month=data["period"]),
        "pack": say("pack {id}", id=data["pack"]),
        "page": say("page {page} of {pages}", page="{page}", pages="{pages}"),
        "under": say("under-billed"),
        "over": say("over-billed"),
    }
    return {"language": spoken, "region": region or None, "words": words}


def _drawn(blocks: list[Block], audit: Audit) -> list[Block]:
    """The same blocks, pictures of money drawn anew: at the width of paper their letters would be too small."""
    drawn = {
        say("Money both ways by control, {currency}", currency=name or say("no currency")): _bars(bars)
        for name, bars in money_bars(audit)
    }
    return [drawn.get(block["words"], block) if block["kind"] == "picture" else block for block in blocks]


def _bars(bars: list[Bar]) -> Block:
    rows = [{"label": _label(bar), "over": _side(bar.over), "under": _side(bar.under)} for bar in bars]
    return {"kind": "bars", "rows": rows}


def _label(bar: Bar) -> list[Run]:
    return [{"text": bar.control.id, "code": True}, {"text": f" {say(bar.control.title)}"}]


def _side(side: Side | None) -> dict[str, Any] | None:
    return {"text": side.text, "share": side.share} if side else None


def _unknown_signs(page: str) -> list[Block]:
    if covered().issuperset(map(ord, page)):
        return []
    words = say("A sign that the fonts of this document lack stands as its Unicode number, for example [U+1F600].")
    return [{"kind": "paragraph", "style": "", "runs": [{"text": words, "small": True}]}]


def _short(name: str, most: int = 60) -> str:
    plain = printable(name)
    return plain if len(plain) <= most else plain[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"
