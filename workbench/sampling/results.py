"""sample.csv out and back: what the auditor wrote beside each item, checked before anything is concluded from it."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.money import in_minor_unit
from workbench.plaintext import as_text
from workbench.sampling.cells import from_text
from workbench.sampling.selecting import Drawn

AUDITED, DEVIATION, REMARK = "audited_value", "deviation", "remark"
FIXED = ("line", "item_id", "book_value", "currency", "stratum")
GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
YES, NO = frozenset({"yes", "y", "1", "true", "x"}), frozenset({"no", "n", "0", "false"})
NAMED = 5


@dataclass(frozen=True)
class Result:
    """What was found for one item: its audited value, or 1 for a deviation and 0 for none; None where not tested."""

    item_id: str
    value: Decimal | None
    remark: str


def write_sample(drawn: Sequence[Drawn], names: Sequence[str], currency: str, column: str, file: Path) -> None:
    """Write a line per item with empty cells for the audited value (or the deviation) and a remark, ids as text."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*FIXED, *names, column, REMARK])
        for line, entry in enumerate(drawn, 1):
            item = entry.item
            texts = map(as_text, (currency, entry.stratum, *item.more))
            writer.writerow([line, as_text(item.item_id), in_minor_unit(item.book, currency), *texts, "", ""])


def read_results(file: Path, books: Mapping[str, Decimal], column: str, missing: str = "refuse") -> list[Result]:
    """The results in the order of `books` (id to book value, in the order of the lines that were written).

    `missing` is "refuse", or "error" to count an item without result as wholly wrong. Raises WorkbenchError with a
    sentence for everything that does not fit: items missing, ids that are foreign or come twice, ids that stand
    beside other items' values, book values that changed, amounts that are no numbers.
    """
    rows = _rows(file, column)
    found = {from_text(row["item_id"]): row for row in reversed(rows)}
    problems = [*_identity(file, rows, books), *_books(file, rows, books)]
    results, wrong, empty = [], [], []
    for name in books:
        if name not in found:
            continue
        text = (found[name][column] or "").strip()
        value = _value(text, column)
        if not text:
            empty.append(name)
        elif value is None:
            wrong.append(f"'{text}' for {name}")
        results.append(Result(name, value, from_text(found[name].get(REMARK))))
    if wrong:
        kind = "yes or no" if column == DEVIATION else "a number"
        problems.append(f"{_count(len(wrong), 'result is', 'results are')} not {kind}: {_named(wrong)}.")
    if empty and missing == "refuse":
        problems.append(f"{_count(len(empty), 'item has', 'items have')} no {column}: {_named(empty)}.")
    if problems:
        raise WorkbenchError(
            " ".join(problems),
            f"correct {file.name}; items that cannot be tested count as wrong with --missing error",
        )
    return results


def _rows(file: Path, column: str) -> list[dict[str, str]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise WorkbenchError(f"There are no results '{file}'.", "name them with --results") from error
    except (OSError, UnicodeDecodeError) as error:
        raise WorkbenchError(f"'{file.name}' cannot be read as CSV in UTF-8.", "save it as CSV UTF-8") from error
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, restval="")
    absent = {"line", "item_id", "book_value", column} - set(reader.fieldnames or ())
    if absent:
        raise WorkbenchError(
            f"{file.name} has no column {', '.join(sorted(absent))}.", "keep the columns of sample.csv as they are"
        )
    return [row for row in reader if any((cell or "").strip() for cell in row.values() if isinstance(cell, str))]


def _identity(file: Path, rows: list[dict[str, str]], books: Mapping[str, Decimal]) -> list[str]:
    ids = [from_text(row["item_id"]) for row in rows]
    problems = []
    foreign = [name for name in dict.fromkeys(ids) if name not in books]
    absent = [name for name in books if name not in set(ids)]
    twice = [name for name, times in Counter(ids).items() if times > 1]
    if foreign:
        problems.append(
            f"{_count(len(foreign), 'id is', 'ids are')} in {file.name} but not in the paper: {_named(foreign)}."
        )
    if absent:
        problems.append(
            f"{_count(len(absent), 'item of the paper is', 'items of the paper are')} missing: {_named(absent)}."
        )
    if twice:
        problems.append(f"{_count(len(twice), 'id comes', 'ids come')} more than once: {_named(twice)}.")
    return problems


def _books(file: Path, rows: list[dict[str, str]], books: Mapping[str, Decimal]) -> list[str]:
    """Book values that are not the item's own: moved together when the same values stand elsewhere, else changed."""
    lines = {name: line for line, name in enumerate(books, 1)}
    known = [row for row in rows if from_text(row["item_id"]) in books]
    moved = [row for row in known if _number(row["book_value"]) != books[from_text(row["item_id"])]]
    astray = [row for row in known if row["line"].strip() != str(lines[from_text(row["item_id"])])]
    shifted = Counter(_number(row["book_value"]) for row in moved)
    own = Counter(books[from_text(row["item_id"])] for row in moved)
    if (len(moved) > 1 and shifted == own) or (len(astray) > 1 and not moved):
        count = max(len(moved), len(astray))
        return [f"In {file.name} {count:,} ids stand in rows of other items: a column was sorted without the rest."]
    changed = [f"{from_text(row['item_id'])} is {row['book_value']}" for row in moved]
    if not changed:
        return []
    return [f"{_count(len(changed), 'book value is', 'book values are')} not the paper's: {_named(changed)}."]


def _number(text: str) -> Decimal | None:
    cell = text.strip().removeprefix("'").replace("\N{MINUS SIGN}", "-")
    try:
        value = Decimal(cell.replace(",", "") if GROUPED.fullmatch(cell) else cell)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _value(text: str, column: str) -> Decimal | None:
    if column == AUDITED:
        return _number(text)
    word = text.lower()
    return Decimal(1) if word in YES else Decimal(0) if word in NO else None


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
