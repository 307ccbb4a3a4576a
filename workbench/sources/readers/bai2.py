"""BAI2, the balance and transaction report of US and Commonwealth banks: accounts of groups, and control totals."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import BinaryIO

from workbench.sources.readers import Record
from workbench.sources.readers.bai2_records import (
    CODE,
    Physical,
    fields,
    in_currency,
    read_day,
    read_number,
    records,
    sign_of,
    summaries,
    transaction,
)
from workbench.sources.readers.statements import MAIN, Rows, account_number, statement_key

BEGINS = re.compile(r"\A[\s\ufeff]*01,[^\r\n]*[\r\n/]\s*(?:02|03|88|99)[,/]")
CUT_BEGINS = re.compile(rf"\A[\s\ufeff]*(?:{CODE},[^\r\n]*[\r\n]+){{2}}")
GROUPS = {"2": "a deletion", "4": "a test"}
INTERIM = frozenset("13")
# Items that follow the deposit they are part of.
ITEMS = {"116": "115", "136": "135", "143": "145", "156": "155"}


@dataclass
class _Group:
    """What a group header says, and what its trailer is compared with."""

    day: str = ""
    status: str = ""
    currency: str = ""
    modifier: str = ""
    total: Decimal = Decimal(0)
    accounts: int = 0
    records: int = 0


@dataclass
class _Account:
    """The account that is open."""

    values: dict[str, str]
    why: str = ""
    problem: str = ""
    total: Decimal = Decimal(0)
    records: int = 0
    lines: int = 0
    last: str = ""
    last_row: str = ""
    items: int = 0


def fits(head: bytes) -> bool:
    """Whether a document that begins like this has records of BAI2."""
    text = head.decode("latin-1").removeprefix("\xef\xbb\xbf")
    return BEGINS.match(text) is not None or CUT_BEGINS.match(text) is not None


def read(stream: BinaryIO, name: str) -> Iterator[Record]:
    """The statements, movements and control totals of a file.

    A file that breaks gives what was whole and a problem. Raises WorkbenchError where a line is beyond measure.
    """
    reading = _Reading(name)
    for record in records(stream, name):
        yield from reading.take(record)
    yield from reading.finish()


class _Reading:
    """Makes records of records, account by account."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._rows = Rows()
        self._group: _Group | None = None
        self._account: _Account | None = None
        self._total = Decimal(0)
        self._groups = self._records = 0
        self._is_whole = False
        self._last: Physical | None = None

    def take(self, record: Physical) -> Iterator[Record]:
        """The records that the one before this completes."""
        if self._last:
            yield from self._do(self._last)
        self._last = record

    def finish(self) -> Iterator[Record]:
        """What is left at the end of the file."""
        last = self._last
        if last is None:
            return
        if last.code == "16":
            yield self._rows.broken("movements", "is cut off", last.raw)
        else:
            yield from self._do(last)
        if self._account:
            yield from self._end_account("ends before its trailer (49)")
        elif not self._is_whole:
            yield self._rows.broken("trailers", "the file ends before its trailer (99)", last.raw)

    def _do(self, record: Physical) -> Iterator[Record]:
        self._records += len(record.pieces)
        if self._group:
            self._group.records += len(record.pieces)
        if self._account:
            self._account.records += len(record.pieces)
        if record.code in {"02", "03", "98", "99"} and self._account:
            yield from self._end_account("ends before its trailer (49)")
        if record.code == "02":
            self._begin_group(fields(record), len(record.pieces))
        elif record.code == "03":
            self._begin_account(record)
        elif record.code == "16":
            yield from self._movement(record)
        elif record.code == "49":
            yield from self._trailer(record)
        elif record.code == "98":
            yield from self._group_trailer(record)
        elif record.code == "99":
            yield from self._file_trailer(record)
        elif record.code != "01":
            yield self._rows.broken("trailers", "belongs to no record", record.raw)

    def _begin_group(self, given: list[str], records: int) -> None:
        given += [""] * 7
        self._group = _Group(read_day(given[3]), given[2], given[5].upper(), given[6], records=records)
        self._groups += 1

    def _begin_account(self, record: Physical) -> None:
        given = fields(record)
        group = self._group = self._group or _Group()
        group.accounts += 1
        currency = (given[1].upper() if len(given) > 1 else "") or group.currency or "USD"
        values = {"format": "BAI2", "account": account_number(given[0]), "currency": currency}
        account = _Account(values, records=len(record.pieces))
        for code, text, count in summaries(given[2:]):
            number = read_number(text)
            if number is None:
                account.problem = f"has an amount of type {code} that cannot be read, '{text[:40]}'"
                continue
            account.total += number
            name = {"010": "opening", "015": "closing", "100": "credits", "400": "debits"}.get(code, "")
            if name in {"opening", "closing"}:
                values[name], values[f"{name}_on"] = in_currency(number, currency), group.day
            elif name:
                values[f"{name}_sum"], values[name] = in_currency(number, currency), count
        values.setdefault("closing_on", group.day)
        # A BAI2 statement has no number: what its header says names it in every copy.
        values["number"] = hashlib.sha256(record.text.encode("utf-8", "replace")).hexdigest()[:6]
        values["statement_key"] = statement_key(values)
        if group.status in GROUPS:
            account.why = f"the group is {GROUPS[group.status]}"
        elif group.modifier in INTERIM and "closing" not in values:
            account.why = "the report is of the day so far, without a closing balance"
        if not values["account"]:
            account.problem = "names no account"
        self._account = account

    def _movement(self, record: Physical) -> Iterator[Record]:
        account = self._account
        if account is None:
            yield self._rows.broken("movements", "belongs to no account (03)", record.raw)
            return
        account.lines += 1
        code, number, values = transaction(record)
        sign = sign_of(code)
        if number is not None:
            account.total += number
        if code == "890" or (number == 0 and sign is None):
            yield self._pending(account, values, "it moves no money", record.raw)
        elif number is None or sign is None:
            problem = f"has an amount that cannot be read, '{values['amount'][:40]}'"
            if number is not None:
                problem = f"has the type code '{code[:10]}', which is neither a credit nor a debit"
            yield self._rows.broken("movements", problem, record.raw)
        else:
            values["amount"] = in_currency(number * sign, account.values["currency"])
            yield self._moved(account, code, values, record.raw)

    def _pending(self, account: _Account, values: dict[str, str], why: str, raw: str) -> Record:
        named = {name: account.values.get(name, "") for name in ("statement_key", "account", "currency")}
        told = {name: values.get(name, "") for name in ("amount", "code", "reference")}
        day = self._group.day if self._group else ""
        return self._rows.add("pending", {**named, **told, "booked_on": day, "why": why}, raw)

    def _moved(self, account: _Account, code: str, values: dict[str, str], raw: str) -> Record:
        if account.why:
            return self._pending(account, values, account.why, raw)
        names = ("currency", "amount", "is_reversal", "reference", "end_to_end", "bank_reference", "counterparty")
        values["currency"] = account.values["currency"]
        if ITEMS.get(code) == account.last:
            account.items += 1
            detail = {name: values[name] for name in (*names, "counterparty_account", "text")}
            return self._rows.add(
                "details", {**detail, "movement": account.last_row, "position": str(account.items)}, raw
            )
        account.last, account.last_row, account.items = code, self._rows.next("movements"), 0
        named = {name: account.values[name] for name in ("format", "account", "statement_key")}
        day = self._group.day if self._group else ""
        more = {"position": str(account.lines), "statement": self._rows.next(MAIN)}
        booked = {"booked_on": day or values["value_on"], "booked_by": "as-of date" if day else "value date"}
        return self._rows.add("movements", {**values, **named, **more, **booked}, raw)

    def _trailer(self, record: Physical) -> Iterator[Record]:
        account, group = self._account, self._group
        given = [*fields(record), "", ""]
        if account is None or group is None:
            yield self._rows.broken("trailers", "belongs to no account (03)", record.raw)
            return
        group.total += read_number(given[0]) or 0
        key = account.values["statement_key"]
        yield from self._control(key, "control total (49)", given[0], account.total)
        yield from self._control(key, "records (49)", given[1], Decimal(account.records))
        yield from self._end_account("")

    def _group_trailer(self, record: Physical) -> Iterator[Record]:
        group = self._group
        given = [*fields(record), "", "", ""]
        if group is None:
            yield self._rows.broken("trailers", "belongs to no group (02)", record.raw)
            return
        self._total += read_number(given[0]) or 0
        subject = f"{self._name} group {self._groups}"
        yield from self._control(subject, "control total (98)", given[0], group.total)
        yield from self._control(subject, "accounts (98)", given[1], Decimal(group.accounts))
        yield from self._control(subject, "records (98)", given[2], Decimal(group.records))
        self._group = None

    def _file_trailer(self, record: Physical) -> Iterator[Record]:
        given = [*fields(record), "", "", ""]
        yield from self._control(self._name, "control total (99)", given[0], self._total)
        yield from self._control(self._name, "groups (99)", given[1], Decimal(self._groups))
        yield from self._control(self._name, "records (99)", given[2], Decimal(self._records))
        self._is_whole = True
        self._total, self._groups, self._records = Decimal(0), 0, 0

    def _control(self, subject: str, what: str, stated: str, found: Decimal) -> Iterator[Record]:
        if stated:
            number = read_number(stated)
            if number is None:
                yield self._rows.broken("trailers", f"has a {what} that cannot be read, '{stated[:40]}'", stated)
                return
            values = {"subject": subject, "what": what, "stated": f"{number:f}", "found": f"{found:f}"}
            yield self._rows.add("trailers", values)

    def _end_account(self, problem: str) -> Iterator[Record]:
        account = self._account
        self._account = None
        if account is None:
            return
        values = account.values
        problem = account.problem or problem
        if problem:
            yield self._rows.broken(MAIN, problem, "; ".join(f"{name} {value}" for name, value in values.items()))
        elif not account.why:
            yield self._rows.add(MAIN, values)
        elif not account.lines:
            yield self._pending(account, {}, account.why, "")
