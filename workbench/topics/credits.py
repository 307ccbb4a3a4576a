"""Credits and authority: who proposed, who approved, and how much they may."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from typing import ClassVar

from workbench.causes.pictures import Picture, heat
from workbench.language import mark, say
from workbench.markup import Amount, Shown, html_table
from workbench.settlement.codes import in_words, sense
from workbench.topics.topic import Row, Topic, most_entries


class Credits(Topic):
    """AUT-01 to AUT-05 and CUT-04 with people, approvals and limits."""

    name = "credits"
    title = mark("Credits and authority")
    controls = ("AUT-01", "AUT-02", "AUT-03", "AUT-04", "AUT-05", "CUT-04")
    root_causes: ClassVar[dict[str, str]] = {"AUT-05": "manual_entry"}
    next_steps: ClassVar[tuple[str, ...]] = (
        mark(
            "Take the pairs first: one person who enters and one who approves nearly all of it is a habit, and habits "
            "are where fraud hides."
        ),
        mark("Above a limit: ask whoever has the limit to approve it now, or to refuse it; write down which."),
        mark(
            "A limit that is passed every month by the same role is a limit that does not fit: change it on purpose, "
            "not by exception."
        ),
        mark("What was credited beyond what was billed is claimed back or billed again."),
    )

    @property
    def people(self) -> list[Row]:
        """Who entered and approved what in the period, whether or not a control fired, amounts > 0 per currency."""
        return self.query("topic_authority", entity=self.entity, first=self.period.first, until=self.period.until)

    @property
    def who(self) -> Picture:
        """Who entered by who approved: all credits and adjustments of the currency with most of them."""
        if lacking := self.lacks("adjustments", "invoices"):
            return lacking
        rows = self.people
        currency = most_entries(rows)
        cells: dict[tuple[str, str], Decimal] = {}
        for row in rows:
            if row["currency"] == currency:
                key = (row["entered_by"] or say("nobody named"), row["approved_by"] or sense(mark("nobody#person")))
                cells[key] = cells.get(key, Decimal(0)) + row["amount"]
        if not cells:
            return self.nothing(say("Nothing was credited or adjusted."))
        title = say("Credits and adjustments by who entered and who approved")
        return heat(title, cells, currency, mark("entered by"), mark("approved by"))

    def limits(self, most: int = 30) -> Shown:
        """Each approver's limit beside what they approved; those above it first."""
        if "approval_limits" not in self.snapshot.tables:
            words = say("Not shown: this snapshot has no {tables}.", tables="approval_limits")
            return Shown(f"<p>{escape(words)}</p>", say("no {table}", table="approval_limits"))
        groups: dict[tuple[str, str, str], list[Row]] = {}
        for row in self.people:
            groups.setdefault((row["approved_by"], row["action"], row["currency"]), []).append(row)
        lines = [_of_person(*key, rows) for key, rows in groups.items()]
        lines.sort(key=lambda line: (-int(str(line[7])), str(line[0]), str(line[1]), str(line[2])))
        head = [
            mark("approved by"), mark("action"), mark("currency"), mark("entries"), mark("amount"), mark("largest"),
            mark("limit"), mark("above it"), mark("own entries"),
        ]  # fmt: skip
        above = f"{sum(int(str(line[7])) for line in lines):,}"
        caption = say("{count} approvals above a limit, or without one", count=above)
        return Shown(html_table(head, lines, caption=caption, limit=most), caption)


def _of_person(approver: str, action: str, currency: str, rows: list[Row]) -> list[object]:
    return [
        approver or sense(mark("nobody#person")),
        in_words(action.replace("_", " ")),
        currency,
        sum(row["entries"] for row in rows),
        Amount(sum((row["amount"] for row in rows), Decimal(0)), currency),
        Amount(max(row["largest"] for row in rows), currency),
        Amount(rows[0]["max_amount"], currency) if rows[0]["max_amount"] is not None else say("none"),
        sum(int(row["above"]) for row in rows),
        sum(row["entries"] for row in rows if approver and row["entered_by"] == approver),
    ]
