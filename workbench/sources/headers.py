"""What the headers of a sheet mean: likely canonical columns by their words and by the values below them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from rapidfuzz import fuzz, process

from workbench.schema import Column, Table, tables
from workbench.settings import QUERIES

SURE = 0.8
LIKELY = 0.55
POSSIBLE = 0.72
LOWEST = 78
JOIN = " / "
NUMBER = re.compile(r"[(\-+−－△▲$€£¥￥]*\s*(?:[A-Z]{0,3}\$?\s*)?\d[\d,.'\s]*%?\)?-?")
DAY = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}.*|\d{1,2}[-/. ](\d{1,2}|[A-Za-z]{3})[-/. ]\d{2,4}.*|(19|20)\d{6}")
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}.*")
FRACTION = re.compile(r"-?[\d,]*\.\d+")
SERIAL = re.compile(r"[2-7]\d{4}(\.\d+)?")
BRACKETS = re.compile(r"[(\[{（［【〔](.*?)[)\]}）］】〕]")
EAST = r"\u3040-\u30ff\u3400-\u9fff"
GIVEN = ("entity_id", "currency", "kind", "status", "country")
AMOUNTS = ("money", "price", "quantity", "rate", "int")


@dataclass(frozen=True)
class Guess:
    """A header that may be a column: its position in the sheet, and how sure that is, from 0 to 1."""

    position: int
    confidence: float


@dataclass(frozen=True)
class Headed:
    """A column of a sheet as it is found: its header and the first of its values."""

    position: int
    header: str
    values: tuple[str, ...]


@cache
def vocabulary() -> dict[str, Any]:
    """The words of queries/1_sources/headers.yml."""
    text = (QUERIES / "1_sources" / "headers.yml").read_text(encoding="utf-8")
    words: dict[str, Any] = yaml.safe_load(text)
    return words


@cache
def _fold() -> dict[int, int]:
    fold = vocabulary()["fold"]
    return str.maketrans(fold["from"], fold["to"])


@cache
def normal(text: str) -> str:
    """A header as it is compared: without case, brackets, marks, abbreviations and forms of characters."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", text)).lower()
    text = BRACKETS.sub(" ", text).strip() or text
    text = text.replace("#", " number ").translate(_fold())
    words = re.sub(r"[^\w%]+|_", " ", text).split()
    short = vocabulary()["short"]
    plain = " ".join(filter(None, (short.get(word, word) for word in words))) or " ".join(words)
    plain = re.sub(rf"(?<=[{EAST}]) (?=[{EAST}])", "", plain)
    plain = re.sub(rf"(?<=[{EAST}]) ?(no|number)$", "番号", plain)
    plain = re.sub(rf"(?<=[{EAST}])cd$", "コード", plain)
    return re.sub(rf"^[おご御](?=[{EAST}]{{2}})", "", plain)


@cache
def _meanings(table: str) -> dict[str, tuple[tuple[str, float], ...]]:
    """Each known header of a table, as it is compared, with its columns and how much it says for each."""
    entry = vocabulary()["tables"].get(table, {"columns": {}})
    own, columns = entry["columns"], tables()[table].columns
    found: dict[str, dict[str, float]] = {}
    for name in columns:
        said = [*own.get(name, ()), *vocabulary()["columns"].get(name, ()), name.replace("_", " ")]
        for place, word in enumerate(said):
            worth = POSSIBLE if word.startswith("|") else 1.0 if place < len(own.get(name, ())) else 0.98
            names = found.setdefault(normal(word.removeprefix("|")), {})
            names[name] = max(worth, names.get(name, 0))
    return {word: tuple(names.items()) for word, names in found.items()}


@cache
def _known() -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for table in vocabulary()["tables"] for word in _meanings(table)))


@cache
def alike(header: str) -> dict[str, float]:
    """The known headers that one resembles, from 0 to 1; of two rows also read backwards and by its last part."""
    top, _, bottom = header.rpartition(JOIN)
    ways = {normal(header): 1.0}
    if top:
        ways = {normal(f"{top} {bottom}"): 1.0, normal(f"{bottom} {top}"): 1.0, normal(bottom): 0.95}
    bare = BRACKETS.sub(" ", unicodedata.normalize("NFKC", header))
    for unit in units(header):
        if not currency_of(unit):
            ways |= {normal(f"{bare} {unit}"): 1.0, normal(f"{unit} {bare}"): 1.0}
    east, west = re.sub(r"[!-~]", " ", bare), re.sub(rf"[{EAST}]", " ", bare)
    if len(re.findall(rf"[{EAST}]", east)) > 1 and len(re.findall("[A-Za-z]", west)) > 2:
        ways |= {normal(east): 0.97, normal(west): 0.97}
    found: dict[str, float] = {}
    for way, worth in ways.items():
        for scorer, share in ((fuzz.ratio, 1.0), (fuzz.token_sort_ratio, 0.98)):
            for word, score, _ in process.extract(way, _known(), scorer=scorer, score_cutoff=LOWEST, limit=12):
                if score < 100 and min(len(way), len(word)) <= 4 and way.isascii():
                    continue
                words = 0.85 if way.count(" ") != word.count(" ") else 1.0
                found[word] = max(found.get(word, 0), score / 100 * share * worth * words)
    return found


def is_known(header: str) -> bool:
    """Whether a text resembles a known header closely."""
    return max(alike(header).values(), default=0) >= 0.88


def looks_like_data(text: str) -> bool:
    """Whether a cell holds a number or a day, which no header does."""
    return bool(NUMBER.fullmatch(text) or DAY.fullmatch(text))


def _share(values: Sequence[str], pattern: re.Pattern[str]) -> float:
    return sum(bool(pattern.fullmatch(value.strip())) for value in values) / len(values)


def fit(column: Column, values: Sequence[str]) -> float:
    """How well values suit a column, from 0 to 1; 0.9 where there are none."""
    values = [value for value in values if value.strip()]
    if not values:
        return 0.9
    days, numbers = _share(values, DAY), _share(values, NUMBER)
    if column.type in {"date", "time"}:
        suits = max(days, _share(values, SERIAL))
    elif column.type in AMOUNTS:
        suits = numbers - _share(values, ISO_DAY)
    elif column.name in {"currency", "quote_currency"}:
        suits = sum(currency_of(value) != "" for value in values) / len(values)
    elif column.type == "id":
        names = sum(" " in value.strip() and len(value) > 12 for value in values) / len(values)
        suits = 1 - days - _share(values, FRACTION) - 0.3 * names
    elif column.name in {"status", "kind", "method", "charge_type"}:
        suits = 1.0 if len(set(values)) <= max(8, len(values) // 4) and numbers < 0.5 else 0.4
    else:
        odd = numbers if column.name in {"name", "description"} else _share(values, FRACTION)
        suits = max(0.2, 1 - 0.8 * days - 0.6 * odd)
    return max(0.0, suits)


def currency_of(text: str) -> str:
    """The currency that a text stands for; empty where it is none."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.upper() in vocabulary()["iso"]:
        return plain.upper()
    folded = normal(plain) if plain.isalnum() else plain.lower()
    for code, words in vocabulary()["currencies"].items():
        if folded in words or folded in {normal(word) for word in words if word.isalnum()}:
            return str(code)
    return ""


def units(header: str) -> list[str]:
    """What stands in brackets in a header."""
    return [part.strip() for part in BRACKETS.findall(unicodedata.normalize("NFKC", header))]


def in_thousands(header: str) -> bool:
    """Whether a header says that its amounts are in thousands or more, which are not read."""
    return any(
        word in vocabulary()["thousands"] for unit in units(header) for word in (unit.lower(), *unit.lower().split())
    )


def guesses(table: Table, sheet: Sequence[Headed]) -> dict[str, list[Guess]]:
    """The headers that each column of a table may be, the likeliest first."""
    meanings = _meanings(table.name)
    found: dict[str, dict[int, float]] = {}
    for each in sheet:
        for word, likeness in alike(each.header).items():
            for name, worth in meanings.get(word, ()):
                suits = fit(table.columns[name], each.values)
                confidence = likeness * worth * (0.4 + 0.6 * suits)
                places = found.setdefault(name, {})
                places[each.position] = max(confidence, places.get(each.position, 0))
    if "currency" in table.columns and not found.get("currency"):
        for each in sheet:
            values = [value for value in each.values if value.strip()]
            if values and fit(table.columns["currency"], values) == 1.0:
                found.setdefault("currency", {})[each.position] = 0.82
    return {
        name: sorted((Guess(at, round(sure, 3)) for at, sure in places.items()), key=lambda it: -it.confidence)
        for name, places in found.items()
    }


def assign(table: Table, sheet: Sequence[Headed]) -> dict[str, Guess]:
    """One header for each column and one column for each header, the surest pairs first."""
    pairs = [(name, guess) for name, some in guesses(table, sheet).items() for guess in some]
    pairs.sort(key=lambda pair: (-pair[1].confidence, not table.columns[pair[0]].required))
    taken: dict[str, Guess] = {}
    places: set[int] = set()
    for name, guess in pairs:
        if guess.confidence < LIKELY:
            break
        if name not in taken and guess.position not in places:
            taken[name] = guess
            places.add(guess.position)
    return taken


def rank(sheet: Sequence[Headed], called: str) -> list[tuple[float, str]]:
    """How well a sheet suits each table, from 0 to 1, the best first; `called` is its name, titles and file."""
    ranked = []
    for name, entry in vocabulary()["tables"].items():
        table = tables()[name]
        taken = assign(table, sheet)
        needed = [column for column in table.columns.values() if column.required and column.name not in GIVEN]
        if "invoice_id" in taken and "invoice_number" in table.columns:
            taken.setdefault("invoice_number", taken["invoice_id"])
        elif "invoice_number" in taken:
            taken.setdefault("invoice_id", taken["invoice_number"])
        explained = sum(guess.confidence for guess in taken.values()) / max(len(sheet), 4)
        covered = sum(taken[each.name].confidence for each in needed if each.name in taken) / max(len(needed), 1)
        words = [normal(word) for word in entry["called"]]
        says = max((len(word) / 40 + 0.5 for word in words if _names(word, called)), default=0.0)
        ranked.append((round(0.6 * min(explained, 1) + 0.3 * min(covered, 1) + 0.1 * min(says * 1.4, 1), 3), name))
    return sorted(ranked, key=lambda entry: -entry[0])


def _names(word: str, called: str) -> bool:
    folded = normal(called)
    return bool(re.search(rf"\b{re.escape(word)}\b", folded)) if word.isascii() else word in folded
