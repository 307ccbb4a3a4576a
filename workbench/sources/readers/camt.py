"""CAMT.053, the bank-to-customer statement of ISO 20022, in every version: statements, entries and their details."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, cast

from lxml import etree

from workbench.errors import WorkbenchError
from workbench.sources.readers import Record
from workbench.sources.readers.camt_values import (
    Batch,
    Frame,
    Statement,
    code,
    day,
    described,
    detailed,
    page,
    status,
    told,
    totals,
)
from workbench.sources.readers.statements import MAIN, SHOWN, Rows, is_number, signed, statement_key

BLOCK = 1 << 16
MOST_TEXT = 1 << 16
MOST_BALANCES = 100
OTHERS = (b"BkToCstmrAcctRpt", b"BkToCstmrDbtCdtNtfctn")
# Where a frame begins: the name of an element, the frame around it and the path to it there.
FRAMES = {
    ("GrpHdr", "", ""),
    ("Stmt", "", ""),
    ("Bal", "Stmt", ""),
    ("Ntry", "Stmt", ""),
    ("TxDtls", "Ntry", "/NtryDtls"),
}


class Target:
    """A parser's target: follows the elements of a message and makes its records; it keeps no tree."""

    def __init__(self, name: str) -> None:
        self.rows = Rows()
        self.frames: list[Frame] = []
        self.statements = 0
        self._name = name
        self._statement: Statement | None = None
        self._header = Frame("GrpHdr")
        self._batch = Batch()
        self._text: list[str] | None = None
        self._size = 0
        self._records: list[Record] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        local = tag.rpartition("}")[2]
        frame = self.frames[-1] if self.frames else None
        self._text, self._size = [], 0
        if (local, frame.kind if frame else "", frame.paths[-1] if frame else "") in FRAMES:
            self.frames.append(Frame(local))
            if local == "Stmt":
                self.statements += 1
                self._statement = Statement(self.frames[-1], page(self._header, "MsgPgntn"))
            elif local == "Ntry":
                self._batch = Batch()
        elif frame:
            path = f"{frame.paths[-1]}/{local}"
            frame.paths.append(path)
            if attributes and "Ccy" in attributes:
                frame.keep(f"{path}@Ccy", attributes["Ccy"])

    def data(self, text: str) -> None:
        """Text of the element that is open."""
        if self._text is None or not self.frames:
            return
        self._size += len(text)
        if self._size > MOST_TEXT:
            self._text = None
            self.frames[-1].problem = f"holds a text of more than {MOST_TEXT:,} characters"
        else:
            self._text.append(text)

    def end(self, _tag: str) -> None:
        """An element ends."""
        if not self.frames:
            return
        frame = self.frames[-1]
        if len(frame.paths) > 1:
            path = frame.paths.pop()
            if self._text and (text := "".join(self._text).strip()):
                frame.keep(path, text)
            self._text = None
            return
        self.frames.pop()
        self._text = None
        self._ended(frame)

    def doctype(self, *_names: str | None) -> None:
        """Raises WorkbenchError: entities and other files come in through a document type alone."""
        raise WorkbenchError(
            f"{self._name} declares a document type (DOCTYPE), which no bank statement has.", "do not trust it"
        )

    def close(self) -> None:
        """The message ends."""

    def taken(self) -> Iterator[Record]:
        """The records since the last time."""
        records, self._records = self._records, []
        return iter(records)

    def _ended(self, frame: Frame) -> None:
        statement = self._statement
        if frame.kind == "GrpHdr":
            self._header = frame
        elif statement is None:
            return
        elif frame.kind == "Bal":
            statement.balances = [*statement.balances, frame][-MOST_BALANCES:]
        elif frame.kind == "TxDtls":
            self._detail(statement, frame)
        elif frame.kind == "Ntry":
            self._entry(statement, frame)
        else:
            self._end_statement(statement)

    def _end_statement(self, statement: Statement) -> None:
        frame = statement.frame
        values = {**described(statement), **totals(frame), **self._known(statement)}
        unread = [name for name in ("opening", "closing") if values.get(name) and not is_number(values[name])]
        problem = frame.problem or ("" if values["account"] else "names no account")
        if unread:
            problem = problem or f"has no amount for its {' and '.join(unread)} balance"
        if problem:
            self._records.append(self.rows.broken(MAIN, problem, shown([frame])))
        else:
            self._records.append(self.rows.add(MAIN, values))
        self._statement = None

    def _known(self, statement: Statement) -> dict[str, str]:
        """What names the statement; the same for all of its entries."""
        if not statement.values:
            known = described(statement)
            statement.values = {name: known[name] for name in ("format", "account", "holder", "currency")}
            statement.values["statement_key"] = statement_key(known)
        return statement.values

    def _detail(self, statement: Statement, frame: Frame) -> None:
        entry, batch = self.frames[-1], self._batch
        batch.count += 1
        values = detailed(frame, entry, self._known(statement)["account"])
        batch.first = batch.first or values
        batch.is_reversal = batch.is_reversal or bool(values["is_reversal"])
        batch.references.add(values["reference"])
        if len(batch.parties) < 2:
            batch.parties.add((values["counterparty"], values["counterparty_account"]))
        if status(entry) != "BOOK":
            return
        if frame.problem:
            self._records.append(self.rows.broken("details", frame.problem, shown([frame])))
            return
        where = {"movement": self.rows.next("movements"), "position": str(batch.count)}
        self._records.append(self.rows.add("details", {**where, **values}))

    def _entry(self, statement: Statement, frame: Frame) -> None:
        statement.entries += 1
        known, batch = self._known(statement), self._batch
        indicator = frame.text("/CdtDbtInd")
        problem = frame.problem or ("" if indicator in {"CRDT", "DBIT"} else "says neither CRDT nor DBIT")
        if problem:
            self._records.append(self.rows.broken("movements", problem, shown([frame])))
            return
        booked = day(frame.text("/BookgDt/Dt", "/BookgDt/DtTm"))
        valued = day(frame.text("/ValDt/Dt", "/ValDt/DtTm"))
        values = {
            **known,
            "position": str(statement.entries),
            "booked_on": booked or valued,
            "currency": frame.text("/Amt@Ccy") or known["currency"],
            "amount": signed(frame.text("/Amt"), is_debit=indicator == "DBIT"),
            "code": code(frame),
        }
        if status(frame) != "BOOK":
            values["why"] = f"the bank has not booked it ({status(frame)})"
            values["reference"] = str(batch.references) or frame.text("/AddtlNtryInf")
            names = ("statement_key", "account", "currency", "booked_on", "amount", "code", "reference", "why")
            self._records.append(self.rows.add("pending", {name: values[name] for name in names}))
            return
        values["booked_by"] = "booking date" if booked else "value date"
        values["statement"] = self.rows.next(MAIN)
        self._records.append(self.rows.add("movements", {**values, "value_on": valued, **told(frame, batch)}))


def shown(frames: list[Frame]) -> str:
    """What was read of open elements, for the rejects."""
    return json.dumps({frame.kind: frame.values for frame in frames}, ensure_ascii=False)[:SHOWN] if frames else ""


def fits(head: bytes) -> bool:
    """Whether a document that begins like this is a CAMT.053 message."""
    text = head.replace(b"\0", b"")
    is_statement = b"BkToCstmrStmt" in text or b"camt.053" in text
    return is_statement and b"<" in text[:200] and not any(other in text for other in OTHERS)


def read(stream: BinaryIO, name: str) -> Iterator[Record]:
    """The statements, movements, details and pending entries of a message.

    A message that breaks gives what was whole and one problem. Raises WorkbenchError for a document type, and where
    there is no statement.
    """
    target = Target(name)
    options: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
    parser = etree.XMLParser(target=cast("Any", target), **options)
    try:
        while block := stream.read(BLOCK):
            parser.feed(block)
            yield from target.taken()
        parser.close()
    except etree.XMLSyntaxError as error:
        yield from target.taken()
        message = " ".join(str(error.msg).split())[:160]
        yield target.rows.broken(MAIN, f"is no whole XML: {message}", shown(target.frames))
        return
    yield from target.taken()
    if not target.statements:
        raise WorkbenchError(f"{name} holds no statement (Stmt).", "look at what it holds")
