"""What the page is given to show a view, every amount as text in its currency's minor unit; and the same as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from workbench.language import mark, say
from workbench.markup import Amount, html_records
from workbench.money import grouped
from workbench.widgets.counting import Array
from workbench.widgets.facets import FIXED
from workbench.widgets.store import VALUES_SHOWN, Store, Sums
from workbench.widgets.tables import funnel_words
from workbench.widgets.view import COLUMNS, FACETS, FACETS_IN_SHORT, FEW_IDS, MONEY_COLUMNS, SORT, View

FIRST_ROWS = 60
STATIC_VALUES = 12
# What the page says instead of ids that stay in the kernel.
KEPT_IDS = "kept"


@dataclass(frozen=True)
class Opened:
    """How far the page has opened its facets: values shown and words looked for, per facet."""

    more: Mapping[str, int] = field(default_factory=dict)
    find: Mapping[str, str] = field(default_factory=dict)


def screen(store: Store, view: View, count: int = FIRST_ROWS, opened: Opened | None = None) -> dict[str, Any]:
    """All that a grid and its facets need to show a view from its first row on."""
    seen = opened or Opened()
    totals = store.totals(view)
    return {
        "view": view_message(view),
        "total": sum(line.rows for line in totals),
        "findings": sum(line.findings for line in totals),
        "currencies": [_money(line) for line in totals],
        "all": sum(line.findings for line in store.totals(View())),
        "funnel": funnel_sentence(store),
        "ties": ties_sentence(store),
        "widths": store.widths,
        "facets": [facet_message(store, name, view, seen) for name in facets_shown(store, view)],
        "ids": len(view.findings),
        "lacks": list(store.features.missing),
        "notes": store.unknown(view),
        "start": 0,
        "rows": page(store, view, 0, count),
    }


def view_message(view: View) -> dict[str, Any]:
    """A view with every part, as the page holds it; many ids stay in the kernel."""
    return {
        "facets": {name: list(values) for name, values in view.facets.items()},
        "search": view.search,
        "sort": [list(pair) for pair in view.sort],
        "columns": list(view.columns),
        "suppressed": view.suppressed,
        "findings": list(view.findings) if len(view.findings) <= FEW_IDS else [KEPT_IDS],
    }


def facets_shown(store: Store, view: View) -> list[str]:
    """The facets that say something: those with a value, and suppressions where they are shown."""
    if not store.rows.num_rows:
        return []
    return [
        name
        for name in FACETS
        if (name != "suppressed" or view.suppressed) and (len(store.facet(name).values) > 1 or view.facets.get(name))
    ]


def facet_message(store: Store, name: str, view: View, opened: Opened) -> dict[str, Any]:
    """One facet for the page."""
    find = opened.find.get(name, "")
    first = len(store.facet(name).values) if name in FIXED else VALUES_SHOWN
    found = store.facts(name, view, max(first, opened.more.get(name, 0)), find)
    return {
        "name": name,
        "label": say(FACETS[name]),
        "short": say(FACETS_IN_SHORT[name]),
        "all": found.every,
        "values_known": len(store.facet(name).values) - 1,
        "find": find,
        "values": [
            {
                "value": entry.value,
                "label": entry.label,
                "rows": entry.rows,
                "money": [_money(line) for line in entry.money if line.over or line.under],
            }
            for entry in found.values
        ],
    }


def page(store: Store, view: View, start: int, count: int, marked: Array | None = None) -> list[dict[str, Any]]:
    """Rows of a view for the grid, every value text; `marked` says which places of the findings table are."""
    places = store.order(view)[max(0, start) : max(0, start) + count]
    rows = [_row(store, row) for row in store.at(places)]
    for row, place in zip(rows, places, strict=True):
        row["marked"] = bool(marked[place]) if marked is not None else False
    return rows


def funnel_sentence(store: Store) -> str:
    """How the candidates come to the findings; names the difference where the funnel and the table disagree."""
    funnel = store.findings.funnel
    candidates = sum(line.candidates for line in funnel)
    suppressed = sum(sum(line.suppressed.values()) for line in funnel)
    found = sum(line.findings for line in funnel)
    sentence = funnel_words(candidates, suppressed, found)
    if candidates != suppressed + found or candidates != store.rows.num_rows:
        rows = f"{store.rows.num_rows:,}"
        return say("{sentence}: does not tie, the table holds {count} candidates", sentence=sentence, count=rows)
    return sentence


def ties_sentence(store: Store) -> str:
    """Whether findings and money of the whole table are those of the funnel, currency by currency."""
    wanted: dict[str, list[Decimal]] = {}
    for line in store.findings.funnel:
        for way, amounts in enumerate((line.over, line.under)):
            for currency, amount in amounts.items():
                wanted.setdefault(currency, [Decimal(0), Decimal(0)])[way] += amount
    totals = store.totals(View())
    found = {line.currency or "": [line.over, line.under] for line in totals if line.over or line.under}
    count, funnel = sum(line.findings for line in totals), sum(line.findings for line in store.findings.funnel)
    off = sorted(name for name in {*wanted, *found} if wanted.get(name, [0, 0]) != found.get(name, [0, 0]))
    if off or count != funnel:
        if off:
            named = say(", ").join(name or say("no currency") for name in off)
            return say("does not tie to the funnel: the money in {currencies}", currencies=named)
        return say("does not tie to the funnel: {count} findings", count=f"{count:,}")
    return say("ties to the funnel")


def money_words(totals: Iterable[Sums]) -> list[dict[str, Any]]:
    """Money both ways per currency, as the page shows it."""
    return [_money(line) for line in totals]


def explorer_html(store: Store, view: View, limit: int = 20) -> str:
    """The same screen as static, escaped HTML: totals per currency, controls, notes and the first rows."""
    shown = screen(store, view, limit)
    totals = [
        {
            mark("currency"): line.currency or say("none"),
            mark("findings"): line.findings,
            mark("over-billed"): Amount(line.over, line.currency),
            mark("under-billed"): Amount(line.under, line.currency),
            mark("at risk"): line.at_risk,
        }
        for line in store.totals(view)
    ]
    columns = [name for name in view.columns if name != "title"]
    rows = [
        {say(COLUMNS[name]).lower(): _static(name, row, source) for name in columns}
        for row, source in zip(shown["rows"], store.page(view, 0, limit), strict=True)
    ]
    caption = say(
        "{shown} of {all} rows, {order}", shown=f"{len(rows):,}", all=f"{shown['total']:,}", order=sort_words(view)
    )
    counts = [
        {mark("control"): entry["label"], mark("findings"): entry["rows"],
         mark("over-billed"): [f"{line['over']} {line['currency']}" for line in entry["money"] if line["over"]],
         mark("under-billed"): [f"{line['under']} {line['currency']}" for line in entry["money"] if line["under"]]}
        for entry in facet_message(store, "control", view, Opened({"control": STATIC_VALUES}))["values"]
    ]  # fmt: skip
    notes = html_records([{mark("note"): note} for note in shown["notes"]]) if shown["notes"] else ""
    sentence = say(
        "{shown} of {all} findings shown; {funnel}, {ties}",
        shown=f"{shown['findings']:,}", all=f"{shown['all']:,}", funnel=shown["funnel"], ties=shown["ties"],
    )  # fmt: skip
    parts = [notes, html_records(totals, caption=sentence)]
    if rows:
        parts += [html_records(counts, caption=say("The commonest {count} controls", count=f"{len(counts):,}")),
                  html_records(rows, caption=caption)]  # fmt: skip
    return "".join(parts)


def sort_words(view: View) -> str:
    """The order in words: "by severity", "by impact within each currency, descending"."""
    if view.sort == SORT:
        return say("in order of severity")
    return say("by {order}", order=say(", then ").join(_sorted_by(name, way) for name, way in view.sort))


def _sorted_by(name: str, way: str) -> str:
    column = say(COLUMNS[name]).lower()
    if name in MONEY_COLUMNS:
        column = say("{column} within each currency", column=column)
    return say("{column}, descending", column=column) if way == "desc" else column


def _static(name: str, row: Mapping[str, Any], source: Mapping[str, Any]) -> object:
    if name in MONEY_COLUMNS:
        return Amount(source[f"{name}_amount"], source["currency"], named=name == "impact")
    return row[name]


def _money(line: Sums) -> dict[str, Any]:
    over, under = (grouped(abs(amount), line.currency) if amount else "" for amount in (line.over, line.under))
    return {
        "currency": line.currency or "", "over": over, "under": under, "rows": line.rows, "findings": line.findings,
        "at_risk": line.at_risk,
    }  # fmt: skip


def _row(store: Store, row: Mapping[str, Any]) -> dict[str, Any]:
    currency, impact = row["currency"], grouped(row["impact_amount"], row["currency"])

    def words(name: str, value: str | None) -> str:
        return store.facet(name).label(value) if value is not None else ""

    return {
        "finding": row["finding_id"],
        "severity": words("severity", row["severity"]),
        "level": row["severity"],
        "control": row["control_id"],
        "title": store.titles.get(row["control_id"], ""),
        "customer": words("customer", row["customer_id"]),
        "customer_id": row["customer_id"] or "",
        "date": row["event_date"].isoformat() if row["event_date"] else "",
        "subject": row["subject_id"],
        "currency": currency or "",
        "expected": grouped(row["expected_amount"], currency),
        "billed": grouped(row["billed_amount"], currency),
        "impact": f"+{impact}" if impact and row["impact_amount"] > 0 else impact,
        "direction": words("direction", row["direction"]),
        "reason": row["reason"],
        "suppressed": row["suppressed_by"] or "",
        "decision": words("decision", row["decision"]),
        "family": words("family", row["family"]),
        "cause": words("cause", row["cause"]),
        "entity": words("entity", row["entity_id"]),
        "product": words("product", row["product"]),
        "owner": words("owner", row["owner"]),
        "month": row["month"] or "",
    }
