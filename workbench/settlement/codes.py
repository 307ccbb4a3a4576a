"""The codes of canonical tables as people read them; a code that is not known is shown as it stands."""

from __future__ import annotations

import re

from workbench.language import mark, say

SENSE = re.compile(r"#\w+")
# States, kinds, directions and actions of schema.yml, and the movements of an account; severities of controls.
CODES = (
        mark("invoice"), mark("debit memo"), mark("credit memo"), mark("receipt"),
        mark("issued"), mark("draft"), mark("cancelled#code"), mark("approved#code"), mark("paid"),
        mark("active"), mark("suspended"), mark("closed"), mark("terminated"), mark("expired"),
        mark("open#code"), mark("pending"), mark("resolved"), mark("planned"), mark("shipped"), mark("delivered"),
        mark("completed"), mark("applied"), mark("unapplied"), mark("unidentified"), mark("on_account"),
        mark("reversed"), mark("sale"), mark("sample"), mark("transfer"), mark("return"), mark("system"),
        mark("manual"), mark("payable"), mark("receivable"), mark("carrier"), mark("seller"), mark("vendor"),
        mark("fee"), mark("refund"), mark("reserve"), mark("tax"), mark("freight"), mark("surcharge"),
        mark("write off"), mark("billing adjustment"), mark("discount"), mark("price"),
        mark("carried forward"), mark("invoiced"), mark("credited"), mark("received"), mark("discounted"),
        mark("written off"), mark("refunded"), mark("adjusted"),
        mark("high"), mark("medium"), mark("low"),
)  # fmt: skip


def sense(message: str) -> str:
    """A text with several senses in English, said; what follows "#" tells translators which, and is not shown."""
    return plain(say(message)) if message else ""


def plain(message: str) -> str:
    """The same without the sense."""
    return SENSE.sub("", message)


MESSAGES = {plain(message): message for message in CODES}


def in_words(code: str | None) -> str:
    """A code in the reader's language; what is no known code, and nothing, as it is."""
    return sense(MESSAGES[code]) if code in MESSAGES else code or ""
