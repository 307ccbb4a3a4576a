"""Which column of a list is what: by its heading in one of four languages, and by the values below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import yaml
from rapidfuzz import fuzz, process

from workbench.language import mark
from workbench.schema import Column, tables
from workbench.settings import QUERIES
from workbench.sources.headers import LIKELY, SURE, currency_of, fit, normal, vocabulary
from workbench.sources.systems import Export, find_system

SYSTEM = "invoice_list"
LINES, PRICES, DELIVERIES = "listed_lines", "listed_prices", "listed_deliveries"
TOLD = ("decimal_sign", "computed")
CLOSE = 84
AS_SAID, A_SURE_ONE, A_GUESS = mark("as you said"), mark("sure"), mark("a guess")
TABLES = {LINES: ("invoice_lines", "invoices", "customers"), PRICES: ("price_list",), DELIVERIES: ("deliveries",)}
# Our names where the canonical column has another; what has none there is looked at as the column beside it.
CANONICAL = {
    "invoice": "invoice_number", "line": "line_number", "customer": "customer_id", "customer_name": "name",
    "entity": "entity_id", "order": "order_id", "delivery": "delivery_id", "product": "product_id",
    "discount": "discount_amount", "net": "net_amount", "tax": "tax_amount", "gross": "gross_amount",
    "total": "gross_amount", "original_invoice": "original_invoice_id", "reason": "reason_code",
}  # fmt: skip


@dataclass(frozen=True)
class Heading:
    """A heading of a sheet with the first of its values."""

    place: int
    text: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Taken:
    """A heading that was taken for a field, and how sure that is, from 0 to 1; 1 where a person said it."""

    heading: str
    confidence: float
    said: bool = False

    @property
    def how(self) -> str:
        """How sure, in a word."""
        return AS_SAID if self.said else A_SURE_ONE if self.confidence >= SURE else A_GUESS


@cache
def exports() -> dict[str, Export]:
    """The exports of a list, by name."""
    return {export.name: export for export in find_system(SYSTEM).exports}


@cache
def known() -> dict[str, dict[str, list[str]]]:
    """The headings of each field by export, as headings.yml lists them."""
    text = (QUERIES / "1_sources" / SYSTEM / "headings.yml").read_text(encoding="utf-8")
    words: dict[str, dict[str, list[str]]] = yaml.safe_load(text)
    return words


@cache
def fields(export: str) -> tuple[str, ...]:
    """The fields of an export that a column can be."""
    return tuple(name for name in exports()[export].fields if name not in TOLD)


@cache
def _words(export: str) -> dict[str, dict[str, float]]:
    """Each heading that is known, as it is compared, with its fields and how much it says for each."""
    found: dict[str, dict[str, float]] = {}
    for field in fields(export):
        own = known()[export][field]
        more = vocabulary()["columns"].get(_column(export, field).name, ()) if export == LINES else ()
        said = [(word, 1.0) for word in own] + [(word, 0.95) for word in more if not word.startswith("|")]
        for place, (word, worth) in enumerate(said):
            meant = found.setdefault(normal(word), {})
            meant[field] = max(meant.get(field, 0), worth - 0.001 * place)
    return found


def _column(export: str, field: str) -> Column:
    name = CANONICAL.get(field, field)
    for table in TABLES[export]:
        if name in tables()[table].columns:
            return tables()[table].columns[name]
    return tables()["delivery_lines" if export == DELIVERIES else "invoices"].columns.get(
        name, tables()["invoices"].columns["order_id"]
    )


def kind(export: str, field: str) -> str:
    """The type word of a field: id, text, date, money ..."""
    return _column(export, field).type


def likeness(export: str, heading: Heading) -> dict[str, float]:
    """How likely a heading is each field, from 0 to 1, by its words and its values."""
    words, plain = _words(export), normal(_without_currency(heading.text))
    near = {plain: 100.0} if plain in words else {}
    if not near and len(plain) > 3:
        near = {
            word: score
            for word, score, _ in process.extract(plain, list(words), scorer=fuzz.ratio, score_cutoff=CLOSE, limit=8)
            if len(word) > 3
        }
    found: dict[str, float] = {}
    for word, score in near.items():
        for field, worth in words[word].items():
            suits = fit(_column(export, field), heading.values)
            sure = score / 100 * worth * (0.4 + 0.6 * suits)
            found[field] = max(found.get(field, 0), sure if score == 100 else sure * 0.95)
    return found


def _without_currency(text: str) -> str:
    parts = text.split()
    kept = [part for part in parts if not currency_of(part.strip("()[]"))]
    return " ".join(kept) if kept else text


def take(export: str, headings: Sequence[Heading], said: Mapping[str, str]) -> dict[str, Taken]:
    """One heading for each field and one field for each heading, the surest first; what a person said goes before."""
    taken = {field: Taken(heading, 1, said=True) for field, heading in said.items() if heading}
    used = {entry.heading for entry in taken.values()}
    pairs = [(sure, field, each) for each in headings for field, sure in likeness(export, each).items()]
    for sure, field, each in sorted(pairs, key=lambda pair: (-pair[0], pair[2].place)):
        if sure >= LIKELY and field not in taken and field not in said and each.text not in used:
            taken[field] = Taken(each.text, sure)
            used.add(each.text)
    if export == LINES:
        _settle_total(taken, headings, said)
    return {field: taken[field] for field in fields(export) if field in taken}


def _settle_total(taken: dict[str, Taken], headings: Sequence[Heading], said: Mapping[str, str]) -> None:
    """A total that differs from line to line of one document is the line's own amount."""
    if "net" in taken or "total" not in taken or "invoice" not in taken or {"net", "total"} & said.keys():
        return
    values = {each.text: each.values for each in headings}
    totals: dict[str, set[str]] = {}
    numbers, amounts = values[taken["invoice"].heading], values[taken["total"].heading]
    for number, amount in zip(numbers, amounts, strict=True):
        totals.setdefault(number, set()).add(amount)
    if len(totals) == len(numbers) or any(len(some) > 1 for some in totals.values()):
        taken["net"] = taken.pop("total")


def suits(export: str, headings: Sequence[Heading]) -> float:
    """How well a sheet suits an export: the share of its headings that are understood, and what it cannot lack."""
    taken = take(export, headings, {})
    every: dict[str, list[tuple[str, ...]]] = {
        LINES: [("invoice",), ("invoice_date",), ("net", "gross", "total", "unit_price")],
        PRICES: [("product",), ("unit_price",), ("valid_from", "valid_to", "unit_price")],
        DELIVERIES: [("delivery",), ("product",), ("quantity",)],
    }
    needed = every[export]
    has = sum(any(field in taken for field in some) for some in needed) / len(needed)
    sure = sum(entry.confidence for entry in taken.values()) / max(len(headings), 3)
    if export == PRICES and {"quantity", "invoice"} & take(LINES, headings, {}).keys():
        has -= 0.5
    return has + 0.5 * min(sure, 1)
