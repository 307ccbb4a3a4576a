"""summary.html: the page a controller hands over, readable offline, in print and without any script."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from workbench.language import counted, html_language, mark, say
from workbench.language.retelling import listed
from workbench.money import grouped
from workbench.pack import sections, wording
from workbench.pack.deciding import states_of
from workbench.pack.deciding_words import number_words
from workbench.pack.decision_sections import first_page, replaced, since
from workbench.pack.extract import tables_of
from workbench.pack.html import capital, coded, paragraphs, text
from workbench.pack.identities import FAILS, HOLDS
from workbench.pack.scope import in_words
from workbench.pack.wording import Total
from workbench.pack.work import Audit

STYLE = Path(__file__).with_name("style.css")
TILES = (
    ("over", "over_billed", mark("Over-billed"), "+"),
    ("under", "under_billed", mark("Under-billed"), "\N{MINUS SIGN}"),
    ("risk", "at_risk", mark("At risk, no amount to expect"), ""),
)
SIGNERS = (mark("Prepared by"), mark("Reviewed by"), mark("Approved by"))
SIGNED = (mark("Name and signature"), mark("Date"), mark("Remarks"))
WHOLE = mark("The pack is whole when every file still has the SHA-256 that {manifest} lists. In its folder:")
PROVED = mark(
    "It needs Python alone, names every changed, missing or added file, and follows the chain of decisions. "
    "Where there\nis doubt about the copy inside a pack, use {verify} from an installation of your own; it also\n"
    "says whose key signed the pack, where {signature} is there. The pack id is the SHA-256 of\n"
    "{parameters}, which holds every parameter and the fingerprints of the snapshot, of the decisions and\n"
    "of the code. The snapshot's fingerprint is the SHA-256 of {snapshot}."
)


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
        '<!doctype html>\n<html lang="' + html_language() + '">\n<head>\n<meta charset="utf-8">\n'
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
        chapters[mark("Since the last pack")] = since(audit)
    chapters |= {mark("How to check this pack"): _check(), mark("Sign-off"): _sign_off()}
    anchors = {title: f"s{place}" for place, title in enumerate(chapters, 1)}
    contents = "".join(f'<li><a href="#{anchor}">{text(say(title))}</a></li>' for title, anchor in anchors.items())
    body = "".join(
        f'<section><h2 id="{anchors[title]}">{text(say(title))}</h2>\n{html}</section>\n'
        for title, html in chapters.items()
    )
    front = _title(audit) + replaced(audit) + _stop(audit) + _verdict(audit) + _states(audit) + first_page(audit)
    title = say("Audit pack {name} {period}", name=audit.name, period=audit.period.text)
    return shell(title, f"{front}<nav><ol>{contents}</ol></nav>\n{body}")


def _title(audit: Audit) -> str:
    month = audit.period.words
    words = say("{month} (entity {entity})", month=month, entity=audit.entity) if audit.entity else month
    parts = (
        text(words),
        text(say("as of {day}", day=in_words(audit.period.end))),
        coded(mark("pack {id}"), id=audit.pack_id[:16]),
        coded(mark("snapshot {id}"), id=audit.snapshot.fingerprint[:16]),
    )
    line, kicker = " \N{MIDDLE DOT} ".join(parts), text(say("Billing audit pack"))
    return f'<header><p class="kicker">{kicker}</p>\n<h1>{text(audit.name)}</h1>\n<p>{line}</p></header>\n'


def _stop(audit: Audit) -> str:
    failed = [identity for identity in audit.identities if identity.state == FAILS]
    if not failed:
        return ""
    lines = paragraphs(
        say("{name}: {left} against {right} {note}", name=one.name, left=one.left, right=one.right, note=one.note)
        for one in failed
    )
    head = capital(counted(len(failed), "{count} identity FAILED", "{count} identities FAILED"))
    return f'<div class="stop" role="alert"><p><strong>{text(head)}</strong></p>{lines}</div>\n'


def _verdict(audit: Audit) -> str:
    tiles = "".join(_tiles(currency, both) for currency, both in wording.totals(audit).items())
    said = paragraphs(wording.sentences(audit))
    return f'<p class="verdict">{text(wording.headline(audit))}</p>\n{tiles}<div class="said">{said}</div>\n'


def _tiles(currency: str | None, both: dict[str, Total]) -> str:
    risk = both.get("at_risk")
    if risk and not risk.amount and len(both) == 1:
        what = say("{currency}: no amount to expect, none stated", currency=currency or say("No currency"))
        findings = counted(risk.findings, "{count} finding", "{count} findings")
        found = f'<b>{text(findings)}</b><div class="what">{text(what)}</div>'
        tiles = f'<div class="tile risk alone">{found}</div>'
    else:
        tiles = "".join(_tile(name, words, both.get(way), currency, sign) for name, way, words, sign in TILES)
    return f'<div class="tiles">{tiles}</div>\n'


def _tile(name: str, words: str, total: Total | None, currency: str | None, sign: str) -> str:
    unit = f'<span class="unit">{text(currency or say("(no currency)"))}</span>'
    if total and total.amount:
        stands = f"{sign}{grouped(abs(total.amount), currency)} {unit}"
    else:
        stands = text(say("no amount") if total else say("none"))
    findings = text(counted(total.findings if total else 0, "{count} finding", "{count} findings"))
    amount = f'<div class="amount">{stands}</div><div class="what">{findings}</div>'
    return f'<div class="tile {name}"><div class="what">{text(say(words))}</div>{amount}</div>'


def _states(audit: Audit) -> str:
    held = sum(identity.state == HOLDS for identity in audit.identities)
    failed = sum(identity.state == FAILS for identity in audit.identities)
    rejected = sum(load.rejected or 0 for load in tables_of(audit.snapshot))
    every, ran, controls = len(audit.identities), len(audit.findings.funnel), len(audit.controls)
    identities = (
        say("{number} FAILED", number=failed) if failed else say("{number} of {all} hold", number=held, all=every)
    )
    candidates, findings = f"{audit.findings.table.num_rows:,}", f"{audit.findings.found.num_rows:,}"
    facts = (
        _fact(mark("Identities: {result}"), f' class="{"bad" if failed else "good"}"', result=identities),
        _fact(mark("Controls: {result}"), result=say("{number} of {all} ran", number=ran, all=controls)),
        _fact(mark("Candidates: {candidates}, of which findings {findings}"), candidates=candidates, findings=findings),
        _fact(mark("Rejected rows: {number}"), number=f"{rejected:,}"),
        _fact(mark("Decisions: {states}"), states=_decisions(audit)),
    )
    return f'<div class="states">{"".join(facts)}</div>\n'


def _fact(message: str, kind: str = "", **values: str) -> str:
    """A message said, each of its values in bold."""
    html = text(say(message, **{name: f"[[{name}]]" for name in values}))
    for name, value in values.items():
        html = html.replace(f"[[{name}]]", f"<b{kind}>{text(value)}</b>")
    return f"<span>{html}</span>"


def _decisions(audit: Audit) -> str:
    """How many findings are in which state: "12 open, 3 confirmed"."""
    if not audit.decided.entries:
        return say("none yet")
    counts = {state: count for state, count in states_of(audit).items() if count}
    return listed(number_words(counts)) or say("no finding")


def _charts(audit: Audit) -> str:
    parts = []
    for currency, svg in sections.charts(audit):
        parts.append(f"<h3>{text(currency or say('No currency'))}</h3>\n{svg}")
    return "".join(parts)


def _check() -> str:
    proved = coded(
        PROVED,
        verify="workbench verify PACK",
        signature="manifest.sig",
        parameters="parameters.json",
        snapshot="snapshot-manifest.json",
    )
    whole = coded(WHOLE, manifest="manifest.json")
    return f"\n<p>{whole}</p>\n<pre>python verify.py</pre>\n<p>{proved}</p>\n"


def _sign_off() -> str:
    lines = "".join(f'<div class="line"></div>{text(say(line))}' for line in SIGNED)
    blocks = "".join(f'<div class="sign"><b>{text(say(who))}</b>{lines}</div>' for who in SIGNERS)
    asked = paragraphs([say("Each signs for what was looked at, and says it under remarks.")])
    return f'{asked}<div class="signs">{blocks}</div>\n'
