"""The desk of somebody who applies cash: proposals by the money in them, a yes or no for each, a file for the ERP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.language import mark, say
from workbench.markup import Amount, Shown, html_table
from workbench.matching import Matching, match
from workbench.matching.applications import applications
from workbench.matching.outcome import write_table
from workbench.progress import Report, quiet
from workbench.settlement.codes import sense
from workbench.snapshot import Snapshot

if TYPE_CHECKING:
    from workbench.cash.counter import Counter

MOST = 50
AUTOMATIC, PROPOSED, NOTHING = mark("fits one way only"), mark("to be decided"), mark("nothing fits")
ACCEPTED, REFUSED = mark("accepted"), mark("refused")
ZERO = Decimal(0)


@dataclass(frozen=True)
class Desk:
    """A matching of receipts, and what a person said of it; every answer makes a new desk and changes no data.

    `accepted` are match ids, `refused` maps a receipt to the reason. What fits one way only is applied unless its
    receipt is refused; a proposal is applied only where it is accepted. `key` tells the snapshot and the day: under it
    the answers given with live buttons are kept.
    """

    matching: Matching
    accepted: frozenset[str] = frozenset()
    refused: Mapping[str, str] | None = None
    key: str = ""

    def accept(self, match_id: str) -> Desk:
        """Take one alternative of a proposal; UnknownNameError for an id that is none.

        Raises WorkbenchError where its receipt or its invoice is used by another match that holds.
        """
        mine = self._of(self.matching.proposals, "match_id", match_id)
        if not mine.num_rows:
            proposed = self.matching.proposals["match_id"].unique().to_pylist()
            raise UnknownNameError("proposal", match_id, proposed)
        receipts = set(mine["left_id"].to_pylist())
        kept = {name: why for name, why in self._refused.items() if name not in receipts}
        desk = replace(self, accepted=self.accepted - {match_id}, refused=kept)
        desk._require_free(match_id, mine)
        return replace(desk, accepted=desk.accepted | {match_id})

    def _require_free(self, match_id: str, mine: pa.Table) -> None:
        """Raise WorkbenchError where a match that holds uses an item of this one."""
        holding = self._holding()
        for column, other, words in (
            (
                "right_id",
                "left_id",
                mark("{item} is taken by receipt {other} already, by {holding}, so {wanted} cannot be taken."),
            ),
            (
                "left_id",
                "right_id",
                mark("{item} is set against {other} already, by {holding}, so {wanted} cannot be taken."),
            ),
        ):
            found = holding.filter(pc.is_in(holding[column], mine[column].combine_chunks())).slice(0, 1).to_pylist()
            if found:
                row = found[0]
                raise WorkbenchError(
                    say(words, item=row[column], other=row[other], holding=row["match_id"], wanted=match_id),
                    say("take back or refuse receipt {receipt} first", receipt=row["left_id"]),
                )

    def _holding(self) -> pa.Table:
        """The pairs that will be applied as things stand."""
        table = self.matching.matches
        holds = pc.equal(table["state"], "automatic")
        if self.accepted:
            holds = pc.or_(holds, pc.is_in(table["match_id"], pa.array(sorted(self.accepted), table["match_id"].type)))
        if self._refused:
            names = pa.array(sorted(self._refused), table["left_id"].type)
            holds = pc.and_(holds, pc.invert(pc.is_in(table["left_id"], names)))
        return table.filter(holds)

    def refuse(self, receipt_id: str, why: str = "") -> Desk:
        """Leave one receipt as it is, whatever fits; UnknownNameError where it has no match."""
        desk = self.take_back(receipt_id)
        return replace(desk, refused={**desk._refused, receipt_id: why})

    def take_back(self, receipt_id: str) -> Desk:
        """The desk without what was said of one receipt; UnknownNameError where it has no match."""
        mine = self._of(self.matching.matches, "left_id", receipt_id)
        if not mine.num_rows:
            receipts = self.matching.matches["left_id"].unique().to_pylist()
            raise UnknownNameError("receipt with a match", receipt_id, receipts)
        refused = {name: why for name, why in self._refused.items() if name != receipt_id}
        return replace(self, accepted=self.accepted - set(mine["match_id"].to_pylist()), refused=refused)

    def open(self) -> Counter:
        """The desk with live buttons in a notebook; what was answered before is read from the workspace."""
        from workbench.cash.counter import Counter

        return Counter(self)

    @property
    def _refused(self) -> Mapping[str, str]:
        return self.refused or {}

    @staticmethod
    def _of(table: pa.Table, column: str, value: str) -> pa.Table:
        return table.filter(pc.equal(table[column], value))

    def rows(self) -> list[dict[str, Any]]:
        """A row per receipt with cash left: what it is, its state, its best reason; the most money of a currency first.

        `best` is the alternative with the fewest others beside it, and of those the one for most of the money.
        """
        by_receipt: dict[str, list[dict[str, Any]]] = {}
        for row in self.matching.matches.to_pylist():
            by_receipt.setdefault(row["left_id"], []).append(row)
        found = [self.row(item, by_receipt.get(item["id"], [])) for item in self.matching.sides.left.to_pylist()]
        return sorted(found, key=lambda row: (row["currency"], -row["amount"], row["receipt_id"]))

    def row(self, item: Mapping[str, Any], matches: list[dict[str, Any]]) -> dict[str, Any]:
        """One receipt as `rows` has it, from its item and its matches."""
        taken = [row for row in matches if row["match_id"] in self.accepted]
        best = min(matches, key=lambda row: (row["alternatives"], -row["amount"], row["match_id"]), default=None)
        if item["id"] in self._refused:
            state = REFUSED
        elif taken:
            state, best = ACCEPTED, taken[0]
        elif best is None:
            state = NOTHING
        else:
            state = AUTOMATIC if best["state"] == "automatic" else PROPOSED
        return {
            "receipt_id": item["id"],
            "received_on": item["day"],
            "customer_id": item["group"],
            "name": item["name"],
            "currency": item["currency"],
            "amount": item["amount"],
            "state": state,
            "alternatives": best["alternatives"] if best else 0,
            "match_id": best["match_id"] if best else None,
            "reason": self._refused.get(item["id"]) or (best["reason"] if best else ""),
        }

    @property
    def ranked(self) -> Shown:
        """What is to be decided, the most money of each currency first."""
        rows = [row for row in self.rows() if row["state"] in {PROPOSED, ACCEPTED, REFUSED}]
        return _shown(rows, say("{count} receipts with proposals", count=f"{len(rows):,}"))

    @property
    def without_match(self) -> Shown:
        """Receipts that nothing fits, the most money of each currency first."""
        rows = [row for row in self.rows() if row["state"] == NOTHING]
        return _shown(rows, say("{count} receipts that nothing fits", count=f"{len(rows):,}"))

    @property
    def summary(self) -> Shown:
        """Receipts and money by state and currency."""
        groups: dict[tuple[str, str], tuple[int, Decimal]] = {}
        for row in self.rows():
            count, amount = groups.get((row["currency"], row["state"]), (0, ZERO))
            groups[row["currency"], row["state"]] = (count + 1, amount + row["amount"])
        cells = [
            (currency, say(state), count, Amount(amount, currency))
            for (currency, state), (count, amount) in sorted(groups.items())
        ]
        caption = say("Cash that is not applied, as of {day}", day=self.matching.as_of)
        head = (mark("Currency"), mark("State"), mark("Receipts"), mark("Amount"))
        return Shown(html_table(head, cells, caption=caption), caption)

    def receipt(self, receipt_id: str) -> Shown:
        """Every alternative of one receipt, with the match_id to accept."""
        mine = self._of(self.matching.matches, "left_id", receipt_id).to_pylist()
        if not mine:
            raise UnknownNameError("receipt with a match", receipt_id, self.matching.matches["left_id"].to_pylist())
        cells = [
            (
                row["match_id"], row["right_id"], row["pass"], Amount(row["amount"], row["currency"]),
                Amount(row["discount_amount"], row["currency"]) if row["discount_amount"] else "",
                row["alternatives"], row["reason"],
            )
            for row in mine
        ]  # fmt: skip
        head = (
            mark("Match"), mark("Invoice"), mark("Pass"), mark("Amount"), mark("Discount"), mark("Alternatives"),
            mark("Why"),
        )  # fmt: skip
        caption = say("What {receipt} may be for, in {currency}", receipt=receipt_id, currency=mine[0]["currency"])
        return Shown(html_table(head, cells, caption=caption, limit=MOST), caption)

    def applications(self, applied_by: str = "U-SYSTEM") -> pa.Table:
        """What is to be applied, as rows of the canonical table: what fits one way only and what was accepted."""
        if self.matching.as_of is None:
            raise WorkbenchError(say("A matching without a day makes no applications."), say("give as_of"))
        return applications(self._holding(), self.matching.sides, self.accepted, self.matching.as_of, applied_by)

    def export(self, file: str | Path, applied_by: str = "U-SYSTEM") -> int:
        """Write the applications to .csv or .parquet for the ERP and return how many rows."""
        rows = self.applications(applied_by)
        currencies = dict(
            zip(
                self.matching.sides.right["id"].to_pylist(),
                self.matching.sides.right["currency"].to_pylist(),
                strict=True,
            )
        )
        column = pa.array([currencies[name] for name in rows["invoice_id"].to_pylist()], pa.string())
        return write_table(rows.append_column("currency", column), Path(file))

    def _repr_html_(self) -> str:
        return self.summary.html + self.ranked.html


def in_words(row: Mapping[str, Any]) -> str:
    """How a receipt stands, for reading."""
    state: str = row["state"]
    return say(state)


def _shown(rows: list[dict[str, Any]], caption: str) -> Shown:
    cells = [
        (
            row["receipt_id"], row["received_on"], row["name"] or row["customer_id"] or say("(nobody)"),
            row["currency"], Amount(row["amount"], row["currency"]), in_words(row), row["alternatives"] or "",
            row["reason"],
        )
        for row in rows
    ]  # fmt: skip
    head = (
        mark("Receipt"), mark("Received"), sense(mark("From#payer")), mark("Currency"), mark("Amount"),
        mark("State"),
        mark("Alternatives"), mark("Why"),
    )  # fmt: skip
    return Shown(html_table(head, cells, caption=caption, limit=MOST), caption)


def cash(snapshot: Snapshot, *, as_of: date | None = None, progress: Report = quiet) -> Desk:
    """The cash that is not applied on a date (default: the newest business date), matched and ranked.

    Example:
        >>> desk = wb.cash(wb.open())
        >>> desk = desk.accept("M87af7b3ca9441a52").refuse("R000000054948", "asked the customer")
        >>> desk.export("applications.csv")
        >>> desk.open()  # the same by mouse and keyboard
    """
    found = match(snapshot, "receipts", as_of, progress=progress)
    return Desk(found, key=f"{found.as_of}-{snapshot.fingerprint[:16]}")
