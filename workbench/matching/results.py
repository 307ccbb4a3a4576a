"""The matching as tables: what was matched and why, what was not, and that nothing was lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import WorkbenchError
from workbench.matching.items import MONEY, Ints, as_decimal, as_money, currency_rows, distinct_pairs, total
from workbench.matching.proposals import Proposed
from workbench.matching.wording import sentences
from workbench.matching.work import Found, Work
from workbench.money import grouped

AUTOMATIC, PROPOSAL = "automatic", "proposal"
TEXT = pa.large_string()
MATCHES = pa.schema(
    [
        ("match_id", TEXT),
        ("state", TEXT),
        ("pass", TEXT),
        ("left_id", TEXT),
        ("right_id", TEXT),
        ("currency", TEXT),
        ("amount", MONEY),
        ("discount_amount", MONEY),
        ("difference", MONEY),
        ("alternatives", pa.int64()),
        ("reason", TEXT),
    ]
)
Figures = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Tables:
    """Matches (a row per pair), the items of both sides that were not matched, and the figures that tie out.

    `figures[side][currency]` holds total, matched, discount, difference and unmatched in ten-thousandths:
    total = matched + discount + difference + unmatched; discount and difference are 0 on the left.
    """

    matches: pa.Table
    unmatched_left: pa.Table
    unmatched_right: pa.Table
    figures: dict[str, Figures]


def tables(work: Work, proposed: list[Proposed]) -> Tables:
    """The tables of what was found; raises WorkbenchError where sums before are not sums after."""
    parts = [_automatic(work, found) for found in work.found]
    parts += [part for entry in proposed for part in _proposals(work, entry)]
    whole = pa.concat_tables(parts) if parts else MATCHES.empty_table()
    order = [(name, "ascending") for name in ("left_id", "state", "match_id", "right_id")]
    matches = _once(whole.sort_by(order))
    figures = tie_out(work)
    return Tables(matches, _unmatched(work, "left"), _unmatched(work, "right"), figures)


def _once(matches: pa.Table) -> pa.Table:
    """Without the second of two rows that are the same pair of the same match."""
    if matches.num_rows < 2:
        return matches
    same = np.ones(matches.num_rows - 1, bool)
    for name in ("match_id", "left_id", "right_id"):
        column = matches[name].combine_chunks()
        same &= np.asarray(pc.equal(column.slice(1), column.slice(0, len(column) - 1)))
    return matches if not same.any() else matches.filter(pa.array(np.r_[True, ~same]))


def _automatic(work: Work, found: Found) -> pa.Table:
    rest = np.zeros(len(found.match), np.int64)
    if found.name == "short_payment":
        rest = work.right.amount[found.right] - found.amount - found.discount
    return _rows(work, found, AUTOMATIC, (found.name, found.why), found.discount, rest, np.ones(len(rest), np.int64))


def _proposals(work: Work, entry: Proposed) -> Iterator[pa.Table]:
    for why in sorted(set(entry.why.tolist())):
        take = np.flatnonzero(entry.why == why)
        some = Proposed(entry.name, entry.why[take], entry.match[take], entry.left[take], entry.right[take],
                        entry.amount[take], entry.alternatives[take])  # fmt: skip
        rest = np.zeros(len(take), np.int64)
        if why.startswith(("named", "near")):
            rest = work.right.amount[some.right] - some.amount
        yield _rows(work, some, PROPOSAL, why, rest * 0, rest, some.alternatives)


def _rows(
    work: Work, entry: Found | Proposed, state: str, key: str | tuple[str, str],
    discount: Ints, difference: Ints, alternatives: Ints,
) -> pa.Table:  # fmt: skip
    count = len(entry.match)
    right = work.sides.right.select(["id", "currency", "references"]).take(pa.array(entry.right))
    texts = right["references"].combine_chunks()
    number = pc.coalesce(pc.list_element(_not_empty(texts), 0), right["id"].combine_chunks())
    columns = [
        match_ids(work, entry.match, entry.left, entry.right),
        pa.repeat(pa.scalar(state, TEXT), count),
        pa.repeat(pa.scalar(entry.name, TEXT), count),
        work.sides.left["id"].take(pa.array(entry.left)),
        right["id"],
        right["currency"],
        as_money(entry.amount),
        as_money(discount),
        as_money(difference),
        pa.array(alternatives, pa.int64()),
        sentences(key, number, pa.array(alternatives, pa.int64())),
    ]
    return pa.table(columns, schema=MATCHES)


def _not_empty(texts: pa.ListArray) -> pa.ListArray:
    """Empty lists as null, of which no first element is asked."""
    return pc.if_else(pc.greater(pc.list_value_length(texts), 0), texts, pa.scalar(None, texts.type))


def match_ids(work: Work, match: Ints, left: Ints, right: Ints) -> pa.Array:
    """A name for each match that depends on its items alone, so that it is the same in every run."""
    count = int(match.max(initial=-1)) + 1
    with np.errstate(over="ignore"):
        name = np.zeros(count, np.uint64)
        for items, side, salt in ((left, work.left, 1), (right, work.right, 2)):
            pair = (match, items) if count == len(match) else distinct_pairs(match, items)
            mark = (side.mark[pair[1]] ^ np.uint64(salt)) * np.uint64(0x9E3779B97F4A7C15)
            np.add.at(name, pair[0], mark ^ (mark >> np.uint64(31)))
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    shifts = np.arange(60, -4, -4, dtype=np.uint64)
    text = np.empty((count, 17), np.uint8)
    text[:, 0] = ord("M")
    text[:, 1:] = digits[(name[:, None] >> shifts) & np.uint64(15)]
    offsets = pa.py_buffer(np.arange(count + 1, dtype=np.int64) * 17)
    names = pa.Array.from_buffers(TEXT, count, [None, offsets, pa.py_buffer(text.tobytes())])
    return names.take(pa.array(match))


def _unmatched(work: Work, side: str) -> pa.Table:
    items, opened = (work.sides.left, work.left_open) if side == "left" else (work.sides.right, work.right_open)
    columns = ["id", "kind", "entity", "group", "currency", "amount", "day", "name"]
    return items.select(columns).filter(pa.array(opened)).sort_by("id")


def tie_out(work: Work) -> dict[str, Figures]:
    """Per side and currency: total = matched + discount + difference + unmatched, or a WorkbenchError."""
    moved = {"left": _moved(work, "left"), "right": _moved(work, "right")}
    found: dict[str, Figures] = {}
    for side, items, arrays, opened in (
        ("left", work.sides.left, work.left, work.left_open),
        ("right", work.sides.right, work.right, work.right_open),
    ):
        rows = list(currency_rows(items["currency"]))
        amounts = {
            "total": arrays.amount,
            **moved[side],
            "unmatched": np.where(opened, arrays.amount, 0),
        }
        found[side] = {name: {kind: total(units[places]) for kind, units in amounts.items()} for name, places in rows}
        for name, figure in found[side].items():
            after = figure["matched"] + figure["discount"] + figure["difference"] + figure["unmatched"]
            if figure["total"] != after:
                raise WorkbenchError(
                    f"The {side} items come to {grouped(as_decimal(figure['total']), name)} {name} before matching and "
                    f"to {grouped(as_decimal(after), name)} after.",
                    "report this as a defect; nothing of this matching is to be used",
                )
    for name in found["left"].keys() & found["right"].keys():
        if found["left"][name]["matched"] != found["right"][name]["matched"]:
            raise WorkbenchError(f"The matched amounts of {name} differ between the sides.", "report this as a defect")
    return found


def _moved(work: Work, side: str) -> dict[str, Ints]:
    size = len(work.left.amount if side == "left" else work.right.amount)
    moved = {name: np.zeros(size, np.int64) for name in ("matched", "discount", "difference")}
    for entry in work.found:
        items = entry.left if side == "left" else entry.right
        np.add.at(moved["matched"], items, entry.amount)
        if side == "right":
            np.add.at(moved["discount"], items, entry.discount)
            if entry.name == "short_payment":
                moved["difference"][items] += work.right.amount[items] - entry.amount - entry.discount
    return moved
