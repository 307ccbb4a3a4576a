"""The matching as tables: what was matched and why, what was not, and that nothing was lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import WorkbenchError
from workbench.matching.compiled import together
from workbench.matching.items import MONEY, Ints, as_decimal, as_money, currency_rows, distinct_pairs, total
from workbench.matching.ordering import by_text
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


@dataclass(frozen=True)
class Pairs:
    """Pairs of one state, pass and reason: a name per pair that is the same for all pairs of a match, and amounts."""

    state: str
    form: str
    why: str | tuple[str, str]
    name: Ints
    left: Ints
    right: Ints
    amount: Ints
    discount: Ints
    difference: Ints
    alternatives: Ints


def tables(work: Work, proposed: list[Proposed]) -> Tables:
    """The tables of what was found; raises WorkbenchError where sums before are not sums after."""
    parts = [_automatic(work, found) for found in work.found]
    parts += [part for entry in proposed for part in _proposals(work, entry)]
    parts = [part for part in parts if len(part.left)]
    figures = tie_out(work)
    matches = _matches(work, parts) if parts else MATCHES.empty_table()
    return Tables(matches, _unmatched(work, "left"), _unmatched(work, "right"), figures)


def _automatic(work: Work, found: Found) -> Pairs:
    rest = np.zeros(len(found.match), np.int64)
    if found.name == "short_payment":
        rest = work.right.amount[found.right] - found.amount - found.discount
    name = match_names(work, found.match, found.left, found.right)
    one = np.ones(len(rest), np.int64)
    why = (found.name, found.why)
    return Pairs(AUTOMATIC, found.name, why, name, found.left, found.right, found.amount, found.discount, rest, one)


def _proposals(work: Work, entry: Proposed) -> Iterator[Pairs]:
    name = match_names(work, entry.match, entry.left, entry.right)
    for why in sorted(set(entry.why.tolist())):
        take = np.flatnonzero(entry.why == why)
        left, right, amount = entry.left[take], entry.right[take], entry.amount[take]
        nothing = np.zeros(len(take), np.int64)
        rest = work.right.amount[right] - amount if why.startswith(("named", "near")) else nothing
        yield Pairs(PROPOSAL, entry.name, why, name[take], left, right, amount, nothing, rest, entry.alternatives[take])


def match_names(work: Work, match: Ints, left: Ints, right: Ints) -> Ints:
    """A number for each pair's match that depends on its items alone, so that it is the same in every run."""
    count = int(match.max(initial=-1)) + 1
    with np.errstate(over="ignore"):
        name = np.zeros(count, np.uint64)
        for items, side, salt in ((left, work.left, 1), (right, work.right, 2)):
            pair = (match, items) if count == len(match) else distinct_pairs(match, items)
            mark = (side.mark[pair[1]] ^ np.uint64(salt)) * np.uint64(0x9E3779B97F4A7C15)
            np.add.at(name, pair[0], mark ^ (mark >> np.uint64(31)))
    return name[match]


def _matches(work: Work, parts: list[Pairs]) -> pa.Table:
    """All pairs as one table, by left item, state, match and right item, each pair of a match once; empties `parts`."""
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("name", "left", "right", "amount", "discount", "difference", "alternatives")
    }
    which = np.repeat(np.arange(len(parts)), [len(part.left) for part in parts])
    states, forms, whys = ([getattr(part, name) for part in parts] for name in ("state", "form", "why"))
    # Books may be large: what was copied is let go.
    parts.clear()
    proposed = np.array([state == PROPOSAL for state in states])[which]
    order = _order(work, joined["left"], proposed, joined["name"], joined["right"])
    name, left, right = (joined[column][order] for column in ("name", "left", "right"))
    kept = np.ones(len(order), bool)
    kept[1:] = (name[1:] != name[:-1]) | (left[1:] != left[:-1]) | (right[1:] != right[:-1])
    order = order[kept]
    made = {column: joined.pop(column)[order] for column in list(joined)}
    which = which[order]
    lefts, items = pa.array(made["left"]), pa.array(made["right"])
    columns = together(
        lambda: match_texts(made["name"]),
        lambda: _words(states, which),
        lambda: _words(forms, which),
        lambda: work.sides.left["id"].take(lefts),
        lambda: work.sides.right["id"].take(items),
        lambda: work.sides.right["currency"].take(items),
        *(partial(as_money, made[column]) for column in ("amount", "discount", "difference")),
        lambda: pa.array(made["alternatives"], pa.int64()),
        lambda: _reasons(work, whys, which, made["right"], made["alternatives"]),
    )
    return pa.table(columns, schema=MATCHES)


def _order(work: Work, left: Ints, state: Ints, name: Ints, right: Ints) -> Ints:
    rank = np.zeros(len(work.left.amount), np.int64)
    used = by_text(work.sides.left["id"], np.flatnonzero(np.bincount(left, minlength=len(rank))))
    rank[used] = np.arange(len(used))
    place = rank[left]
    order = np.argsort(place, kind="stable")
    place = place[order]
    alike = np.zeros(len(order), bool)
    alike[1:] = place[1:] == place[:-1]
    alike[:-1] |= alike[1:].copy()
    tied = np.flatnonzero(alike)
    if len(tied):
        rows = order[tied]
        its = np.zeros(len(work.right.amount), np.int64)
        several = by_text(work.sides.right["id"], np.flatnonzero(np.bincount(right[rows], minlength=len(its))))
        its[several] = np.arange(len(several))
        order[tied] = rows[np.lexsort((its[right[rows]], name[rows], state[rows], place[tied]))]
    return order


def _words(words: list[str], which: Ints) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(which), pa.array(words, TEXT)).cast(TEXT)


def _reasons(work: Work, whys: list[str | tuple[str, str]], which: Ints, right: Ints, alternatives: Ints) -> pa.Array:
    """The sentence of each pair, which names the right item by its number, or by its id where it has none."""
    texts = work.sides.right["references"].combine_chunks()
    numbers = pc.coalesce(pc.list_element(_not_empty(texts), 0), work.sides.right["id"].combine_chunks())
    by_why: dict[str | tuple[str, str], list[int]] = {}
    for place, why in enumerate(whys):
        by_why.setdefault(why, []).append(place)
    said, rows = [], []
    for why, places in by_why.items():
        some = np.flatnonzero(np.isin(which, places))
        said.append(sentences(why, numbers.take(pa.array(right[some])), pa.array(alternatives[some], pa.int64())))
        rows.append(some)
    back = np.empty(len(which), np.int64)
    back[np.concatenate(rows)] = np.arange(len(which))
    return pa.concat_arrays(said).take(pa.array(back))


def _not_empty(texts: pa.ListArray) -> pa.ListArray:
    """Empty lists as null, of which no first element is asked."""
    return pc.if_else(pc.greater(pc.list_value_length(texts), 0), texts, pa.scalar(None, texts.type))


def match_texts(names: Ints) -> pa.Array:
    """M and sixteen hexadecimal digits for each number."""
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    text = np.empty((len(names), 17), np.uint8)
    text[:, 0] = ord("M")
    for place, shift in enumerate(range(60, -4, -4), start=1):
        text[:, place] = digits[((names >> np.uint64(shift)) & np.uint64(15)).astype(np.intp)]
    offsets = pa.py_buffer(np.arange(len(names) + 1, dtype=np.int64) * 17)
    return pa.Array.from_buffers(TEXT, len(names), [None, offsets, pa.py_buffer(text)])


def _unmatched(work: Work, side: str) -> pa.Table:
    items, opened = (work.sides.left, work.left_open) if side == "left" else (work.sides.right, work.right_open)
    columns = ["id", "kind", "entity", "group", "currency", "amount", "day", "name"]
    return items.select(columns).take(pa.array(by_text(items["id"], np.flatnonzero(opened))))


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
