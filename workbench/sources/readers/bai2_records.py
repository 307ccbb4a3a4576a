"""The records of a BAI2 file with their continuations, and what their fields say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import BinaryIO

from workbench.errors import WorkbenchError
from workbench.money import EXACT, minor_units
from workbench.sources.readers.statements import References, identifier, is_number, plain

LONGEST_LINE = 1 << 20
LONGEST_RECORD = 1 << 18
FULL_LINE = 78
CODE = r"(?:01|02|03|16|49|88|98|99)"
RECORD = re.compile(rf"({CODE})(?:,|/?\s*$)")
SEVERAL = re.compile(rf"/[ \t]+(?={CODE},)")
TAGGED = re.compile(r"(CREF|REMI|EREF|CRNM|DBNM|CACT|DACT): ?(.*)")
BREAK = "\x1e"
# Type codes of what comes back: returned items, rejected payments, reversals.
RETURNS = frozenset("252 255 257 258 261 266 552 555 557 558 561 566".split())


@dataclass
class Physical:
    """A record with its continuations."""

    code: str
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    width: int = 0

    @property
    def text(self) -> str:
        """Its fields, as one text."""
        return BREAK.join(self.pieces)

    @property
    def raw(self) -> str:
        """The record as it came."""
        return f"{self.code}," + "\n88,".join(self.pieces)


def records(stream: BinaryIO, name: str) -> Iterator[Physical]:
    """Every record with its continuations. A line that begins with no record's code goes on with the one before."""
    current: Physical | None = None
    for line in _lines(stream, name):
        found = RECORD.match(line)
        text = line[found.end() :] if found and line[2:3] == "," else line if not found else ""
        if found and found[1] != "88":
            if current:
                yield current
            current = Physical(found[1])
        elif current is None:
            current = Physical("")
        current.length += len(text)
        if current.length > LONGEST_RECORD:
            raise WorkbenchError(f"{name} has a record of more than {LONGEST_RECORD:,} characters.", "look at it")
        if found or not current.pieces:
            current.pieces.append(text)
        else:
            current.pieces[-1] += f" {text}"
        current.width = max(current.width, len(line))
    if current:
        yield current


def _lines(stream: BinaryIO, name: str) -> Iterator[str]:
    start = True
    while line := stream.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise WorkbenchError(f"{name} has a line of more than {LONGEST_LINE >> 20} MB.", "look at what it holds")
        if start:
            line, start = line.removeprefix(b"\xef\xbb\xbf"), False
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            text = line.decode("cp1252", "replace")
        for piece in re.split(r"[\r\n]+", text):
            yield from (part.strip() for part in SEVERAL.split(piece) if part.strip())


def fields(record: Physical) -> list[str]:
    """The fields of a record whose last is no text."""
    return [part.strip() for part in _joined(record).split(",")]


def _joined(record: Physical) -> str:
    return ",".join(piece.removesuffix("/") for piece in record.pieces)


def summaries(given: list[str]) -> Iterator[tuple[str, str, str]]:
    """The (type code, amount, item count) of an account header; empty fields between them are passed over."""
    rest = iter(given)
    for code in filter(None, rest):
        amount, count, funds = next(rest, ""), next(rest, ""), next(rest, "")
        for _ in range(_funds_fields(funds, rest)):
            next(rest, "")
        if amount:
            yield code.zfill(3), amount, count


def _funds_fields(funds: str, rest: Iterator[str]) -> int:
    """How many fields follow a funds type: S has three amounts, V day and time, D a count and pairs."""
    kind = funds.upper()
    if kind == "D":
        count = next(rest, "")
        return 2 * min(int(count), 100) if count.isascii() and count.isdigit() and len(count) < 5 else 0
    return {"S": 3, "V": 2}.get(kind, 0)


def transaction(record: Physical) -> tuple[str, Decimal | None, dict[str, str]]:
    """The type code, the amount as written and the other values of a transaction; its text may hold commas."""
    parts = re.split(rf"[,{BREAK}]", BREAK.join(piece.removesuffix("/") for piece in record.pieces))
    places = iter(parts)
    code, amount, funds = (next(places, "").strip() for _ in range(3))
    skipped = 4 if funds.upper() == "D" else 3
    more = _funds_fields(funds, places)
    availability = [next(places, "").strip() for _ in range(more)]
    bank, customer = next(places, "").strip(), next(places, "").strip()
    text = _text(record, skipped + more + 2)
    tagged = {key: plain(value) for key, value in TAGGED.findall("\n".join(record.pieces[1:]))}
    is_credit = sign_of(code) == 1
    return (
        code,
        read_number(amount),
        {
            "amount": amount,
            "code": code,
            "value_on": read_day(availability[0]) if funds.upper() == "V" and availability else "",
            "is_reversal": "true" if code in RETURNS else "",
            "reference": str(References(_reference(customer), tagged.get("EREF", ""), text)),
            "end_to_end": _reference(tagged.get("EREF", "")) or _reference(customer),
            "bank_reference": _reference(bank),
            "counterparty": tagged.get("DBNM" if is_credit else "CRNM", ""),
            "counterparty_account": tagged.get("DACT" if is_credit else "CACT", ""),
            "text": "",
        },
    )


def _text(record: Physical, skipped: int) -> str:
    """What follows so many fields; pieces of full lines are joined without a blank."""
    left, said = skipped, []
    for piece in record.pieces:
        some = piece.removesuffix("/")
        fields = some.split(",", left) if left else [some]
        if len(fields) > left:
            said.append(fields[-1].strip() if left else some)
            left = 0
        else:
            left -= len(fields)
    return plain(("" if record.width >= FULL_LINE and record.width <= FULL_LINE + 4 else " ").join(said))


def _reference(text: str) -> str:
    """A reference; one of zeros is none."""
    return identifier(text) if text.strip("0") else ""


def sign_of(code: str) -> int | None:
    """1 for the type codes of credits, -1 for those of debits; None for balances and what moves no money."""
    if not (code.isascii() and code.isdigit() and len(code) == 3):
        return None
    number = int(code)
    if 100 <= number <= 399 or 720 <= number <= 759 or 920 <= number <= 959:
        return 1
    return -1 if 400 <= number <= 699 or 760 <= number <= 799 or 960 <= number <= 999 else None


def read_number(text: str) -> Decimal | None:
    """A number as it is written, or None."""
    return Decimal(text) if is_number(text) else None


def in_currency(number: Decimal, currency: str) -> str:
    """An amount in its currency: whole minor units, unless it was written with a point."""
    is_whole = number == number.to_integral_value() and -int(number.as_tuple().exponent) <= 0
    scaled = number.scaleb(-minor_units(currency), EXACT) if is_whole else number
    return f"{scaled:f}" if scaled else f"{abs(scaled):f}"


def read_day(text: str) -> str:
    """YYMMDD, or YYYYMMDD, as a day; anything else as it came."""
    if not (text.isascii() and text.isdigit() and len(text) in {6, 8}):
        return text
    century = "" if len(text) == 8 else "19" if text[:2] >= "70" else "20"
    full = century + text
    return f"{full[:4]}-{full[4:6]}-{full[6:]}"
