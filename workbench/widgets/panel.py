"""The evidence panel: one finding's amounts, why it matters, what to do next, and the source rows it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import anywidget
import traitlets

from workbench.controls import Control
from workbench.evidence import Evidence, SourceRows
from workbench.language import mark, say
from workbench.language.page import Speaking
from workbench.markup import Amount, cell_text, html_records, without_empty, words_of_name
from workbench.money import grouped
from workbench.widgets.explorer import FOLDER, scripts
from workbench.widgets.facets import DIRECTIONS

FIRST_KINDS = ("money", "quantity", "price", "rate", "date")
SIDE_BY_SIDE = 4


class EvidencePanel(Speaking, anywidget.AnyWidget):
    """Shows what it is given and sends what is asked of it as messages.

    `shown` is one finding as plain text values, empty before the first is opened; `desk` what a decision would be on
    and what its form offers; `page` an x-ray as a whole page without a script, empty where none is open.
    """

    _esm = scripts("dom", "deciding", "panel")
    _css = FOLDER / "panel.css"
    shown = traitlets.Dict().tag(sync=True)
    desk = traitlets.Dict().tag(sync=True)
    page = traitlets.Dict().tag(sync=True)


def panel_view(evidence: Evidence, control: Control | None, names: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """A finding and its evidence as plain text values, the same for the live panel and the static one.

    `names` maps "customer" and "entity" to names by id.
    """
    finding = evidence.finding
    currency = finding["currency"]
    code, severity = finding["suppressed_by"], finding["severity"]
    return {
        "finding_id": finding["finding_id"],
        "control": finding["control_id"],
        "title": say(control.title) if control else "",
        "severity": say(severity),
        "subject": f"{finding['subject_table']} {finding['subject_id']}",
        "customer": _named(finding["customer_id"], names.get("customer", {})),
        "entity": _named(finding["entity_id"], names.get("entity", {})),
        "date": cell_text(finding["event_date"]),
        "reason": finding["reason"],
        "verdict": verdict(finding),
        "amounts": [
            [say(word), f"{grouped(finding[name], currency)} {currency or ''}".strip()]
            for word, name in ((mark("Expected"), "expected_amount"), (mark("Billed"), "billed_amount"))
            if finding[name] is not None
        ],
        "suppressed": _suppressed(code, control.suppressions.get(code, "") if control else "") if code else "",
        "why": say(control.why) if control and control.why else "",
        "next_step": say(control.next_step) if control and control.next_step else "",
        "sources": [_source(part, currency) for part in evidence.sources],
        "code": f'wb.trace(books, findings.row("{finding["finding_id"]}"))',
    }


def verdict(finding: Mapping[str, Any]) -> str:
    """The finding's money in words: "over-billed by 12.50 SGD"; "at risk" where no amount can be expected."""
    word = say(DIRECTIONS.get(finding["direction"], str(finding["direction"])))
    if finding["impact_amount"] is None or finding["direction"] == "at_risk":
        return word
    amount = f"{grouped(abs(finding['impact_amount']), finding['currency'])} {finding['currency'] or ''}".strip()
    return say("{direction} by {amount}", direction=word, amount=amount)


def panel_html(view: Mapping[str, Any], evidence: Evidence) -> str:
    """The same as static, escaped HTML."""
    facts = [
        {"": word, " ": text}
        for word, text in (
            (say("Subject"), view["subject"]), (say("Customer"), view["customer"]), (say("Entity"), view["entity"]),
            (say("Date"), view["date"]), *view["amounts"], (say("Impact"), view["verdict"]),
            (say("Reason"), view["reason"]), (say("Suppressed"), view["suppressed"]),
            (say("Why it matters"), view["why"]), (say("Next step"), view["next_step"]),
        )
        if text
    ]  # fmt: skip
    currency = evidence.finding["currency"]
    return (
        f'<div style="margin:12px 0 4px;font-weight:600">{escape(view["control"])} {escape(view["title"])}</div>'
        + html_records(facts)
        + "".join(html_records(without_empty(part.cells(currency)), caption=part.caption) for part in evidence.sources)
    )


def _suppressed(code: str, why: str) -> str:
    return (
        say("Suppressed as {code}: {why}", code=code, why=say(why)) if why else say("Suppressed as {code}", code=code)
    )


def _named(key: str | None, names: Mapping[str, str]) -> str:
    if key is None:
        return ""
    return f"{names[key]} ({key})" if key in names else key


def _source(part: SourceRows, currency: str | None) -> dict[str, Any]:
    rows = without_empty(part.cells(currency))
    columns = _ordered(part, list(rows[0]) if rows else [])
    return {
        "caption": part.caption,
        "what": say(part.table.what),
        "turned": len(rows) <= SIDE_BY_SIDE,
        "columns": [[say(words_of_name(name)), any(_is_number(row[name]) for row in rows)] for name in columns],
        "rows": [[cell_text(row[name]) for name in columns] for row in rows],
    }


def _is_number(value: object) -> bool:
    return isinstance(value, Amount) or (not isinstance(value, bool | str) and hasattr(value, "__abs__"))


def _ordered(part: SourceRows, names: list[str]) -> list[str]:
    """Columns in the order they matter: the key, amounts, quantities, prices and dates, then words, then lineage."""

    def place(name: str) -> tuple[int, int]:
        if name in part.table.key:
            return (0, part.table.key.index(name))
        column = part.table.columns.get(name)
        if column is None:
            return (3, 0)
        return (1, FIRST_KINDS.index(column.type)) if column.type in FIRST_KINDS else (2, 0)

    return sorted(names, key=place)
