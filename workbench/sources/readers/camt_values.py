"""What the elements of a CAMT.053 message say, in every version: statements, balances, entries, transactions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from workbench.sources.readers.statements import (
    References,
    account_number,
    first,
    identifier,
    plain,
    signed,
)

MOST_HELD = 2_000_000
DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:T.*|Z|[+-]\d\d:\d\d)?", re.DOTALL)
# The sub-families of ISO 20022's external bank transaction codes that take an earlier payment back.
RETURNS = frozenset("RRTN RPCR UPDD PRDD RCDD UPCQ CQRV".split())


@dataclass
class Frame:
    """The texts below one element by their path, several where it repeats, and what is wrong with it."""

    kind: str
    values: dict[str, list[str]] = field(default_factory=dict)
    paths: list[str] = field(default_factory=lambda: [""])
    held: int = 0
    problem: str = ""

    def text(self, *paths: str) -> str:
        """The first text at the first of these paths that has one, on one line."""
        return first(plain(self.values[path][0]) for path in paths if path in self.values)

    def texts(self, *paths: str) -> list[str]:
        """All texts at these paths."""
        return [text for path in paths for text in self.values.get(path, [])]

    def keep(self, path: str, text: str) -> None:
        """Take a text, unless the element holds more than any bank writes."""
        self.held += len(text) + len(path)
        if self.held > MOST_HELD:
            self.problem = "holds more text than a statement can"
        else:
            self.values.setdefault(path, []).append(text)


@dataclass
class Statement:
    """What is known of the statement that is open."""

    frame: Frame
    page: str = ""
    balances: list[Frame] = field(default_factory=list)
    entries: int = 0
    values: dict[str, str] = field(default_factory=dict)


@dataclass
class Batch:
    """What the details of the entry that is open have told so far."""

    count: int = 0
    first: dict[str, str] = field(default_factory=dict)
    references: References = field(default_factory=References)
    parties: set[tuple[str, str]] = field(default_factory=set)
    is_reversal: bool = False


def page(frame: Frame, element: str) -> str:
    """The number of a page; nothing for the only one."""
    number = frame.text(f"/{element}/PgNb")
    is_only = number == "1" and frame.text(f"/{element}/LastPgInd") in {"true", "1"}
    return "" if is_only else number


def described(statement: Statement) -> dict[str, str]:
    """What a statement says of itself, as far as it has been read."""
    frame = statement.frame
    opening = balance(statement.balances, ("OPBD", "PRCD"), is_last=False)
    closing = balance(statement.balances, ("CLBD",), is_last=True)
    currency = frame.text("/Acct/Ccy") or first(each.text("/Amt@Ccy") for each in (opening, closing))
    values = {
        "format": "CAMT.053",
        "account": account_number(frame.text("/Acct/Id/IBAN", "/Acct/Id/Othr/Id", "/Acct/Id/PrtryAcct/Id")),
        "holder": frame.text("/Acct/Ownr/Nm", "/Acct/Ownr/Pty/Nm"),
        "bank": frame.text("/Acct/Svcr/FinInstnId/BICFI", "/Acct/Svcr/FinInstnId/BIC", "/Acct/Svcr/FinInstnId/Nm"),
        "currency": currency,
        "number": frame.text("/ElctrncSeqNb", "/LglSeqNb", "/Id"),
        "page": page(frame, "StmtPgntn") if "/StmtPgntn/PgNb" in frame.values else statement.page,
    }
    for name, each in (("opening", opening), ("closing", closing)):
        is_ours = each.text("/Amt@Ccy") in {"", currency}
        values[name] = signed(each.text("/Amt"), is_debit=each.text("/CdtDbtInd") == "DBIT") if is_ours else ""
        values[f"{name}_on"] = day(each.text("/Dt/Dt", "/Dt/DtTm"))
    values["opening_on"] = values["opening_on"] or day(frame.text("/FrToDt/FrDtTm", "/FrToDt/FrDt"))
    values["closing_on"] = values["closing_on"] or day(frame.text("/FrToDt/ToDtTm", "/FrToDt/ToDt"))
    return values


def balance(balances: list[Frame], kinds: tuple[str, ...], *, is_last: bool) -> Frame:
    """The balance of the first kind there is; between the pages of a statement it is an interim one (ITBD).

    Of two interim balances the first opens the page and the last closes it.
    """
    by_kind: dict[str, list[Frame]] = {}
    for each in balances:
        by_kind.setdefault(each.text("/Tp/CdOrPrtry/Cd", "/Tp/Cd"), []).append(each)
    for kind in kinds:
        if kind in by_kind:
            return by_kind[kind][-1 if is_last else 0]
    interim = by_kind.get("ITBD", [])
    is_other_end = (by_kind.keys() & {"OPBD", "PRCD"}) if is_last else ("CLBD" in by_kind)
    if interim and (len(interim) > 1 or is_other_end):
        return interim[-1 if is_last else 0]
    return Frame("Bal")


def totals(frame: Frame) -> dict[str, str]:
    """The numbers and sums of entries that a statement states."""
    summary = "/TxsSummry"
    net = frame.text(f"{summary}/TtlNtries/TtlNetNtry/Amt", f"{summary}/TtlNtries/TtlNetNtryAmt")
    sign = frame.text(f"{summary}/TtlNtries/TtlNetNtry/CdtDbtInd", f"{summary}/TtlNtries/CdtDbtInd")
    return {
        "created_at": frame.text("/CreDtTm"),
        "entries": frame.text(f"{summary}/TtlNtries/NbOfNtries"),
        "entries_sum": frame.text(f"{summary}/TtlNtries/Sum"),
        "entries_net": signed(net, is_debit=sign == "DBIT") if sign else "",
        "credits": frame.text(f"{summary}/TtlCdtNtries/NbOfNtries"),
        "credits_sum": frame.text(f"{summary}/TtlCdtNtries/Sum"),
        "debits": frame.text(f"{summary}/TtlDbtNtries/NbOfNtries"),
        "debits_sum": frame.text(f"{summary}/TtlDbtNtries/Sum"),
    }


def detailed(frame: Frame, entry: Frame, account: str) -> dict[str, str]:
    """One transaction of an entry; its amount where it is stated in the currency of the entry."""
    currency = entry.text("/Amt@Ccy")
    amount = ""
    for path in ("/Amt", "/AmtDtls/TxAmt/Amt", "/AmtDtls/CntrValAmt/Amt", "/AmtDtls/InstdAmt/Amt"):
        if frame.text(f"{path}@Ccy") == currency and not amount:
            amount = frame.text(path)
    indicator = frame.text("/CdtDbtInd") or entry.text("/CdtDbtInd")
    is_return = is_reversal(entry) or any(path.startswith("/RtrInf") for path in frame.values)
    # In a reversal the parties keep the parts that they had in what is taken back.
    roles = ("Dbtr", "Cdtr") if (indicator == "CRDT") != is_return else ("Cdtr", "Dbtr")
    role = next((each for each in roles if party(frame, each)[0] or party(frame, each)[1] not in {"", account}), "")
    counterparty, its_account = party(frame, role)
    structured = frame.texts("/RmtInf/Strd/CdtrRefInf/Ref", "/RmtInf/Strd/RfrdDocInf/Nb")
    written = frame.texts("/RmtInf/Ustrd", "/RmtInf/Strd/AddtlRmtInf")
    end_to_end = identifier(frame.text("/Refs/EndToEndId", "/Refs/ChqNb"))
    return {
        "currency": currency,
        "amount": signed(amount, is_debit=indicator == "DBIT"),
        "is_reversal": "true" if is_return else "",
        "reference": str(References(end_to_end, *structured, *written)),
        "end_to_end": end_to_end,
        "bank_reference": identifier(frame.text("/Refs/AcctSvcrRef", "/Refs/TxId", "/Refs/InstrId")),
        "counterparty": counterparty,
        "counterparty_account": its_account,
        "text": frame.text("/AddtlTxInf"),
    }


def party(frame: Frame, role: str) -> tuple[str, str]:
    """The name and the account of a debtor or creditor; the ultimate one where only that has a name."""
    base = "/RltdPties"
    name = frame.text(
        *(f"{base}/{which}{role}/{path}" for which in ("", "Ultmt") for path in ("Nm", "Pty/Nm", "Agt/FinInstnId/Nm"))
    )
    return name, account_number(frame.text(f"{base}/{role}Acct/Id/IBAN", f"{base}/{role}Acct/Id/Othr/Id"))


def told(entry: Frame, batch: Batch) -> dict[str, str]:
    """What an entry says beside its amount: of its only transaction, or of all of them."""
    one = batch.first if batch.count == 1 else {}
    name, account = next(iter(batch.parties)) if len(batch.parties) == 1 else ("", "")
    return {
        "is_reversal": "true" if batch.is_reversal or is_reversal(entry) else "",
        "reference": str(batch.references) or identifier(entry.text("/AddtlNtryInf")),
        "end_to_end": one.get("end_to_end", ""),
        "bank_reference": identifier(entry.text("/AcctSvcrRef")) or one.get("bank_reference", ""),
        "counterparty": name,
        "counterparty_account": account,
        "text": str(References(entry.text("/AddtlNtryInf"), one.get("text", ""))),
        "detail_count": str(batch.count) if batch.count > 1 else "",
        "batch_count": entry.text("/NtryDtls/Btch/NbOfTxs"),
        "batch_sum": entry.text("/NtryDtls/Btch/TtlAmt")
        if entry.text("/NtryDtls/Btch/TtlAmt@Ccy") in {"", entry.text("/Amt@Ccy")}
        else "",
    }


def is_reversal(entry: Frame) -> bool:
    """Whether an entry takes an earlier one back."""
    return entry.text("/RvslInd") in {"true", "1"} or entry.text("/BkTxCd/Domn/Fmly/SubFmlyCd") in RETURNS


def status(entry: Frame) -> str:
    """BOOK for what is booked, which an entry that says nothing is."""
    return entry.text("/Sts", "/Sts/Cd", "/Sts/Prtry") or "BOOK"


def code(entry: Frame) -> str:
    """The bank's transaction code: domain/family/sub-family, then the bank's own."""
    base = "/BkTxCd/Domn"
    parts = (entry.text(f"{base}/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd"))
    return " ".join(filter(None, ("/".join(filter(None, parts)), entry.text("/BkTxCd/Prtry/Cd"))))


def day(text: str) -> str:
    """The day of a date or a moment, as it names it; anything else as it came."""
    found = DAY.fullmatch(text)
    return found[1] if found else text
