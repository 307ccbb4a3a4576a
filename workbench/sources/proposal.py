"""Propose what a sheet is: its table, its header, and a header or a value for each column of the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import islice

from workbench.schema import Table, tables
from workbench.sources.headers import (
    GIVEN,
    SURE,
    Guess,
    Headed,
    assign,
    currency_of,
    guesses,
    in_thousands,
    normal,
    rank,
    units,
    vocabulary,
)
from workbench.sources.layout import Grid, find_header, header_names, is_header_again

SAMPLE = 2_000
ROW = "(row)"
SUMS = ("net_amount", "tax_amount", "gross_amount")
LINES = {"invoice_line_id": "invoice_id", "order_line_id": "order_id"}


@dataclass
class Column:
    """What is proposed for one column: a header (or several, joined), how sure that is, and the other candidates."""

    header: str | list[str] = ""
    confidence: float = 0
    others: list[tuple[str, float]] = field(default_factory=list)
    why: str = ""


@dataclass
class Proposal:
    """What is proposed for one sheet; an empty table, header or value is left to a person."""

    file: str
    sheet: str
    hidden: bool
    header: tuple[int, ...]
    table: str = ""
    ranked: list[tuple[float, str]] = field(default_factory=list)
    columns: dict[str, Column] = field(default_factory=dict)
    constants: dict[str, tuple[str, str]] = field(default_factory=dict)
    computed: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    signs: bool = False

    @property
    def missing(self) -> list[str]:
        """The columns that every row needs and that a person has to say."""
        if not self.table:
            return ["table"]
        given = {name for name, column in self.columns.items() if column.header} | self.computed.keys()
        given |= {name for name, (value, _) in self.constants.items() if value}
        return [name for name, each in tables()[self.table].columns.items() if each.required and name not in given]


def propose(grid: Grid) -> Proposal | None:
    """A proposal for one sheet; None where it holds no table at all."""
    rows = [texts for texts, _ in islice(grid.rows(), SAMPLE)]
    numbers = find_header(rows, grid.merged)
    if not numbers:
        return None
    heads = [rows[number - 1] for number in numbers]
    names = header_names(heads, f"Sheet '{grid.sheet}' of {grid.path.name}")
    below = [row for row in rows[numbers[-1] :] if sum(map(bool, row)) > 1 and not is_header_again(row, heads)]
    every = [
        Headed(at, name, tuple(row[at] if at < len(row) else "" for row in below[:200]))
        for at, name in enumerate(names)
        if name
    ]
    sheet = [each for each in every if not in_thousands(each.header)]
    titles = " ".join(text for row in rows[: numbers[0] - 1] for text in row)[:400]
    found = Proposal(grid.path.name, grid.sheet, grid.hidden, numbers)
    found.ranked = rank(sheet, f"{grid.sheet} {titles} {grid.path.stem}")[:3]
    best, second = found.ranked[0], found.ranked[1]
    if best[0] >= 0.4 and best[0] - second[0] >= 0.02:
        found.table = best[1]
        _columns(found, tables()[found.table], sheet)
        _constants(found, tables()[found.table], sheet, titles)
        _words(found, sheet)
    used = {header for each in found.columns.values() for header in _list(each.header)}
    found.unused = [each.header for each in every if each.header not in used]
    return found


def _list(header: str | list[str]) -> list[str]:
    return [header] if isinstance(header, str) else header


def _columns(found: Proposal, table: Table, sheet: Sequence[Headed]) -> None:
    headers = {each.position: each.header for each in sheet}
    possible, taken = guesses(table, sheet), assign(table, sheet)
    _by_sum(taken, possible, sheet)
    places = {guess.position for guess in taken.values() if guess.confidence >= SURE}
    for name in table.columns:
        guess = taken.get(name)
        others = [
            (headers[each.position], each.confidence)
            for each in possible.get(name, [])
            if each.confidence >= 0.5 and each != guess and each.position not in places
        ][:3]
        if guess and guess.confidence >= SURE:
            found.columns[name] = Column(headers[guess.position], guess.confidence, others)
        elif guess and guess.position not in places:
            found.columns[name] = Column("", 0, [(headers[guess.position], guess.confidence), *others][:3])
        elif others and table.columns[name].required:
            found.columns[name] = Column("", 0, others)
    _keys(found, table)
    given = [name for name in SUMS if name in table.columns and name in found.columns and found.columns[name].header]
    absent = [name for name in SUMS if name in table.columns and name not in given]
    if len(given) == 2 and len(absent) == 1 and table.columns[absent[0]].required:
        ways = ("gross_amount - tax_amount", "gross_amount - net_amount", "net_amount + tax_amount")
        found.computed[absent[0]] = dict(zip(SUMS, ways, strict=True))[absent[0]]
        found.columns.pop(absent[0], None)


def _keys(found: Proposal, table: Table) -> None:
    """Keys that other columns give: a document's from its number, a line's from its document and its number there."""
    columns = found.columns
    pairs = [("invoice_id", "invoice_number"), ("invoice_number", "invoice_id")]
    for name, other in pairs:
        if name in table.columns and other in columns and columns[other].header and not _said(columns, name):
            columns[name] = Column(columns[other].header, columns[other].confidence, why=f"as {other}")
    if found.table == "invoice_lines" and not _said(columns, "line_number"):
        columns["line_number"] = Column(ROW, 1, why="the row's number in the sheet")
    for name, document in LINES.items():
        if name in table.key and not _said(columns, name) and _said(columns, document):
            line = columns["line_number"].header if _said(columns, "line_number") else ROW
            columns[name] = Column([*_list(columns[document].header), *_list(line)], columns[document].confidence)
    found.columns = {name: columns[name] for name in table.columns if name in columns}


def _said(columns: dict[str, Column], name: str) -> bool:
    return name in columns and bool(columns[name].header)


def _by_sum(taken: dict[str, Guess], possible: dict[str, list[Guess]], sheet: Sequence[Headed]) -> None:
    """Make sure of amounts that add up: net + tax = gross on nearly every row."""
    values = {each.position: [_decimal(value) for value in each.values] for each in sheet}
    choices = [[guess.position for guess in possible.get(name, [])][:4] for name in SUMS]
    for net in choices[0]:
        for tax in choices[1]:
            for gross in choices[2]:
                if len({net, tax, gross}) == 3 and _adds_up(values[net], values[tax], values[gross]):
                    fixed = dict(zip(SUMS, (net, tax, gross), strict=True))
                    for name in [name for name, guess in taken.items() if guess.position in fixed.values()]:
                        del taken[name]
                    taken.update({name: Guess(position, 0.97) for name, position in fixed.items()})
                    return


def _adds_up(net: list[Decimal | None], tax: list[Decimal | None], gross: list[Decimal | None]) -> bool:
    whole = [(a, b, c) for a, b, c in zip(net, tax, gross, strict=True) if None not in (a, b, c)]
    right = sum(a + b == c for a, b, c in whole if a is not None and b is not None)
    return len(whole) >= 2 and any(b for _, b, _ in whole) and right >= 0.9 * len(whole)


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        return None


def _constants(found: Proposal, table: Table, sheet: Sequence[Headed], titles: str) -> None:
    amounts = [each for each in sheet if table_type(table, found, each.header) == "money"]
    below_nothing = any(value.strip()[:1] in {"-", "(", "△", "▲", "−"} for each in amounts for value in each.values)
    found.signs = not below_nothing
    for name, column in table.columns.items():
        if name not in GIVEN or not column.required or _said(found.columns, name):
            continue
        words = [word.strip() for word in column.note.split("|")] if "|" in column.note else []
        value, why = "", f"one of {', '.join(words)}" if words else ""
        if name == "currency":
            value, why = _currency(sheet, titles)
        elif name == "kind" and table.name == "invoices":
            value = "by sign" if below_nothing else "invoice"
            why = "credit_memo where an amount is below zero" if below_nothing else "or debit_memo, credit_memo"
        elif name == "status":
            value = {"invoices": "issued", "customers": "active"}.get(table.name, "")
        found.columns.pop(name, None) if not found.columns.get(name, Column()).others else None
        found.constants[name] = (value, why)


def table_type(table: Table, found: Proposal, header: str) -> str:
    """The type of the column that a header was proposed for; empty where it was for none."""
    names = [name for name, each in found.columns.items() if header in _list(each.header)]
    return table.columns[names[0]].type if names else ""


def _currency(sheet: Sequence[Headed], titles: str) -> tuple[str, str]:
    """The one currency that units in brackets or a title name, and where."""
    said = Counter({code: 1 for each in sheet for unit in units(each.header) if (code := currency_of(unit))})
    if not said:
        parts = [*units(titles), *titles.replace("：", ":").replace(":", " ").split()]
        said = Counter(code for part in parts if (code := currency_of(part)))
    if len(said) == 1:
        code = next(iter(said))
        return code, "from a unit in the header or title"
    return "", f"seen: {', '.join(said)}" if said else ""


def _words(found: Proposal, sheet: Sequence[Headed]) -> None:
    """The words of the canonical table for those in the sheet."""
    values = {each.header: dict.fromkeys(value.strip() for value in each.values if value.strip()) for each in sheet}
    for name, known in vocabulary()["words"].items():
        column = found.columns.get(name)
        if found.table != "invoices" or not column or not isinstance(column.header, str) or not column.header:
            continue
        meant = {normal(word): target for target, some in known.items() for word in some}
        own = {value: meant.get(normal(value), "") for value in list(values[column.header])[:20]}
        wanted = {value: target for value, target in own.items() if value not in known}
        if wanted:
            found.words[name] = wanted
