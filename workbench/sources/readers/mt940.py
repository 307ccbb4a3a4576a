"""MT940, the statement message of SWIFT, with the envelopes and dialects in which banks send it.

The package mt940 knows the fields; what it cannot do is done here: messages one at a time in bounded memory, one broken
field without the loss of all, SWIFT's envelope, interim messages (MT942), years before 2000, booking days that are no
days, sub-fields after another sign than "?", and the slash codes of Dutch and SWIFT remittance information.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO

from mt940 import tags

from workbench.errors import WorkbenchError
from workbench.sources.readers import Record
from workbench.sources.readers.mt940_details import told
from workbench.sources.readers.statements import (
    MAIN,
    References,
    Rows,
    account_number,
    identifier,
    is_iban,
    plain,
    statement_key,
)

LONGEST_LINE = 1 << 20
LONGEST_FIELD = 1 << 16
FIELD = re.compile(r":(13[CD]?|20|21|25P?|28C?|34F|60[FM]?|61|62[FM]?|64|65|86|90[CD]|NS):")
SIGNS = re.compile(r"(?m)^(?:\{4:\s*)?:(?:25P?|28C|60[FM]|61|62[FM]):")
TYPE = re.compile(r"\{2:[IO](\d{3})")
TRAILER = re.compile(r"-\}?\s*(\{5:.*)?$")
AMOUNT = re.compile(r"(?:\d{1,20}|\d{1,3}(?:\.\d{3}){1,4})(?:,\d{0,4})?|\d{1,20}\.\d{0,4}", re.ASCII)
NATIONAL = re.compile(r"(\S*\d)[\s/]*([A-Z]{3})")
# German transaction codes of direct debits and transfers that come back.
RETURNS = frozenset("108 109 159 181 184".split())
# What stands in field 61 for a reference that is in field 86.
POINTERS = frozenset("EREF PREF MARF MREF KREF REF".split())


class _Line(tags.Statement):
    """Field 61 as banks write it: references of any length, amounts with points, a longer transaction type."""

    pattern = r"""^
    (?P<year>\d{2})(?P<month>\d{2})(?P<day>\d{2})
    (?P<entry_month>\d{2}|\s{2})?(?P<entry_day>\d{2}|\s{2})?
    (?P<status>R?[DC])(?P<funds_code>[A-Z])?[\n ]?
    (?P<amount>\d[\d,.]{0,20})
    (?P<id>[A-Z][A-Z0-9 ]{3})?
    (?P<customer_reference>(?:(?!//)[^\n])*)
    (?://(?P<bank_reference>[^\n]*))?
    (?:\n(?P<extra_details>[\s\S]*))?
    $"""


class _Balance(tags.BalanceBase):
    """Fields 60 and 62; an amount may have points."""

    pattern = r"""^
    (?P<status>[DC])(?P<year>\d{2})(?P<month>\d{2})(?P<day>\d{2})
    (?P<currency>[A-Z]{3})\s*(?P<amount>\d[\d,.]{0,20})\s*
    $"""


LINE, BALANCE, NUMBER = _Line().re, _Balance().re, tags.StatementNumber().re
SUM = tags.SumCreditEntries().re


@dataclass
class _Statement:
    """The statement that is open."""

    values: dict[str, str] = field(default_factory=lambda: {"format": "MT940"})
    lines: int = 0
    is_opened: bool = False
    is_closed: bool = False
    is_interim: str = ""
    problem: str = ""
    waiting: str = ""
    details: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    said: int = 0


def fits(head: bytes) -> bool:
    """Whether a document that begins like this has fields of a SWIFT statement."""
    text = head.decode("latin-1").replace("\r", "\n")
    return SIGNS.search(text) is not None and not text.lstrip("\ufeff\xef\xbb\xbf \n").startswith("<")


def read(stream: BinaryIO, name: str) -> Iterator[Record]:
    """The statements and movements of a file of messages, and what interim messages tell.

    A file that breaks gives what was whole and one problem. Raises WorkbenchError where a line is beyond measure.
    """
    reading = _Reading()
    for tag, text in _fields(stream, name):
        yield from reading.take(tag, text)
    yield from reading.finish(is_cut=True)


def _fields(stream: BinaryIO, name: str) -> Iterator[tuple[str, str]]:
    """The fields of all messages as (tag, text); "type" is a message's number, "end" its end."""
    tag, lines, length = "", [""], 0
    for line in _lines(stream, name):
        text, ended = _without_envelope(line)
        if ended or text is not line:
            if tag:
                yield tag, "\n".join(lines)
                tag = ""
            if ended:
                yield "end", ""
            kind = TYPE.search(line)
            if kind:
                yield "type", kind[1]
        found = FIELD.match(text)
        if found:
            if tag:
                yield tag, "\n".join(lines)
            tag, lines, length = found[1], [text[found.end() :]], len(text)
        elif tag and text.strip():
            length += len(text) + 1
            if length <= LONGEST_FIELD:
                lines.append(text)
            else:
                yield tag, "\n".join(lines)
                yield "long", tag
                tag = ""
    if tag:
        yield tag, "\n".join(lines)


def _lines(stream: BinaryIO, name: str) -> Iterator[str]:
    start = True
    while line := stream.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise WorkbenchError(f"{name} has a line of more than {LONGEST_LINE >> 20} MB.", "look at what it holds")
        if start:
            line, start = line.removeprefix(b"\xef\xbb\xbf"), False
        yield from filter(None, re.split(r"[\r\n]+", _decoded(line)))


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def _without_envelope(line: str) -> tuple[str, bool]:
    """A line without the blocks of SWIFT's envelope, and whether it ends a message."""
    if line.startswith("-") and TRAILER.match(line.partition("{1:")[0]):
        rest = line.partition("{1:")[2]
        return (rest.partition("{4:")[2] if rest else ""), True
    if line.startswith(("{", "\x01{")):
        return line.partition("{4:")[2], False
    return line, False


class _Reading:
    """Makes records of fields, statement by statement."""

    def __init__(self) -> None:
        self._rows = Rows()
        self._open = _Statement()
        self._type = ""

    def take(self, tag: str, text: str) -> Iterator[Record]:
        """The records that a field completes."""
        open_ = self._open
        if tag in {"type", "end", "20"} or (open_.is_closed and tag[:2] in {"25", "28", "60", "61"}):
            yield from self.finish(is_cut=False)
            self._type = text if tag == "type" else "" if tag == "end" else self._type
            open_ = self._open
        if tag == "61":
            yield from self._flush()
            open_.waiting = text
        elif tag in {"86", "NS"}:
            if open_.waiting:
                (open_.details if tag == "86" else open_.remarks).append(text)
        elif tag == "long":
            open_.problem = f"has a field :{text}: of more than {LONGEST_FIELD:,} characters"
        elif tag not in {"type", "end"}:
            yield from self._flush()
            self._describe(tag, text)
        open_.said += tag not in {"type", "end"}

    def _describe(self, tag: str, text: str) -> None:
        open_, values = self._open, self._open.values
        if tag in {"25", "25P"}:
            values["account"], currency = _account(text)
            if currency:
                values.setdefault("currency", currency)
        elif tag in {"28", "28C"}:
            number = plain(text.strip().partition("\n")[0])
            found = NUMBER.match(number)
            values["number"] = found["statement_number"] if found else number
            values["page"] = (found["sequence_number"] or "") if found else ""
        elif tag == "34F":
            values.setdefault("currency", text[:3])
            open_.is_interim = open_.is_interim or ("" if open_.is_opened else "34F")
        elif tag[:2] in {"60", "62"}:
            self._balance("opening" if tag[:2] == "60" else "closing", tag, text)
        elif tag in {"90C", "90D"} and (found := SUM.match(text)):
            side = "credits" if tag == "90C" else "debits"
            values[side], values[f"{side}_sum"] = found["number"], _amount(found["amount"])

    def _balance(self, which: str, tag: str, text: str) -> None:
        open_ = self._open
        found = BALANCE.match(text.strip().partition("\n")[0])
        amount = _amount(found["amount"]) if found else ""
        if which == "opening":
            open_.is_opened, open_.is_interim = True, ""
        else:
            open_.is_closed = True
        if not found or not amount:
            open_.problem = open_.problem or f"has a balance that cannot be read, :{tag}:{text[:60]}"
            return
        is_debit = found["status"].upper() == "D" and amount.strip("0.") != ""
        open_.values[which] = f"-{amount}" if is_debit else amount
        open_.values[f"{which}_on"] = _day(found["year"], found["month"], found["day"])
        if which == "opening" or "currency" not in open_.values:
            open_.values["currency"] = found["currency"].upper()

    def _interim(self) -> str:
        """Why the message is no statement, or nothing."""
        kind = self._type or ("942" if self._open.is_interim else "")
        return f"MT{kind} is no statement" if kind not in {"", "940", "950"} else ""

    def _flush(self, *, is_cut: bool = False) -> Iterator[Record]:
        """The record of the line that waits for what follows it."""
        open_ = self._open
        if not open_.waiting:
            return
        open_.lines += 1
        raw = "\n:86:".join([f":61:{open_.waiting}", *open_.details]) + "".join(
            f"\n:NS:{each}" for each in open_.remarks
        )
        problem, values = _movement(open_)
        if is_cut:
            problem = "is cut off"
        why = self._interim()
        if problem:
            yield self._rows.broken("movements", problem, raw)
        elif why:
            names = ("statement_key", "account", "currency", "booked_on", "amount", "code", "reference")
            yield self._rows.add("pending", {**{name: values[name] for name in names}, "why": why}, raw)
        else:
            yield self._rows.add("movements", {**values, "statement": self._rows.next(MAIN)}, raw)
        open_.waiting, open_.details, open_.remarks = "", [], []

    def finish(self, *, is_cut: bool) -> Iterator[Record]:
        """The record of the statement that is open, if anything was said of it; then nothing is open."""
        open_, why = self._open, self._interim()
        yield from self._flush(is_cut=is_cut and not open_.is_closed)
        self._open = _Statement()
        if not open_.said:
            return
        values = {**open_.values, "statement_key": statement_key(open_.values)}
        raw = "; ".join(f"{name} {value}" for name, value in values.items())
        if why:
            names = ("statement_key", "account", "currency")
            if not open_.lines:
                yield self._rows.add("pending", {**{name: values.get(name, "") for name in names}, "why": why}, raw)
            return
        problem = open_.problem or ("" if values.get("account") else "names no account (:25:)")
        if not open_.is_closed:
            problem = "ends before its closing balance (:62F:)"
        if problem:
            yield self._rows.broken(MAIN, problem, raw)
        else:
            yield self._rows.add(MAIN, values, raw)


def _movement(open_: _Statement) -> tuple[str, dict[str, str]]:
    """What is wrong with the line that waits, and its values."""
    found = LINE.match(open_.waiting.strip())
    amount = _amount(found["amount"]) if found else ""
    if not found or not amount:
        return "is no statement line (:61:) of SWIFT's form", {}
    valued = _day(found["year"], found["month"], found["day"])
    booked = _entry_day(valued, found["entry_month"], found["entry_day"])
    mark = found["status"].upper()
    said = told("\n".join(open_.details or open_.remarks), is_credit=mark in {"C", "RD"})
    customer = identifier(found["customer_reference"] or "")
    if is_iban(customer):
        said["counterparty_account"] = said["counterparty_account"] or customer
    customer = "" if customer in POINTERS or is_iban(customer) else customer
    kind = plain(found["id"])
    values = open_.values
    code = said.pop("code")
    return "", {
        **{name: values.get(name, "") for name in ("format", "account", "currency")},
        "statement_key": statement_key(values),
        "position": str(open_.lines),
        "booked_on": booked or valued,
        "booked_by": "booking date" if booked else "value date",
        "value_on": valued,
        "amount": amount if mark in {"C", "RD"} or not amount.strip("0.") else f"-{amount}",
        "is_reversal": "true" if mark.startswith("R") or code in RETURNS or kind.endswith("RTI") else "",
        "code": "+".join(filter(None, (kind, code))),
        **said,
        "reference": str(References(customer, said["end_to_end"], said["reference"])),
        "end_to_end": said["end_to_end"] or customer,
        "bank_reference": identifier(found["bank_reference"] or ""),
        "text": str(References(said["text"], found["extra_details"] or "")),
    }


def _account(text: str) -> tuple[str, str]:
    """An account without the currency that some banks write behind it, and that currency."""
    written = plain(text.strip().splitlines()[0] if text.strip() else "").lstrip("/")
    number = account_number(written)
    if is_iban(number):
        return number, ""
    found = NATIONAL.fullmatch(number)
    if not found:
        return number, ""
    return account_number(found[1]), found[2]


def _amount(text: str) -> str:
    """An amount with a point; nothing where it is none. Points are thousands only where a comma follows."""
    if not AMOUNT.fullmatch(text):
        return ""
    plainly = text.replace(".", "").replace(",", ".") if "," in text else text
    return plainly.rstrip(".")


def _day(year: str, month: str, day: str) -> str:
    """YYMMDD as a day; 80 to 99 are of the last century. 30 February, a day of 360-day years, is its last one."""
    full = int(year) + (1900 if int(year) >= 80 else 2000)
    if month == "02" and day in {"29", "30"}:
        day = str(min(int(day), calendar.monthrange(full, 2)[1]))
    return f"{full}-{month}-{day}"


def _entry_day(valued: str, month: str | None, day: str | None) -> str:
    """MMDD in the year that brings it nearest to the value date; as it came where that is no day at all."""
    if not (month and day and month.isdigit() and day.isdigit()):
        return ""
    year = int(valued[:4])
    try:
        near = date.fromisoformat(valued)
    except ValueError:
        return f"{year}-{month}-{day}"
    days = []
    for each in (year - 1, year, year + 1):
        try:
            days.append(date(each, int(month), int(day)))
        except ValueError:
            continue
    return min(days, key=lambda some: abs(some - near)).isoformat() if days else f"{year}-{month}-{day}"
