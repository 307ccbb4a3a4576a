"""The fields of a list in words; as a person types them in a correction they are the same in every language."""

from __future__ import annotations

from workbench.language import ENGLISH, language, mark, say
from workbench.markup import words_of_name
from workbench.settlement.codes import plain, sense

WORDS = (
    mark("invoice"), mark("line"), mark("kind"), mark("customer"), mark("customer name"), mark("country"),
    mark("entity"), mark("currency"), mark("invoice date"), mark("due date"), mark("posted on"), mark("created at"),
    mark("created by"), mark("approved by"), mark("order"), mark("delivery"), mark("product"), mark("description"),
    mark("quantity"), mark("unit price"), mark("discount"), mark("net#document"), mark("tax"), mark("gross"),
    mark("total#document"), mark("tax rate"), mark("tax code"), mark("period from"), mark("period to"),
    mark("original invoice"), mark("reason"), mark("status"),
    mark("min quantity"), mark("floor price"), mark("valid from"), mark("valid to"),
    mark("shipped on"), mark("delivered on"),
)  # fmt: skip
MESSAGES = {plain(word): word for word in WORDS}


def field_in_words(name: str) -> str:
    """A field for reading: original invoice; in another language as it is typed, and what that means."""
    words = words_of_name(name)
    if language() == ENGLISH or not name:
        return words
    return say("{field} ({words})", field=name, words=sense(MESSAGES[words]))
