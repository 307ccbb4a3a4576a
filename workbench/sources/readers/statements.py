"""What the readers of bank statements share: how accounts, keys and references are written, and counted records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal

from workbench.money import EXACT
from workbench.sources.readers import Record

MAIN = "statements"
SHOWN = 2_000
LONGEST_NUMBER = 40
LONGEST_REFERENCE = 4_000
IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
BLANKS = re.compile(r"[\x00-\x20\x7f\x85\u2028\u2029]+")
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
NO_REFERENCE = frozenset({"NOTPROVIDED", "NONREF", "NOREF", "NOTAVAILABLE"})


class Rows:
    """Makes the records of one document and counts them by export, so that they can refer to each other by number."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, export: str, values: Mapping[str, str], raw: str = "") -> Record:
        """A whole record; values that are empty are left out."""
        self._counts[export] += 1
        return Record(export, {name: value for name, value in values.items() if value}, raw=raw)

    def broken(self, export: str, problem: str, raw: str = "") -> Record:
        """A record that cannot be read."""
        self._counts[export] += 1
        return Record(export, problem=problem, raw=raw[:SHOWN])

    def next(self, export: str) -> str:
        """The number that the next record of an export will have."""
        return str(self._counts[export] + 1)


class References:
    """References and texts that become one, each once; what is beyond the first thousands of characters is counted."""

    def __init__(self, *parts: str) -> None:
        self._kept: dict[str, None] = {}
        self._length = self._left = 0
        self.add(*parts)

    def add(self, *parts: str) -> None:
        """Take some more; what only says that there is no reference is left out."""
        for part in map(plain, parts):
            if not part or part in self._kept or part.upper() in NO_REFERENCE:
                continue
            if self._length + len(part) > LONGEST_REFERENCE and self._kept:
                self._left += 1
            else:
                self._kept[part[:LONGEST_REFERENCE]] = None
                self._length += len(part) + 2

    def __str__(self) -> str:
        return "; ".join([*self._kept, f"and {self._left} more"] if self._left else self._kept)


def plain(text: str | None) -> str:
    """A text on one line: control characters, line ends and runs of blanks are one blank."""
    if not text or (text.isprintable() and "  " not in text):
        return text.strip() if text else ""
    return BLANKS.sub(" ", text).strip()


def account_number(text: str) -> str:
    """An account as statements name it; an IBAN without its blanks."""
    written = plain(text)
    tight = written.replace(" ", "").upper()
    return tight if is_iban(tight) else written


def is_iban(text: str) -> bool:
    """Whether a text is an IBAN whose check digits are right (ISO 13616)."""
    if not IBAN.fullmatch(text):
        return False
    digits = "".join(str(int(letter, 36)) for letter in text[4:] + text[:4])
    return int(digits) % 97 == 1


def identifier(text: str) -> str:
    """A reference, or nothing where it only says that there is none."""
    written = plain(text)
    return "" if written.upper() in NO_REFERENCE else written


def statement_key(values: Mapping[str, str]) -> str:
    """What names a statement in every copy of it: account, currency, opening day, number and page, opening balance."""
    number = _unpadded(values.get("number", ""))
    page = _unpadded(values.get("page", ""))
    opening = values.get("opening", "")
    amount = f"{Decimal(opening).normalize(EXACT):f}" if is_number(opening) else opening
    day = values.get("opening_on", "") or values.get("closing_on", "")
    turned = f"{number}-{page}" if number and page else number or page
    return "/".join((values.get("account", ""), values.get("currency", ""), day, turned or "0", amount))


def _unpadded(number: str) -> str:
    return number.lstrip("0") if number.isdigit() else number


def is_number(text: str) -> bool:
    """Whether a text is a plain decimal number of a bearable length."""
    return len(text) <= LONGEST_NUMBER and NUMBER.fullmatch(text) is not None


def signed(amount: str, *, is_debit: bool) -> str:
    """An amount with the sign it has on the account; what is no number stays as it came."""
    if not is_number(amount):
        return amount
    bare = amount.lstrip("+-")
    return bare if is_debit == amount.startswith("-") else f"-{bare}"


def first(texts: Iterable[str]) -> str:
    """The first text that is not empty."""
    return next(filter(None, texts), "")
