"""Only some passes: proposals are of what was asked for, and of the same money as with all of them."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from tests.matching_items import item, matched
from workbench.errors import WorkbenchError
from workbench.matching.items import Numbering, numbers
from workbench.matching.ordering import SHORT, arrange, by_text
from workbench.matching.rules import PASSES, Rules


def pairs(found: object, *forms: str) -> set[tuple[str, str, str]]:
    rows = found.proposals.to_pylist()  # type: ignore[attr-defined]
    return {(row["left_id"], row["right_id"], row["pass"]) for row in rows if not forms or row["pass"] in forms}


LEFT = [
    item("R1", "100"), item("R2", "100"), item("R3", "75", of="C2"), item("R4", "30", "INV-0099", of="C3"),
    item("R5", "99", of="C4"),
]  # fmt: skip
RIGHT = [
    item("I1", "100", "INV-0001"), item("I2", "100", "INV-0002"), item("I3", "100", "INV-0003"),
    item("I4", "40", "INV-0004", of="C2"), item("I5", "35", "INV-0005", of="C2"), item("I6", "75", "INV-0006", of="C2"),
    item("I7", "50", "INV-0099", of="C3"), item("I8", "100", "INV-0008", of="C4"),
]  # fmt: skip


@pytest.mark.parametrize("name", PASSES)
def test_proposals_of_one_pass_are_those_of_all_passes_that_are_of_its_kind(name: str) -> None:
    alone, every = matched(LEFT, RIGHT, passes=[name]), matched(LEFT, RIGHT)
    assert not every.automatic.num_rows
    forms = {"reference"} if name in {"remittance", "similar_reference"} else {name}
    assert pairs(alone) >= pairs(every, name)
    assert {form for _, _, form in pairs(alone)} <= forms | {"reference", name}


def test_one_to_one_alone_proposes_each_item_of_the_amount_and_counts_every_way() -> None:
    found = matched(LEFT, RIGHT, passes=["amount"])
    rows = {(row["left_id"], row["right_id"]): row["alternatives"] for row in found.proposals.to_pylist()}
    assert rows == {(left, right): 3 for left in ("R1", "R2") for right in ("I1", "I2", "I3")} | {("R3", "I6"): 2}


def test_one_to_one_lists_as_many_as_are_wanted_and_keeps_to_the_days_allowed() -> None:
    rights = [item(f"I{number}", "100") for number in range(9)]
    assert matched([item("R", "100")], rights, rules=Rules(listed=4), passes=["amount"]).proposals.num_rows == 4
    far = [right | {"day": right["day"].replace(year=2020)} for right in rights[:5]]
    found = matched(
        [item("R", "100")], [*far, *rights[5:]], rules=Rules(days_before=0, days_after=5), passes=["amount"]
    )
    assert {row["right_id"] for row in found.proposals.to_pylist()} == {"I5", "I6", "I7", "I8"}


@pytest.mark.parametrize("rows", [0, 1, 5, SHORT, SHORT + 1, 4 * SHORT])
def test_rows_are_arranged_by_block_day_and_mark_whatever_order_they_came_in(rows: int) -> None:
    chance = np.random.default_rng(rows)
    block, day = chance.integers(-1, 2, rows), chance.integers(0, 3, rows).astype(np.int32)
    mark = chance.permutation(rows).astype(np.uint64)
    expected = sorted(range(rows), key=lambda row: (block[row], day[row], mark[row]))
    assert arrange(block, day, mark).tolist() == expected


def test_texts_are_put_in_order_by_their_bytes_though_eight_of_them_are_alike() -> None:
    texts = [
        "INV-",
        "INV-1",
        "INV-12345678",
        "INV-123456789",
        "INV-1234567",
        "INV-発票",
        "INV-~",
        "INV-12345678\x00",
        "INV-A",
    ]
    column = pa.chunked_array([pa.array([*texts, *texts], pa.large_string())])
    rows = np.arange(len(texts))[::-1].copy()
    assert [texts[row] for row in by_text(column, rows)] == sorted(texts, key=str.encode)
    assert by_text(column, rows[:1]).tolist() == rows[:1].tolist()
    assert len(by_text(column, rows[:0])) == 0


@pytest.mark.parametrize("wide", [3, 10_000])
def test_pairs_are_numbered_without_a_gap_and_unknown_ones_have_none(wide: int) -> None:
    first, second = np.array([0, 2, 0, -1, wide - 1]), np.array([1, 0, 1, 1, wide - 1])
    numbered = Numbering(((first, second),), wide, wide)
    found = numbered.of(first, second)
    assert sorted(set(found.tolist()) - {-1}) == list(range(len(set(found.tolist()) - {-1})))
    assert found[0] == found[2] and found[3] == -1 and len(set(found.tolist())) == 4
    assert numbered.of(np.array([1]), np.array([1])).tolist() == [-1]


def test_values_have_one_number_in_all_columns_and_null_has_none() -> None:
    columns = [pa.chunked_array([pa.array(values, pa.large_string())]) for values in (["a", None, "b"], ["b", "c"], [])]
    found, count = numbers(*columns)
    assert count == 3
    assert found[0][2] == found[1][0] and found[0][1] == -1 and found[0][0] not in found[1]
    assert len(found[2]) == 0


def test_two_ids_of_one_kind_are_refused_on_either_side() -> None:
    with pytest.raises(WorkbenchError, match="1 of 2 ids of the left items come again"):
        matched([item("R", "1"), item("R", "2")], [])
    with pytest.raises(WorkbenchError, match="2 of 4 ids of the right items come again"):
        matched([], [item("I", "1"), item("I", "2"), item("I", "2"), item("J", str(Decimal(3)))])
