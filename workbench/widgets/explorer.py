"""The findings explorer: facets with counts and money both ways, and a grid served page by page."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from workbench.errors import WorkbenchError
from workbench.markup import Amount, html_records
from workbench.money import grouped
from workbench.widgets.store import FACETS, Store, View

FIRST_ROWS = 60
MOST_ROWS = 400
DIRECTIONS = {"over_billed": "over-billed", "under_billed": "under-billed", "at_risk": "at risk"}


class FindingsExplorer(anywidget.AnyWidget):
    """Facets and grid over a Store; `selected` is the finding_id that was chosen, empty where none is.

    The browser holds only the rows it shows and asks for more by message; `opening` is what a new view starts from.
    """

    _esm = Path(__file__).with_name("explorer.js")
    _css = Path(__file__).with_name("explorer.css")
    opening = traitlets.Dict().tag(sync=True)
    selected = traitlets.Unicode("").tag(sync=True)

    def __init__(self, store: Store) -> None:
        self.store = store
        self.view = View()
        super().__init__(opening=screen(store, self.view))
        self.on_msg(self._answer)

    def show(self, view: View) -> None:
        """Show a view, as if it had been chosen by mouse."""
        self.view = view
        self.opening = screen(self.store, view)
        self.send({"kind": "view", "client": None, "turn": 0, **self.opening})

    def _answer(self, _widget: object, message: Mapping[str, Any], _buffers: object) -> None:
        reply = {"client": message.get("client"), "turn": message.get("turn")}
        try:
            view = View.read(message["view"])
            start, count = int(message.get("start", 0)), min(int(message.get("count", FIRST_ROWS)), MOST_ROWS)
            if message["kind"] == "view":
                self.view = view
                reply |= {"kind": "view", **screen(self.store, view, count)}
            else:
                reply |= {"kind": "rows", "start": start, "rows": page(self.store, view, start, count)}
        except WorkbenchError as problem:
            reply |= {"kind": "problem", "text": str(problem)}
        self.send(reply)


def screen(store: Store, view: View, count: int = FIRST_ROWS) -> dict[str, Any]:
    """All that a grid and its facets need to show a view, amounts as text in their currency's minor unit."""
    currencies = [_money(line) for line in store.totals(view)]
    facets = [name for name in FACETS if view.suppressed or name != "suppressed_by"]
    return {
        "view": view.as_message(),
        "total": sum(line["rows"] for line in currencies),
        "findings": sum(line["findings"] for line in currencies),
        "currencies": currencies,
        "funnel": funnel_sentence(store),
        "widths": store.widths,
        "facets": [_facet(store, name, view) for name in facets],
        "start": 0,
        "rows": page(store, view, 0, count),
    }


def page(store: Store, view: View, start: int, count: int) -> list[dict[str, Any]]:
    """Rows of a view for the grid, every value text or None."""
    return [_row(store, row) for row in store.page(view, start, count)]


def funnel_sentence(store: Store) -> str:
    """How the candidates come to the findings; names the difference where the funnel and the table disagree."""
    funnel = store.findings.funnel
    candidates = sum(line.candidates for line in funnel)
    suppressed = sum(sum(line.suppressed.values()) for line in funnel)
    found = sum(line.findings for line in funnel)
    sentence = f"{candidates:,} candidates = {suppressed:,} suppressed + {found:,} findings"
    if candidates != suppressed + found or candidates != store.rows.num_rows:
        return f"{sentence}: does not tie, the table holds {store.rows.num_rows:,} candidates"
    return sentence


def explorer_html(store: Store, view: View, limit: int = 20) -> str:
    """The same screen as static, escaped HTML: totals per currency, the controls and the first rows."""
    shown = screen(store, view, limit)
    totals = [
        {
            "currency": line["currency"] or "none",
            "findings": line["findings"],
            "over-billed": Amount(line["over"] or Decimal(0), line["currency"]),
            "under-billed": Amount(line["under"] or Decimal(0), line["currency"]),
            "at risk": line["at_risk"],
        }
        for line in store.totals(view)
    ]
    rows = [
        {
            "severity": row["severity"],
            "control": row["control"],
            "customer": row["customer_name"],
            "subject": row["subject"],
            "date": row["date"],
            "impact": Amount(source["impact_amount"], source["currency"], named=True),
            "direction": row["direction"],
            "reason": row["reason"],
        }
        for row, source in zip(shown["rows"], store.page(view, 0, limit), strict=True)
    ]
    caption = f"{len(rows):,} of {shown['total']:,} rows, in order of severity" if view.sort == "severity" else ""
    return html_records(totals, caption=shown["funnel"]) + html_records(
        rows, caption=caption or f"{len(rows):,} of {shown['total']:,} rows, by {view.sort}"
    )


def _facet(store: Store, name: str, view: View) -> dict[str, Any]:
    found = store.facet(name, view)
    return {
        "name": name,
        "label": FACETS[name],
        "all": found["all"],
        "values": [
            {
                "value": entry["value"],
                "label": label(store, name, entry["value"]),
                "rows": entry["rows"],
                "money": [_money(line) for line in entry["money"] if line["over"] or line["under"]],
            }
            for entry in found["values"]
        ],
    }


def label(store: Store, facet: str, value: str | None) -> str:
    """A facet's value in words: a control with its title, a customer with its name."""
    if value is None:
        return "none"
    if facet == "control_id":
        return f"{value} {store.titles.get(value, '')}".strip()
    if facet == "direction":
        return DIRECTIONS.get(value, value)
    return store.names.get(facet, {}).get(value, value)


def _money(line: Mapping[str, Any]) -> dict[str, Any]:
    currency = line["currency"]
    over, under = (grouped(abs(line[way]), currency) if line[way] else "" for way in ("over", "under"))
    kept = {name: line[name] for name in ("rows", "findings", "at_risk")}
    return {"currency": currency or "", "over": over, "under": under, **kept}


def _row(store: Store, row: Mapping[str, Any]) -> dict[str, Any]:
    currency, impact = row["currency"], grouped(row["impact_amount"], row["currency"])
    return {
        "finding_id": row["finding_id"],
        "severity": row["severity"],
        "control": row["control_id"],
        "title": store.titles.get(row["control_id"], ""),
        "customer": row["customer_id"],
        "customer_name": label(store, "customer_id", row["customer_id"]) if row["customer_id"] else "",
        "date": row["event_date"].isoformat() if row["event_date"] else "",
        "subject": row["subject_id"],
        "currency": currency or "",
        "expected": grouped(row["expected_amount"], currency),
        "billed": grouped(row["billed_amount"], currency),
        "impact": f"+{impact}" if impact and row["impact_amount"] > 0 else impact,
        "direction": DIRECTIONS.get(row["direction"], row["direction"]),
        "reason": row["reason"],
        "suppressed": row["suppressed_by"] or "",
    }
