"""summary.html: the page a controller hands over, readable offline, in print and without any script."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from workbench.money import grouped
from workbench.pack import sections, wording
from workbench.pack.deciding import states_of
from workbench.pack.decision_sections import first_page, replaced, since
from workbench.pack.extract import tables_of
from workbench.pack.html import counted, paragraphs, text
from workbench.pack.identities import FAILS, HOLDS
from workbench.pack.scope import in_words
from workbench.pack.wording import Total
from workbench.pack.work import Audit

STYLE = Path(__file__).with_name("style.css")
TILES = (
    ("over", "over_billed", "Over-billed", "+"),
    ("under", "under_billed", "Under-billed", "\N{MINUS SIGN}"),
    ("risk", "at_risk", "At risk, no amount to expect", ""),
)
SIGNERS = ("Prepared by", "Reviewed by", "Approved by")
CHECK = """
<p>The pack is whole when every file still has the SHA-256 that <code>manifest.json</code> lists. In its folder:</p>
<pre>python verify.py</pre>
<p>It needs Python alone, names every changed, missing or added file, and follows the chain of decisions. Where there
is doubt about the copy inside a pack, use <code>workbench verify PACK</code> from an installation of your own; it also
says whose key signed the pack, where <code>manifest.sig</code> is there. The pack id is the SHA-256 of
<code>parameters.json</code>, which holds every parameter and the fingerprints of the snapshot, of the decisions and
of the code. The snapshot's fingerprint is the SHA-256 of <code>snapshot-manifest.json</code>.</p>
"""


@cache
def style() -> str:
    """The style sheet of every page of a pack."""
    return STYLE.read_text(encoding="utf-8")


def shell(title: str, body: str, inline_styles: bool = False) -> str:
    """A whole page around a body. Its policy forbids scripts and every request; styles are the sheet's alone."""
    sheet = style()
    allowed = "'unsafe-inline'"
    if not inline_styles:
        allowed = f"'sha256-{base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()}'"
    policy = f"default-src 'none'; style-src {allowed}; img-src data:; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{sheet}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )


def summary_page(audit: Audit) -> str:
    """The whole page: title, conclusion, and a section for everything that carries it."""
    chapters = {}
    for title, render in sections.SECTIONS.items():
        chapters[title] = (_charts(audit) if render is sections.money_table else "") + render(audit)
    if audit.against:
        chapters["Since the last pack"] = since(audit)
    chapters |= {"How to check this pack": CHECK, "Sign-off": _sign_off()}
    anchors = {title: f"s{place}" for place, title in enumerate(chapters, 1)}
    contents = "".join(f'<li><a href="#{anchor}">{text(title)}</a></li>' for title, anchor in anchors.items())
    body = "".join(
        f'<section><h2 id="{anchors[title]}">{text(title)}</h2>\n{html}</section>\n' for title, html in chapters.items()
    )
    front = _title(audit) + replaced(audit) + _stop(audit) + _verdict(audit) + _states(audit) + first_page(audit)
    return shell(f"Audit pack {audit.name} {audit.period.text}", f"{front}<nav><ol>{contents}</ol></nav>\n{body}")


def _title(audit: Audit) -> str:
    words = audit.period.words + (f" (entity {audit.entity})" if audit.entity else "")
    parts = (
        text(words),
        f"as of {in_words(audit.period.end)}",
        f"pack <code>{audit.pack_id[:16]}</code>",
        f"snapshot <code>{audit.snapshot.fingerprint[:16]}</code>",
    )
    line = " \N{MIDDLE DOT} ".join(parts)
    return f'<header><p class="kicker">Billing audit pack</p>\n<h1>{text(audit.name)}</h1>\n<p>{line}</p></header>\n'


def _stop(audit: Audit) -> str:
    failed = [identity for identity in audit.identities if identity.state == FAILS]
    if not failed:
        return ""
    lines = paragraphs(f"{entry.name}: {entry.left} against {entry.right} {entry.note}" for entry in failed)
    head = f"{counted(len(failed), 'identity', 'identities').capitalize()} FAILED"
    return f'<div class="stop" role="alert"><p><strong>{head}</strong></p>{lines}</div>\n'


def _verdict(audit: Audit) -> str:
    tiles = "".join(_tiles(currency, both) for currency, both in wording.totals(audit).items())
    said = paragraphs(wording.sentences(audit))
    return f'<p class="verdict">{text(wording.headline(audit))}</p>\n{tiles}<div class="said">{said}</div>\n'


def _tiles(currency: str | None, both: dict[str, Total]) -> str:
    risk = both.get("at_risk")
    if risk and not risk.amount and len(both) == 1:
        what = f"{text(currency or 'No currency')}: no amount to expect, none stated"
        found = f'<b>{counted(risk.findings, "finding")}</b><div class="what">{what}</div>'
        tiles = f'<div class="tile risk alone">{found}</div>'
    else:
        tiles = "".join(_tile(name, words, both.get(way), currency, sign) for name, way, words, sign in TILES)
    return f'<div class="tiles">{tiles}</div>\n'


def _tile(name: str, words: str, total: Total | None, currency: str | None, sign: str) -> str:
    unit = f'<span class="unit">{text(currency or "(no currency)")}</span>'
    stands = f"{sign}{grouped(abs(total.amount), currency)} {unit}" if total and total.amount else "none"
    if total and not total.amount:
        stands = "no amount"
    findings = counted(total.findings if total else 0, "finding")
    amount = f'<div class="amount">{stands}</div>'
    return f'<div class="tile {name}"><div class="what">{words}</div>{amount}<div class="what">{findings}</div></div>'


def _states(audit: Audit) -> str:
    held = sum(identity.state == HOLDS for identity in audit.identities)
    failed = sum(identity.state == FAILS for identity in audit.identities)
    rejected = sum(load.rejected or 0 for load in tables_of(audit.snapshot))
    ran = len(audit.findings.funnel)
    result = (
        f'<b class="bad">{failed} FAILED</b>'
        if failed
        else f'<b class="good">{held} of {len(audit.identities)} hold</b>'
    )
    return (
        f'<div class="states"><span>Identities: {result}</span>'
        f"<span>Controls: <b>{ran} of {len(audit.controls)} ran</b></span>"
        f"<span>Candidates: <b>{audit.findings.table.num_rows:,}</b>, "
        f"of which findings <b>{audit.findings.found.num_rows:,}</b></span>"
        f"<span>Rejected rows: <b>{rejected:,}</b></span><span>Decisions: <b>{_decisions(audit)}</b></span></div>\n"
    )


def _decisions(audit: Audit) -> str:
    """How many findings are in which state: "12 open, 3 confirmed"."""
    states = states_of(audit)
    if not audit.decided.entries:
        return "none yet"
    return ", ".join(f"{count:,} {state}" for state, count in states.items() if count) or "no finding"


def _charts(audit: Audit) -> str:
    return "".join(f"<h3>{text(currency or 'No currency')}</h3>\n{svg}" for currency, svg in sections.charts(audit))


def _sign_off() -> str:
    lines = ("Name and signature", "Date", "Remarks")
    blocks = "".join(
        f'<div class="sign"><b>{who}</b>{"".join(f"""<div class="line"></div>{line}""" for line in lines)}</div>'
        for who in SIGNERS
    )
    return f'<p>Each signs for what was looked at, and says it under remarks.</p>\n<div class="signs">{blocks}</div>\n'
