"""Field 86 of a SWIFT statement line, in the structures that banks give it: German sub-fields, slash codes, lines."""

from __future__ import annotations

import re

from mt940 import models, processors, tags
from mt940.options import Options

from workbench.sources.readers.statements import References, account_number, first, identifier, plain

SUBFIELDS = re.compile(r"(\d{3})([^\w\s/])(?=\d\d)", re.ASCII)
# A sub-field of text that is not full: the next one begins a word of its own.
SHORT = re.compile(r"(\?(?:2\d|32|6\d)[^?]{1,26})(?=\?(?:2\d|33|6\d))")
SLASHED = re.compile(
    r"/(TRTP|IBAN|BIC|NAME|REMI|EREF|ORDP|BENM|CNTP|CSID|MARF|PURP|PREF|IREF|KREF|RTRN|ISDT|ULTD|ULTB|TRCD|SVCL|OCMT|"
    r"CHGS|EXCH|ADDR|ID)/"
)
DETAILS = tags.TransactionDetails()
NO_STATEMENT = models.Transactions(options=Options.all())


def told(details: str, *, is_credit: bool) -> dict[str, str]:
    """What field 86 says, whatever its structure: German sub-fields, slash codes, or free lines."""
    said = {"code": "", "reference": "", "end_to_end": "", "counterparty": "", "counterparty_account": "", "text": ""}
    joined = "".join(details.splitlines())
    marked = SUBFIELDS.match(joined)
    if marked:
        return {**said, **_german(joined.replace("?", " ") if marked[2] != "?" else joined, marked[2])}
    if SLASHED.search(joined):
        return {**said, **_slashed(joined, is_credit=is_credit)}
    return {**said, "reference": plain(details)}


def _german(text: str, sign: str) -> dict[str, str]:
    """Sub-fields ?00 to ?63, with the SEPA references in ?20 to ?29."""
    marked = SHORT.sub(r"\1 ", text.replace(sign, "?"))
    given = {"transaction_details": marked}
    found = processors.transaction_details_post_processor(NO_STATEMENT, DETAILS, given, dict(given))
    part = {name: plain(value) for name, value in found.items() if isinstance(value, str)}
    purpose = part.get("purpose", "") + part.get("additional_purpose", "")
    return {
        "code": part.get("transaction_code", ""),
        "reference": str(References(part.get("customer_reference", ""), purpose)),
        "end_to_end": identifier(part.get("end_to_end_reference", "")),
        "counterparty": part.get("applicant_name", ""),
        "counterparty_account": account_number(
            first((part.get("gvc_applicant_iban", ""), part.get("applicant_iban", "")))
        ),
        "text": part.get("posting_text", ""),
    }


def _slashed(text: str, *, is_credit: bool) -> dict[str, str]:
    """/REMI/, /EREF/, /NAME/ ... as SWIFT's rules and Dutch banks write them."""
    pieces = SLASHED.split(text)
    part: dict[str, str] = {}
    for key, value in zip(pieces[1::2], pieces[2::2], strict=True):
        part.setdefault(key, plain(value.strip("/")))
    who = part.get("ORDP" if is_credit else "BENM", "")
    account, _, name = part.get("CNTP", "").partition("/")
    names = name.split("/")
    remittance = re.sub(r"^(?:USTD|STRD)/+(?:CUR/|ISO/)?", "", part.get("REMI", ""))
    return {
        "reference": str(References(plain(pieces[0]), remittance)),
        "end_to_end": identifier(part.get("EREF", "")),
        "counterparty": first((part.get("NAME", ""), names[1] if len(names) > 1 else "", who)),
        "counterparty_account": account_number(part.get("IBAN", "") or account),
        "text": part.get("TRTP", ""),
    }
