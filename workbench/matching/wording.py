"""Why two items were set against each other, in a sentence."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

# {right} is the number of the right item and {alternatives} the number of ways in which the left one fits.
SENTENCES = {
    ("reference", "named"): "The text names {right}, and the amounts are equal.",
    ("remittance", "named"): "The text names {right} among others, and what it names adds up to the amount.",
    ("amount", "only"): "{right} is the customer's only open item of this amount, and nothing else adds up to it.",
    ("similar_reference", "digits"): "The text holds the digits of {right}, and the amounts are equal.",
    ("similar_reference", "mistyped"): "The text is a keystroke or two from {right}, and the amounts are equal.",
    ("several_invoices", "named"): "The text holds the digits of {right} and of others that add up to the amount.",
    ("several_invoices", "only"): "{right} is part of the only combination of open items that adds up to the amount.",
    ("several_receipts", "named"): "The receipts that name {right} add up to it.",
    ("several_receipts", "only"): "This is part of the only combination of receipts that adds up to {right}.",
    ("parent", "named"): "A parent of the customer paid, its text names {right}, and the amounts add up.",
    ("parent", "only"): "A parent of the customer paid, and {right} is part of the only combination that adds up.",
    ("short_payment", "discount"): "{right} is paid less the discount that was earned by paying in time.",
    ("short_payment", "tolerance"): "The text names {right}; what is missing is within tolerance and stays open.",
    ("credit_netted", "only"): "{right} is part of the only combination that adds up, credits taken off.",
    "one_of_several": "Adds up with {right}, one of {alternatives} ways in which open items fit.",
    "too_many": "{right} has the amount, among too many open items to count what else adds up.",
    "contested": "Adds up with {right}, which another item fits too.",
    "says_otherwise": "Adds up with {right}, but a text names something else.",
    "by_chance": "Adds up with {right}, out of so many open items that chance may do the same.",
    "named_less": "The text names {right}, of which this is only a part.",
    "named_more": "The text names {right}, and the amount is more than what is open on it.",
    "named_equal": "The text names {right}, which has the amount, and so does another.",
    "named_other": "The text names {right}, which is another customer's.",
    "near_less": "{right} is nearly this amount, a little more, and no text names it.",
    "near_more": "{right} is nearly this amount, a little less, and no text names it.",
}  # fmt: skip


def sentences(key: str | tuple[str, str], right: pa.Array, alternatives: pa.Array) -> pa.Array:
    """One sentence per row; `right` are numbers of documents and `alternatives` counts."""
    values = {"{right}": right, "{alternatives}": alternatives.cast(pa.large_string())}
    pieces: list[pa.Array | str] = [SENTENCES[key]]
    for mark, value in values.items():
        pieces = [part for piece in pieces for part in _around(piece, mark, value)]
    whole = [
        pa.scalar(piece, pa.large_string()) if isinstance(piece, str) else piece
        for piece in pieces
        if piece is not None
    ]
    return pc.binary_join_element_wise(*whole, pa.scalar("", pa.large_string()))


def _around(piece: pa.Array | str, mark: str, value: pa.Array) -> list[pa.Array | str]:
    if not isinstance(piece, str) or mark not in piece:
        return [piece]
    before, after = piece.split(mark)
    return [before, value, after]
