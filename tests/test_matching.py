"""Each pass of the matching takes what it is for, and leaves what only looks like it as a proposal."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.matching_items import DAY, automatic, item, matched, proposed
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.matching.rules import PASSES, Rules

DISCOUNT = {"discount": Decimal("2.00"), "discount_until": DAY}


@pytest.mark.parametrize(
    "said",
    [
        "INV-2025-0000187", "inv 2025 0000187", "INV20250000187", "inv/2025/187", "ＩＮＶ－２０２５－００００１８７",
        "payment of invoice INV-2025-0000187, thank you", "発票INV-2025-187号", "INV-2025-٠٠٠٠١٨٧",
        "*INV*2025*0000187*",
    ],
)  # fmt: skip
def test_a_number_is_found_in_free_text(said: str) -> None:
    found = matched(
        [item("R", "100", said)], [item("I", "100", "INV-2025-0000187"), item("J", "100", "INV-2025-0000188")]
    )
    assert automatic(found) == {("R",): ("reference", ("I",))}


def test_remittance_that_names_several_invoices_pays_them_all() -> None:
    rights = [item("I", "100", "INV-1001"), item("J", "200.50", "INV-1002"), item("K", "300.50", "INV-1003")]
    found = matched([item("R", "300.50", "for INV-1001 and 1002, INV 1002")], rights)
    assert automatic(found) == {("R",): ("remittance", ("I", "J"))}


def test_remittance_that_names_more_than_can_be_combined_pays_them_all() -> None:
    rights = [item(f"I{number}", "10", f"INV-{number}") for number in range(1000, 1040)]
    found = matched([item("R", "400", " ".join(row["references"][0] for row in rights))], rights)
    assert automatic(found) == {("R",): ("remittance", tuple(row["id"] for row in rights))}


def test_the_only_amount_of_a_customer_is_taken_without_a_text() -> None:
    found = matched(
        [item("R", "100")], [item("I", "100", "A-1"), item("J", "100.01", "A-2"), item("K", "100", of="C2")]
    )
    assert automatic(found) == {("R",): ("amount", ("I",))}


def test_a_recurring_amount_is_never_taken_without_a_text() -> None:
    rights = [item(f"I{month}", "100", f"INV-{month}") for month in range(2001, 2013)]
    found = matched([item("R", "100")], rights)
    assert automatic(found) == {}
    assert proposed(found) == {("R", row["id"]) for row in rights}
    assert set(found.proposals["alternatives"].to_pylist()) == {12}


def test_a_receipt_that_is_one_invoice_and_the_sum_of_two_others_is_a_proposal() -> None:
    found = matched([item("R", "60")], [item("I", "60"), item("J", "40"), item("K", "20"), item("L", "7")])
    assert automatic(found) == {}
    assert proposed(found) == {("R", "I"), ("R", "J"), ("R", "K")}


def test_the_same_holds_among_more_items_than_are_all_combined() -> None:
    rights = [item(f"I{n}", f"{7919 * n + 3}") for n in range(1, 30)]
    rights += [item("I", "1000000"), item("J", "400001"), item("K", "599999")]
    assert automatic(matched([item("R", "1000000")], rights)) == {}
    assert automatic(matched([item("R", "1000000")], rights[:-1])) == {("R",): ("amount", ("I",))}


def test_a_text_settles_what_amounts_leave_open() -> None:
    found = matched([item("R", "60", "INV-9001")], [item("I", "60", "INV-9001"), item("J", "40"), item("K", "20")])
    assert automatic(found) == {("R",): ("reference", ("I",))}


def test_two_receipts_for_one_invoice_of_the_same_amount_are_both_proposals() -> None:
    found = matched([item("R", "60", "INV-9001"), item("S", "60", "INV-9001")], [item("I", "60", "INV-9001")])
    assert automatic(found) == {}
    assert proposed(found) == {("R", "I"), ("S", "I")}


@pytest.mark.parametrize("said", ["INV-2025-0041837", "INV-2025-0041873 x", "INV-2025-004183", "INV-2O25-0041873"])
def test_a_mistyped_number_settles_which_of_two_equal_amounts(said: str) -> None:
    rights = [item("I", "100", "INV-2025-0041873"), item("J", "100", "INV-2025-0077777")]
    found = matched([item("R", "100", said)], rights)
    assert {name: rights for name, (_, rights) in automatic(found).items()} == {("R",): ("I",)}


def test_a_mistyped_number_that_is_as_near_to_another_is_a_proposal() -> None:
    rights = [item("I", "100", "INV-2025-0041873"), item("J", "100", "INV-2025-0041874")]
    assert automatic(matched([item("R", "100", "INV-2025-0041879")], rights)) == {}


def test_a_number_by_its_digits_alone_needs_the_amount() -> None:
    rights = [item("I", "100", "INV-2025-0041873"), item("J", "100", "INV-2025-0077777")]
    assert automatic(matched([item("R", "100", "41873")], rights)) == {("R",): ("similar_reference", ("I",))}
    assert automatic(matched([item("R", "90", "41873")], rights)) == {}


def test_digits_of_another_series_do_not_win_over_the_number_in_full() -> None:
    rights = [item("I", "100", "INV-5551"), item("J", "100", "CN-5551")]
    assert automatic(matched([item("R", "100", "CN 5551")], rights)) == {("R",): ("reference", ("J",))}


def test_two_groups_of_digits_stay_apart() -> None:
    rights = [item("I", "100", "INV-11-2"), item("J", "100", "INV-1-12")]
    assert automatic(matched([item("R", "100", "INV 1/12")], rights)) == {("R",): ("reference", ("J",))}


def test_the_only_combination_of_open_items_is_taken() -> None:
    rights = [item("I", "10.10"), item("J", "20.20"), item("K", "40.40")]
    found = matched([item("R", "30.30")], rights, rules=Rules(chance=0))
    assert automatic(found) == {("R",): ("several_invoices", ("I", "J"))}
    assert found.automatic["reason"][0].as_py().startswith("I is part of the only combination")


def test_all_of_sixteen_equal_items_are_one_combination_and_eight_of_them_are_many() -> None:
    rights = [item(f"I{n:02}", "10") for n in range(16)]
    assert automatic(matched([item("R", "160")], rights, rules=Rules(chance=0)))[("R",)][0] == "several_invoices"
    halves = matched([item("R", "80")], rights)
    assert automatic(halves) == {}
    assert set(halves.proposals["alternatives"].to_pylist()) == {12870}


def test_a_combination_out_of_so_many_that_chance_does_the_same_is_a_proposal() -> None:
    rights = [item(f"I{n:02}", f"{n * n + 1}.{n:02}") for n in range(16)]
    found = matched([item("R", "3.04")], rights[:4])
    assert ("R",) not in automatic(found) or automatic(found)[("R",)][0] == "several_invoices"
    many = matched([item("R", "1240.20")], [*rights[:15], item("Z", "225.15")], rules=Rules(chance=1_000_000))
    assert automatic(many) == {}


def test_several_receipts_that_name_one_invoice_pay_it() -> None:
    lefts = [item("R", "40", "INV-9001"), item("S", "60", "INV 9001 rest")]
    assert automatic(matched(lefts, [item("I", "100", "INV-9001")])) == {("R", "S"): ("several_receipts", ("I",))}


def test_several_receipts_pay_one_invoice_where_nothing_else_fits() -> None:
    lefts = [item("R", "40"), item("S", "60")]
    rights = [item("I", "100"), item("J", "99")]
    assert automatic(matched(lefts, rights, rules=Rules(chance=0))) == {("R", "S"): ("several_receipts", ("I",))}
    assert automatic(matched(lefts, [*rights, item("K", "40")], rules=Rules(chance=0))) == {}


def test_a_parent_pays_for_its_child() -> None:
    lefts = [item("R", "42", of="P"), item("S", "43", "INV-9002", of="P")]
    rights = [item("I", "42", of="K1"), item("J", "43", "INV-9002", of="K2"), item("L", "43", of="K1")]
    found = matched(lefts, rights, {"K1": "P", "K2": "P"})
    assert automatic(found) == {("R",): ("parent", ("I",)), ("S",): ("parent", ("J",))}


def test_what_two_children_owe_is_a_proposal_to_their_parent() -> None:
    found = matched(
        [item("R", "42", of="P")], [item("I", "42", of="K1"), item("J", "42", of="K2")], {"K1": "P", "K2": "P"}
    )
    assert automatic(found) == {}
    assert proposed(found) == {("R", "I"), ("R", "J")}


def test_what_the_child_may_have_paid_itself_is_not_taken_for_its_parent() -> None:
    lefts = [item("R", "42", of="P"), item("S", "42", of="K1")]
    assert automatic(matched(lefts, [item("I", "42", of="K1"), item("J", "42", of="K1")], {"K1": "P"})) == {}


def test_a_customer_that_is_no_parent_pays_for_nobody() -> None:
    found = matched([item("R", "42", "INV-9002", of="P")], [item("J", "42", "INV-9002", of="K2")])
    assert automatic(found) == {}
    assert "another customer" in found.proposals["reason"][0].as_py()


@pytest.mark.parametrize(("came", "taken"), [(0, True), (1, False)])
def test_a_discount_is_earned_by_its_last_day(came: int, taken: bool) -> None:
    left = item("R", "98", "INV-9001") | {"day": DAY + timedelta(days=came)}
    found = matched([left], [item("I", "100", "INV-9001", **DISCOUNT)], rules=Rules(tolerance=0))
    assert (("R",) in automatic(found)) == taken
    if taken:
        row = found.automatic.to_pylist()[0]
        assert (row["amount"], row["discount_amount"], row["difference"]) == (Decimal(98), Decimal(2), Decimal(0))


def test_a_discount_is_found_without_a_text_where_nothing_else_fits() -> None:
    rights = [item("I", "100", **DISCOUNT), item("J", "55")]
    assert automatic(matched([item("R", "98")], rights)) == {("R",): ("short_payment", ("I",))}
    assert automatic(matched([item("R", "98")], [*rights, item("K", "43")])) == {}


def test_several_named_invoices_are_paid_less_their_discounts() -> None:
    rights = [item("I", "100", "INV-9001", **DISCOUNT), item("J", "100", "INV-9002", **DISCOUNT)]
    found = matched([item("R", "195.99", "INV-9001 INV-9002")], rights)
    assert automatic(found) == {("R",): ("short_payment", ("I", "J"))}
    assert sum(found.automatic["amount"].to_pylist()) == Decimal("195.99")
    assert sum(found.automatic["discount_amount"].to_pylist()) == Decimal("4.01")


@pytest.mark.parametrize(("paid", "taken"), [("495.00", True), ("494.99", False), ("500.01", False)])
def test_a_named_invoice_may_lack_what_is_within_tolerance(paid: str, taken: bool) -> None:
    found = matched([item("R", paid, "INV-9001")], [item("I", "500", "INV-9001")])
    assert (("R",) in automatic(found)) == taken
    if taken:
        assert found.automatic["difference"][0].as_py() == Decimal("5.00")
    else:
        assert proposed(found) == {("R", "I")}


def test_tolerance_counts_minor_units_of_the_currency() -> None:
    lefts = [item("R", "99500", "INV-9001", currency="JPY"), item("S", "99.500", "INV-9002", currency="KWD")]
    rights = [item("I", "100000", "INV-9001", currency="JPY"), item("J", "100", "INV-9002", currency="KWD")]
    assert set(automatic(matched(lefts, rights))) == {("R",), ("S",)}
    assert automatic(matched(lefts, rights, rules=Rules(tolerance=499))) == {}


def test_nearly_the_amount_is_a_proposal_where_nothing_is_named() -> None:
    found = matched([item("R", "498")], [item("I", "500")])
    assert automatic(found) == {}
    assert found.proposals["pass"].to_pylist() == ["short_payment"]


def test_credits_are_netted() -> None:
    rights = [item("I", "100", kind="invoice"), item("C", "-20", kind="credit_memo")]
    found = matched([item("R", "80")], rights, rules=Rules(chance=0))
    assert automatic(found) == {("R",): ("credit_netted", ("C", "I"))}
    assert sum(found.automatic["amount"].to_pylist()) == Decimal(80)


def test_a_text_that_names_a_paid_invoice_keeps_its_amount_a_proposal() -> None:
    found = matched([item("R", "5", "INV-8888")], [item("I", "0", "INV-8888"), item("J", "5", "INV-8889")])
    assert automatic(found) == {}
    assert proposed(found) == {("R", "J")}
    assert "names something else" in found.proposals["reason"][0].as_py()


def test_a_text_that_names_another_customers_invoice_of_that_amount_keeps_both_proposals() -> None:
    rights = [item("I", "5", "INV-8888", of="C2"), item("J", "5", "INV-8889")]
    found = matched([item("R", "5", "INV-8888")], rights)
    assert automatic(found) == {}
    assert proposed(found) == {("R", "I"), ("R", "J")}


def test_a_receipt_without_a_customer_is_known_by_a_number_that_nobody_shares() -> None:
    left = item("R", "5", "INV-8888", of=None)
    assert automatic(matched([left], [item("I", "5", "INV-8888")])) == {("R",): ("reference", ("I",))}
    shared = [item("I", "5", "INV-8888"), item("J", "5", "INV-8888", of="C2")]
    assert automatic(matched([left], shared)) == {}
    assert automatic(matched([item("R", "5", of=None)], [item("I", "5", "INV-8888")])) == {}


def test_two_customers_of_one_name_stay_two() -> None:
    rights = [item("I", "5", of="C2", name="Acme"), item("J", "6", of="C1", name="Acme")]
    assert automatic(matched([item("R", "5", name="Acme")], rights)) == {}


def test_currencies_and_entities_are_never_mixed() -> None:
    rights = [item("I", "5", "INV-8888", currency="USD"), item("J", "5", "INV-8889") | {"entity": "E2"}]
    found = matched([item("R", "5", "INV-8888 INV-8889")], rights)
    assert found.matches.num_rows == 0


def test_days_limit_what_is_taken_without_a_text() -> None:
    rights = [item("I", "5") | {"day": date(2024, 1, 1)}, item("J", "5")]
    assert automatic(matched([item("R", "5")], rights, rules=Rules(days_after=30))) == {("R",): ("amount", ("J",))}
    assert automatic(matched([item("R", "5")], rights)) == {}


def test_only_the_passes_asked_for_are_run() -> None:
    lefts, rights = [item("R", "5"), item("S", "6", "INV-8888")], [item("I", "5"), item("J", "6", "INV-8888")]
    assert automatic(matched(lefts, rights, passes=["reference"])) == {("S",): ("reference", ("J",))}
    with pytest.raises(UnknownNameError, match="did you mean reference"):
        matched(lefts, rights, passes=["referense"])


def test_every_pass_says_what_it_takes_and_its_cardinality() -> None:
    for cardinality, why in PASSES.values():
        assert cardinality in {"1:1", "1:n", "m:1"} and why


@pytest.mark.parametrize(
    "said",
    [
        "", " ", "'; drop table invoices; --", "=HYPERLINK(\"x\")", "\x00\x01", "9" * 5000, "INV-" * 2000, "0" * 300,
        "\ud7ff" + "é" * 3000, "1 " * 3000, "-", "\n\n\n", "٣" * 2000, "🧾" * 500,
    ],
)  # fmt: skip
def test_hostile_texts_do_no_harm(said: str) -> None:
    rights = [item("I", "5", "INV-8888", said), item("J", "6", said)]
    found = matched([item("R", "5", said), item("S", "7", "INV-8888", said), item("T", "1", said, of=None)], rights)
    assert sum(row["amount"] for row in found.automatic.to_pylist()) <= Decimal(11)


def test_a_number_that_everything_bears_names_nothing() -> None:
    lefts = [item(f"R{n}", "5", "1", of=f"C{n % 7}") for n in range(300)]
    rights = [item(f"I{n}", "5", "1", of=f"C{n % 7}") for n in range(300)]
    assert automatic(matched(lefts, rights)) == {}


def test_amounts_too_large_to_add_up_are_found_by_reference_alone() -> None:
    large = "99999999999999.9999"
    lefts, rights = [item("R", large, "INV-8888"), item("S", large)], [item("I", large, "INV-8888"), item("J", large)]
    assert automatic(matched(lefts, rights)) == {("R",): ("reference", ("I",))}


def test_bad_items_are_named() -> None:
    with pytest.raises(WorkbenchError, match="come again"):
        matched([item("R", "5"), item("R", "6")], [item("I", "5")])
    with pytest.raises(WorkbenchError, match="cannot be counted"):
        Rules(most=40)


def test_nothing_against_nothing_is_nothing() -> None:
    assert matched([], []).matches.num_rows == 0
    assert matched([item("R", "5")], []).unmatched_left.num_rows == 1
    assert "nothing fits" in matched([], [item("I", "5")]).as_text()
