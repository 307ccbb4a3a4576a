"""Why: the fewest conditions that explain most of the money, per currency and direction, and what remains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.causes.attributes import target_of, words_of
from workbench.causes.features import NONE, Codes, Features, Population, is_word, read_features
from workbench.causes.reach import Reach, reach_of
from workbench.causes.search import ENOUGH, LEAST, LIFT, MOST, WORTH, Found, Ground, Mask, search
from workbench.engine import open_engine
from workbench.engine.duck import DuckEngine
from workbench.findings import Findings
from workbench.language import say
from workbench.schema import tables
from workbench.snapshot import Snapshot

# So many findings of a scope are searched; where there are more, those whose ids begin with the first digits, and what
# is found is then counted on all.
SEARCHED = 60_000
DIRECTIONS = ("over_billed", "under_billed", "at_risk")
# What explains nothing: the scope itself.
SCOPE = frozenset({"currency"})
# The facet of the explorer that says the same.
FACETS = {"customer_id": "customer", "entity_id": "entity", "month": "month"}


def search_in_words() -> str:
    """How conditions are found, and where that ends."""
    return say(
        "Conditions are taken one after the other, the one first that accounts for most of what is left beyond chance. "
        "It ends after {most}, where {enough} of the money is explained, where the next would add less than {worth}, "
        "or where none holds for {least} findings and is {lift} times as frequent among them as in what was examined.",
        most=MOST, enough=f"{ENOUGH:.0%}", worth=f"{WORTH:.0%}", least=LEAST, lift=f"{LIFT:g}",
    )  # fmt: skip


@dataclass(frozen=True)
class Condition:
    """One thing that findings have in common: the attribute, its value, and the name behind a key that has one."""

    attribute: str
    value: str
    name: str = ""

    @property
    def words(self) -> str:
        """For reading: "customer C000060 (Aurora)"."""
        what = words_of(self.attribute)
        if not self.name:
            return say("{attribute} {value}", attribute=what, value=self.value)
        return say("{attribute} {value} ({name})", attribute=what, value=self.value, name=self.name)


@dataclass(frozen=True)
class Explanation:
    """Conditions that hold together, and what they explain of their scope.

    `money` has its scope's currency and sign (findings without an amount: 0), `money_share` and `findings_share` are
    parts of the scope, `examined_share` the part of what was examined (None: not known) and `lift` how many times as
    frequent the condition is among the findings. `left` is the money that remains after it. `same` are conditions that
    hold for the same findings and for no others.
    """

    conditions: tuple[Condition, ...]
    same: tuple[Condition, ...]
    findings: int
    money: Decimal
    money_share: float
    findings_share: float
    examined_share: float | None
    lift: float | None
    left: Decimal
    left_findings: int
    controls: tuple[tuple[str, int], ...]
    finding_ids: tuple[str, ...]

    @property
    def words(self) -> str:
        """The conditions in one line."""
        return say(" and ").join(each.words for each in self.conditions)


@dataclass(frozen=True)
class Scope:
    """Findings of one currency and direction, with what explains them; the largest one finding's share of the money."""

    currency: str
    direction: str
    findings: int
    money: Decimal
    explanations: tuple[Explanation, ...]
    largest_share: float

    @property
    def explained(self) -> float:
        """The part of the money (or of the findings, where there is none) that the explanations hold."""
        if self.money:
            return sum(each.money_share for each in self.explanations)
        return sum(each.findings_share for each in self.explanations)


@dataclass(frozen=True)
class Ask:
    """What is asked about: controls, one entity, or all of them."""

    controls: tuple[str, ...] = ()
    entity: str = ""


def scopes_of(findings: Findings, snapshot: Snapshot, ask: Ask) -> tuple[Scope, ...]:
    """The explanations of a run, currency by currency, over-billed, under-billed and without an amount."""
    found = chosen(findings, ask)
    if not found.num_rows:
        return ()
    with closing(open_engine("duckdb", snapshot.folder)) as engine:
        engine.prepare()
        searched = _sampled(found)
        read = read_features(findings, searched, engine)
        names = _telling(read, searched)
        reach = reach_of(engine, read)
        drafts = [(side, _search(searched, read, names, reach, side, ask)) for side in _sides(found)]
        full = read
        if searched.num_rows < found.num_rows:
            wanted = frozenset(name for _, each in drafts for one in each for name, _ in (*one.pairs, *one.same))
            full = read_features(findings, found, engine, wanted=wanted)
        return tuple(_scope(found, full, read, side, each, _Names(engine)) for side, each in drafts)


def chosen(findings: Findings, ask: Ask) -> pa.Table:
    """The findings that are asked about, as rows of COLUMNS."""
    found = findings.found
    if ask.controls:
        found = found.filter(pc.is_in(found["control_id"], value_set=pa.array(ask.controls, pa.string())))
    if ask.entity:
        found = found.filter(pc.fill_null(pc.equal(found["entity_id"], ask.entity), False))
    return found


def _sampled(found: pa.Table) -> pa.Table:
    """The findings that are searched. Ids are hashes, so their first digits draw the same even sample every time."""
    if found.num_rows <= SEARCHED:
        return found
    end = f"{int(0x10000 * SEARCHED / found.num_rows):04x}"
    return found.filter(pc.less(found["finding_id"], end))


def _sides(found: pa.Table) -> list[tuple[str, str]]:
    """The currencies and directions there are; the currency is empty for findings that have none."""
    pairs = found.select(["currency", "direction"]).group_by(["currency", "direction"]).aggregate([]).to_pylist()
    return sorted(
        {(row["currency"] or "", row["direction"]) for row in pairs},
        key=lambda side: (DIRECTIONS.index(side[1]) == 2, side[0], DIRECTIONS.index(side[1])),
    )


def _of_side(found: pa.Table, side: tuple[str, str]) -> Mask:
    currency = pc.equal(pc.fill_null(found["currency"], ""), side[0])
    return np.asarray(pc.and_(currency, pc.equal(found["direction"], side[1])))


def _telling(read: Features, found: pa.Table) -> list[str]:
    """The attributes that may explain: not the scope, and no word that is a part of a control's own question."""
    control = np.asarray(found["control_id"].combine_chunks().dictionary_encode().indices)
    telling = []
    for name, codes in sorted(read.codes.items()):
        if name in SCOPE:
            continue
        if is_word(name):
            read.codes[name] = _without_questions(codes, control)
        if (read.codes[name] >= 0).any():
            telling.append(name)
    return telling


def _without_questions(codes: Codes, control: np.ndarray[Any, Any]) -> Codes:
    """The same without the words that all findings of a control share: they say what it asks, not why it fired."""
    kept = codes.copy()
    for each in np.unique(control):
        own = codes[control == each]
        if len(own) and own[0] != NONE and (own == own[0]).all():
            kept[control == each] = NONE
    return kept


def _search(
    found: pa.Table, read: Features, names: Sequence[str], reach: Reach, side: tuple[str, str], ask: Ask
) -> list[Found]:
    rows = np.flatnonzero(_of_side(found, side))
    if len(rows) < LEAST:
        return []
    # The search is the one place where money may lose digits; what is reported is summed exactly.
    impact = np.asarray(pc.cast(pc.abs(found["impact_amount"].take(pa.array(rows))), pa.float64()).fill_null(0.0))
    weights = np.where(impact > 0, impact, 1.0) if impact.sum() else np.ones(len(rows))
    ground = Ground(
        codes={name: read.codes[name][rows] for name in names},
        weights=weights,
        group=read.group[rows],
        populations=[_within(each, read, side[0], ask.entity) for each in read.populations],
        applies=reach,
    )
    return [found_ for found_, _ in search(ground, names)]


def _within(population: Population, read: Features, currency: str, entity: str) -> Population:
    """The part of what was examined that could have been in the scope: its currency, and its entity where one is."""
    kept: Mask = np.ones(population.looked_at, np.bool_)
    for name, value in (("currency", currency), ("entity_id", entity)):
        if value and name in population.codes:
            known = read.values[name]
            code = known.index(value) if value in known else NONE
            own = population.codes[name]
            kept &= (own == code) | (own == NONE)
    codes = {name: own[kept] for name, own in population.codes.items()}
    looked_at = int(kept.sum())
    rows = population.rows * looked_at // max(population.looked_at, 1)
    return Population(population.controls, rows, looked_at, codes)


def _scope(
    found: pa.Table, full: Features, read: Features, side: tuple[str, str], drafts: Iterable[Found], names: _Names
) -> Scope:
    """A scope with its explanations counted on all its findings, money summed exactly."""
    mask = _of_side(found, side)
    impact = found["impact_amount"].combine_chunks()
    whole = _sum(impact, mask) if side[1] != "at_risk" else Decimal(0)
    count, left = int(mask.sum()), mask
    explanations: list[Explanation] = []
    for draft in drafts:
        held = left.copy()
        for name, value in draft.pairs:
            held &= full.codes[name] == full.values[name].index(read.values[name][value])
        money = _sum(impact, held) if side[1] != "at_risk" else Decimal(0)
        left = left & ~held
        number = int(held.sum())
        controls = pc.value_counts(found["control_id"].filter(pa.array(held))).to_pylist()
        explanations.append(
            Explanation(
                conditions=tuple(names.condition(name, read.values[name][value]) for name, value in draft.pairs),
                same=tuple(names.condition(name, read.values[name][value]) for name, value in draft.same),
                findings=number,
                money=money,
                money_share=float(money / whole) if whole else 0.0,
                findings_share=number / count,
                examined_share=draft.examined,
                lift=draft.count / draft.expected if draft.expected else None,
                left=_sum(impact, left) if side[1] != "at_risk" else Decimal(0),
                left_findings=int(left.sum()),
                controls=tuple(sorted((row["values"], row["counts"]) for row in controls)),
                finding_ids=tuple(found["finding_id"].filter(pa.array(held)).to_pylist()),
            )
        )
    largest = pc.max(pc.abs(impact.filter(pa.array(mask)))).as_py() if whole else None
    return Scope(side[0], side[1], count, whole, tuple(explanations), float(largest / abs(whole)) if largest else 0.0)


def _sum(impact: pa.Array, mask: Mask) -> Decimal:
    total = pc.sum(impact.filter(pa.array(mask))).as_py()
    return total if total is not None else Decimal(0)


class _Names:
    """The names behind keys, looked up when somebody reads them."""

    def __init__(self, engine: DuckEngine) -> None:
        self.engine = engine

    def condition(self, attribute: str, value: str) -> Condition:
        """A condition with the name of what its value is the key of."""
        target = target_of(attribute)
        name = ""
        if target in tables() and "name" in tables()[target].columns:
            key = tables()[target].key[0]
            rows = self.engine.query(f'select name from "{target}" where "{key}" = $value', {"value": value})
            name = rows["name"][0].as_py() or "" if rows.num_rows else ""
        return Condition(attribute, value, name)
