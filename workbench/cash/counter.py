"""The cash desk by mouse and keyboard: accept, refuse or take back receipt by receipt, each answer also as code."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from workbench.cash.answers import answers_folder, keep, restored
from workbench.cash.desk import ACCEPTED, AUTOMATIC, NOTHING, PROPOSED, REFUSED, Desk, in_words
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.language import mark, say
from workbench.language.page import Speaking, problem_in_words, script, spoken_div
from workbench.markup import cell_text
from workbench.money import grouped
from workbench.plaintext import printable

FOLDER = Path(__file__).parent
PAGE = 50
LISTED = 30
# What waits comes first, then what was said; what fits one way only needs nobody.
SHOWN = (PROPOSED, ACCEPTED, REFUSED, AUTOMATIC)
# The passes of a matching as people read them.
PASSES = (
    mark("reference"), mark("remittance"), mark("amount"), mark("similar reference"), mark("several invoices"),
    mark("several receipts"), mark("parent"), mark("short payment"), mark("credit netted"),
)  # fmt: skip
# A notebook that is opened again has no live part any more: its place stays empty, and the tables speak.
TWINS = """<style>
.jp-OutputArea-child:has(.wbc-static):has(+ .jp-OutputArea-child .wbc) { display: none; }
.jp-OutputArea-child:has(.wbc-static) + .jp-OutputArea-child:not(:has(.wbc)) { display: none; }
</style>"""
Message = Mapping[str, Any]


class CashWidget(Speaking, anywidget.AnyWidget):
    """Shows what it is given and sends what is asked of it: `view` is the whole desk as plain text values."""

    _esm = script(FOLDER / "counter.js")
    _css = FOLDER / "counter.css"
    view = traitlets.Dict().tag(sync=True)


class Counter:
    """A desk to answer at; `desk` is how it stands now, `code` the same answers as Python.

    Each answer is kept in the workspace at once and is there again after the kernel was started anew. A notebook shows
    it with live buttons; a batch run, or a notebook that is opened again, shows the static tables.
    """

    def __init__(self, desk: Desk) -> None:
        """Raises WorkbenchError where answers of before cannot be read."""
        found = restored(desk)
        self.desk = found.desk
        self.said = " ".join(say("An answer of before no longer fits: {words}", words=words) for words in found.lost)
        self._failed = bool(found.lost)
        self._items = {row["id"]: row for row in desk.matching.sides.left.to_pylist()}
        self._matches: dict[str, list[dict[str, Any]]] = {}
        for row in desk.matching.matches.to_pylist():
            self._matches.setdefault(row["left_id"], []).append(row)
        right = desk.matching.sides.right
        texts = zip(right["id"].to_pylist(), right["references"].to_pylist(), strict=True)
        self._numbers = {name: (said or [name])[0] for name, said in texts}
        self._page, self._open, self._last = 0, "", ""
        self._widget: CashWidget | None = None
        self._rows = self._ranked()
        self._open = self._rows[0]["receipt_id"] if self._rows else ""

    # In code

    def accept(self, match_id: str) -> None:
        """Take one alternative; WorkbenchError with a sentence where its receipt or invoice is taken already."""
        self._answer(
            lambda desk: desk.accept(match_id), say("{match} is accepted.", match=match_id), f"accept({match_id!r})"
        )

    def refuse(self, receipt_id: str, why: str = "") -> None:
        """Leave a receipt as it is, with a reason."""
        said = f"refuse({receipt_id!r}, {why!r})"
        self._answer(lambda desk: desk.refuse(receipt_id, why), say("{receipt} is refused.", receipt=receipt_id), said)

    def take_back(self, receipt_id: str) -> None:
        """Unsay what was said of a receipt."""
        said = f"take_back({receipt_id!r})"
        self._answer(lambda desk: desk.take_back(receipt_id), say("{receipt} is open again.", receipt=receipt_id), said)

    def export(self, file: str | Path = "", applied_by: str = "U-SYSTEM") -> Path:
        """Write the applications for the ERP (.csv or .parquet; default: a CSV in the workspace); the file."""
        target = Path(file) if file else answers_folder() / f"applications-{self.desk.key or 'desk'}.csv"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            problem = say("'{file}' cannot be written: {error}.", file=target, error=error.strerror)
            raise WorkbenchError(problem, say("choose another file")) from error
        rows = self.desk.export(target, applied_by)
        self._tell(say("{count} applications are in {file}", count=f"{rows:,}", file=target))
        return target

    @property
    def code(self) -> str:
        """The Python that gives the same answers to a desk."""
        lines = [f"desk = desk.refuse({name!r}, {why!r})" for name, why in sorted((self.desk.refused or {}).items())]
        return "\n".join([*lines, *(f"desk = desk.accept({name!r})" for name in sorted(self.desk.accepted))])

    def _answer(self, change: Callable[[Desk], Desk], words: str, code: str) -> None:
        # Another kernel may have answered since: what it said counts.
        self.desk = change(restored(self.desk).desk)
        keep(self.desk)
        self._last = f"counter.{code}"
        self._tell(words)

    def _tell(self, words: str, failed: bool = False) -> None:
        self.said, self._failed = words, failed
        if self._widget is not None:
            self._widget.view = self.view()

    # What is shown

    def _ranked(self) -> list[dict[str, Any]]:
        """Every receipt as it stands: what waits first, then the most money of each currency."""
        rows = [self.desk.row(item, self._matches.get(name, [])) for name, item in self._items.items()]
        return sorted(
            rows,
            key=lambda row: (
                row["state"] in (AUTOMATIC, NOTHING), row["currency"], -row["amount"], row["receipt_id"],
            ),
        )  # fmt: skip

    def view(self) -> dict[str, Any]:
        """The desk as plain text values: totals, a page of receipts, and the alternatives of the one that is open."""
        self._rows = self._ranked()
        shown = [row for row in self._rows if row["state"] in SHOWN]
        pages = max(1, -(-len(shown) // PAGE))
        self._page = min(self._page, pages - 1)
        some = shown[self._page * PAGE : (self._page + 1) * PAGE]
        return {
            "as_of": str(self.desk.matching.as_of or ""),
            "totals": self._totals(),
            "receipts": [self._line(row) for row in some],
            "page": self._page + 1,
            "pages": pages,
            "count": len(shown),
            "open": self._open,
            "alternatives": self._alternatives(),
            "said": printable(self.said),
            "failed": self._failed,
            "code": printable(self._last),
            "file": str(answers_folder() / f"applications-{self.desk.key or 'desk'}.csv"),
        }

    def _totals(self) -> list[list[str]]:
        sums: dict[tuple[str, str], tuple[int, Decimal]] = {}
        for row in self._rows:
            count, amount = sums.get((row["currency"], row["state"]), (0, Decimal(0)))
            sums[row["currency"], row["state"]] = (count + 1, amount + row["amount"])
        return [
            [currency, say(state), f"{count:,}", grouped(amount, currency)]
            for (currency, state), (count, amount) in sorted(sums.items())
        ]

    def _line(self, row: Mapping[str, Any]) -> dict[str, str]:
        return {
            "id": row["receipt_id"],
            "received": cell_text(row["received_on"]),
            "from": printable(row["name"] or row["customer_id"] or say("(nobody)")),
            "amount": f"{grouped(row['amount'], row['currency'])} {row['currency']}",
            "state": row["state"],
            "state_said": in_words(row),
            "ways": f"{row['alternatives']:,}",
            "why": printable(row["reason"]),
        }

    def _alternatives(self) -> list[dict[str, Any]]:
        """Every listed way in which the open receipt fits, the likeliest first."""
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self._matches.get(self._open, []):
            found.setdefault(row["match_id"], []).append(row)
        ordered = sorted(found.items(), key=lambda pair: (pair[1][0]["alternatives"], pair[0]))[:LISTED]
        return [self._alternative(name, rows) for name, rows in ordered]

    def _alternative(self, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        first = rows[0]
        state, passed = ACCEPTED if name in self.desk.accepted else first["state"], first["pass"].replace("_", " ")
        words = {"automatic": AUTOMATIC}.get(state, state)
        return {
            "id": name,
            "items": [
                f"{printable(self._numbers.get(row['right_id']) or row['right_id'])}"
                f"  {grouped(row['amount'], row['currency'])}"
                for row in rows
            ],
            "pass": say(passed),
            "why": printable(first["reason"]),
            "state": state,
            "state_said": say(words),
        }

    def static_html(self) -> str:
        """Totals and what is to be decided, as escaped HTML without a script."""
        said = f"<p>{escape(self.said)}</p>" if self.said else ""
        return spoken_div("workbench wbc-static", f"{said}{self.desk._repr_html_()}")

    # In a notebook

    def _ipython_display_(self) -> None:
        from IPython.display import publish_display_data

        static = {"text/plain": repr(self), "text/html": self.static_html()}
        if os.environ.get("WORKBENCH_MODE") == "batch":
            publish_display_data(static)  # type: ignore[no-untyped-call]
            return
        if self._widget is None:
            self._widget = CashWidget(view=self.view())
            self._widget.on_msg(self._hear)
        publish_display_data({**static, "text/html": TWINS + static["text/html"]})  # type: ignore[no-untyped-call]
        bundle: Any = self._widget._repr_mimebundle_()
        own = bundle[0] if isinstance(bundle, tuple) else bundle
        publish_display_data({**own, "text/plain": " "})  # type: ignore[no-untyped-call]

    def _hear(self, _widget: object, message: Message, _buffers: object) -> None:
        asks: dict[str, Callable[[str, str], object]] = {
            "accept": lambda name, _: self.accept(name),
            "refuse": self.refuse,
            "back": lambda name, _: self.take_back(name),
            "open": lambda name, _: self._show(name),
            "page": lambda name, _: self._turn(int(name)),
            "export": lambda name, _: self.export(name),
        }
        try:
            kind = str(message.get("kind"))
            if kind not in asks:
                raise UnknownNameError("button", kind, asks)
            asks[kind](str(message.get("name") or ""), str(message.get("why") or ""))
        except WorkbenchError as error:
            self._tell(problem_in_words(error), failed=True)
        except Exception as error:  # noqa: BLE001 - what goes wrong in a callback must reach the person, not only a log
            words = f"{type(error).__name__}: {error}"
            self._tell(say("The desk stopped at this: {error}", error=words), failed=True)

    def _show(self, receipt_id: str) -> None:
        self._open = receipt_id if receipt_id in self._items else ""
        self._tell("")

    def _turn(self, page: int) -> None:
        self._page = max(0, page - 1)
        self._tell("")

    def __repr__(self) -> str:
        waiting = sum(row["state"] == PROPOSED for row in self._ranked())
        accepted, refused = len(self.desk.accepted), len(self.desk.refused or {})
        return say(
            "{waiting} receipts to be decided, {accepted} accepted, {refused} refused",
            waiting=f"{waiting:,}", accepted=f"{accepted:,}", refused=f"{refused:,}",
        )  # fmt: skip
