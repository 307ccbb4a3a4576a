"""What electronic invoices have in common, whatever their syntax: what becomes of their parts where these end."""

from __future__ import annotations

import hashlib
import json
import re

from workbench.money import minor_units
from workbench.sources.readers.elements import MAIN, Ended, Frame, Walk

# UNTDID 1001 as EN 16931 restricts it (BR-CL-01): the codes that say credit note.
CREDITS = frozenset("81 83 261 262 296 308 381 396 420 458 502 503 532".split())
SELLER = ("vat", "registration", "identifier", "number", "endpoint", "tax_number", "name")
BUYER = ("identifier", "endpoint", "vat", "registration", "tax_number", "name")


def begin_document(walk: Walk, _frame: Frame) -> None:
    """Where an invoice or credit note begins."""
    walk.begin_document()


def document(syntax: str) -> Ended:
    """Where one of this syntax ends: who its parties are, the sign of its amounts, and the hash of what it says."""

    def ended(walk: Walk, frame: Frame) -> None:
        values = frame.values
        is_credit = syntax == "CreditNote" or values.get("type_code") in CREDITS
        walk.emit(
            MAIN,
            {
                **values,
                "syntax": syntax,
                "sign": "-1" if is_credit else "1",
                "digits": str(minor_units(values.get("currency"))),
                **_identity("seller", SELLER, values),
                **_identity("buyer", BUYER, values),
                "content": _with(values, walk.content()),
            },
            frame.problem,
        )

    return ended


def _with(values: dict[str, str], content: str) -> str:
    return hashlib.sha256(json.dumps([content, values]).encode()).hexdigest()


def _identity(party: str, order: tuple[str, ...], values: dict[str, str]) -> dict[str, str]:
    for part in order:
        value = values.get(f"{party}_{part}", "")
        if part == "vat":
            value = re.sub(r"\s", "", value).upper()
        if part == "name":
            value = value or values.get(f"{party}_trading_name", "")
        if value:
            return {f"{party}_id": value}
    return {}


def begin_line(walk: Walk, frame: Frame) -> None:
    """Where a line begins; one inside another makes that one a group."""
    walk.positions += 1
    frame.values["position"] = str(walk.positions)
    if len(walk.frames) > 1 and "position" in (around := walk.frames[-2].values):
        around["status"] = "GROUP"
        if "line_id" in around:
            frame.values["parent_id"] = around["line_id"]


def line(walk: Walk, frame: Frame) -> None:
    """Where a line ends."""
    walk.emit("lines", {"kind": "line", **frame.values}, frame.problem)


def charge(walk: Walk, frame: Frame) -> None:
    """Where an allowance or charge ends, of the whole document or of the line around it."""
    values = frame.values
    kind = {"true": "charge", "1": "charge", "false": "allowance", "0": "allowance"}.get(values.pop("indicator", ""))
    problem = frame.problem or ("" if kind else "does not say whether it is an allowance or a charge")
    values["kind"] = kind or ""
    around = walk.frames[-1].values
    if "position" in around:
        values = {name: values[name] for name in ("kind", "net", "reason", "reason_code") if name in values}
        walk.emit("line_charges", {**values, "position": around["position"]}, problem)
    else:
        walk.positions += 1
        walk.emit("lines", {**values, "position": str(walk.positions)}, problem)


def record(export: str) -> Ended:
    """Where an element ends that is a record of this export as it is."""

    def ended(walk: Walk, frame: Frame) -> None:
        walk.emit(export, frame.values, frame.problem)

    return ended


def identifier(party: str) -> Ended:
    """Where an identifier ends: one with a scheme is the party's anywhere, one without is a number that somebody gave.

    A creditor's SEPA identifier names no party.
    """

    def ended(walk: Walk, frame: Frame) -> None:
        values, around = frame.values, walk.outer(frame)
        scheme = values.get("scheme", "")
        if "value" in values and scheme != "SEPA":
            around.setdefault(f"{party}_{'identifier' if scheme else 'number'}", _schemed(values))

    return ended


def schemed(column: str) -> Ended:
    """Where an identifier ends that goes to `column` with its scheme before it."""

    def ended(walk: Walk, frame: Frame) -> None:
        around = walk.outer(frame)
        if "value" in frame.values:
            around.setdefault(column, _schemed(frame.values))

    return ended


def _schemed(values: dict[str, str]) -> str:
    return f"{values['scheme']}:{values['value']}" if "scheme" in values else values["value"]


def tax_registration(party: str) -> Ended:
    """Where a registration for tax ends: for VAT, or another number of the tax office."""

    def ended(walk: Walk, frame: Frame) -> None:
        around = walk.outer(frame)
        is_vat = frame.values.get("scheme", "VAT").upper() in {"VAT", "VA", "GST"}
        if "value" in frame.values:
            around.setdefault(f"{party}_{'vat' if is_vat else 'tax_number'}", frame.values["value"])

    return ended
