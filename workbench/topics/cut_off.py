"""Cut-off and revenue: the month something was earned against the month it was recognised in."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from typing import ClassVar

from workbench.causes.pictures import Picture, heat
from workbench.language import mark, say
from workbench.markup import Amount, Shown, html_table
from workbench.topics.topic import Row, Topic, most_entries


class CutOff(Topic):
    """CUT-01 to CUT-05 with the matrix of delivery month by revenue month."""

    name = "cut_off"
    title = mark("Cut-off and revenue")
    controls = ("CUT-01", "CUT-02", "CUT-03", "CUT-04", "CUT-05")
    root_causes: ClassVar[dict[str, str]] = {"CUT-01": "timing", "CUT-03": "timing"}
    next_steps: ClassVar[tuple[str, ...]] = (
        mark("Look at the months beside the diagonal that a quarter or a year ends in: that is where cut-off matters."),
        mark("Move revenue that is in the wrong month by a journal of that month while it is open, else disclose it."),
        mark(
            "Invoices before delivery: is it a prepayment that nobody marked? Then mark it, and the control lets it go."
        ),
        mark("Credits soon after a close: ask what was promised before it."),
    )

    def _rows(self) -> list[Row]:
        return self.query("topic_cut_off", entity=self.entity, first=self.period.first, until=self.period.until)

    def matrix(self, currency: str = "") -> Picture:
        """Earned in (rows) by recognised in (columns), off the diagonal alone; default the commonest currency."""
        if lacking := self.lacks("revenue", "invoices", "invoice_lines"):
            return lacking
        rows = [row for row in self._rows() if row["earned_in"] != row["recognised_in"]]
        chosen = currency or most_entries(rows)
        cells = {
            (row["earned_in"], row["recognised_in"]): Decimal(row["amount"])
            for row in rows
            if row["currency"] == chosen
        }
        if not cells:
            return self.nothing(say("All revenue is in the month it was earned in."))
        return heat(
            say("Revenue outside the month it was earned in"),
            cells,
            chosen,
            mark("earned in (month)"),
            mark("recognised in (month)"),
            by_name=True,
        )

    @property
    def by_month(self) -> Shown:
        """Each month and currency: recognised in it, and of that earned earlier and later."""
        if "revenue" not in self.snapshot.tables:
            words = say("Not shown: this snapshot has no {tables}.", tables="revenue")
            return Shown(f"<p>{escape(words)}</p>", say("no {table}", table="revenue"))
        groups: dict[tuple[str, str], list[Row]] = {}
        for row in self._rows():
            groups.setdefault((row["currency"], row["recognised_in"]), []).append(row)
        lines = []
        for (currency, month), rows in sorted(groups.items()):
            early = sum((row["amount"] for row in rows if row["earned_in"] > month), Decimal(0))
            late = sum((row["amount"] for row in rows if row["earned_in"] < month), Decimal(0))
            whole = sum((row["amount"] for row in rows), Decimal(0))
            lines.append(
                [
                    currency,
                    month,
                    Amount(whole, currency),
                    Amount(early or None, currency),
                    Amount(late or None, currency),
                ]
            )
        head = [
            mark("currency"), mark("month"), mark("recognised"), mark("of it earned later"),
            mark("of it earned earlier"),
        ]  # fmt: skip
        off = [line for line in lines if str(line[3]) or str(line[4])]
        caption = say(
            "{count} of {all} months and currencies hold revenue of other months",
            count=f"{len(off):,}", all=f"{len(lines):,}",
        )  # fmt: skip
        return Shown(html_table(head, off, caption=caption), caption)
