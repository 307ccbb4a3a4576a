"""mapping.yml: which column of which sheet is which canonical one; proposed by a program, corrected by a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.plaintext import printable
from workbench.schema import table, tables
from workbench.sources.headers import vocabulary
from workbench.sources.proposal import ROW, SUMS, Column, Proposal

NAMES = ("mapping.yml", "mapping.yaml")
MOST = 4 << 20
BY_SIGN = "by sign"
ASIDE = "none"
KEYS = ("file", "sheet", "table", "header", "columns", "constants", "computed", "words", "totals", "credit_notes")
SIGNS = ("positive", "negative")
WAYS = {
    "gross_amount": "net_amount + tax_amount",
    "net_amount": "gross_amount - tax_amount",
    "tax_amount": "gross_amount - net_amount",
}
INTRO = """\
# Which column is which: proposed from the headers and the values, for you to correct.
# columns    canonical name: header in the sheet, [header, header] to join, (row) for the row's number
# constants  a value for every row        words  what the sheet says: the canonical word
# table: none leaves a sheet aside. A column that is left empty is not read; those marked ! have to be said.
"""


@dataclass(frozen=True)
class Mapped:
    """What mapping.yml says of one sheet: headers by column, and how its rows are to be read."""

    file: str
    sheet: str
    table: str
    header: tuple[int, ...]
    columns: dict[str, tuple[str, ...]]
    constants: dict[str, str]
    computed: tuple[str, ...]
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    totals: tuple[str, ...] = ()
    positive_credits: bool = False

    @property
    def where(self) -> str:
        """The sheet in words."""
        return f"sheet '{self.sheet}' of {self.file}" if self.sheet else self.file


def written(proposals: Sequence[Proposal]) -> str:
    """The text of a mapping.yml."""
    return INTRO + "".join(f"\n{_entry(each)}" for each in proposals)


def _entry(found: Proposal) -> str:
    others = ", ".join(f"{name} {share:.0%}" for share, name in found.ranked if name != found.table)
    hidden = "   # hidden in the workbook" if found.hidden else ""
    known = f"# {found.ranked[0][0]:.0%}, or {others}" if found.table else f"# ! perhaps {others}"
    lines = [f"- file: {scalar(found.file)}"]
    lines += [f"  sheet: {scalar(found.sheet)}{hidden}"] if found.sheet else []
    lines += [f"  table: {found.table}   {known}"]
    header = found.header[0] if len(found.header) == 1 else list(found.header)
    lines += [f"  header: {header}   # the row that holds the names of the columns"]
    if found.table:
        lines += ["  columns:", *_columns(found)]
        lines += ["  constants:", *_constants(found)] if found.constants else []
        lines += ["  computed:"] if found.computed else []
        lines += [f"    {name}: {way}" for name, way in found.computed.items()]
        lines += ["  words:"] if found.words else []
        for name, words in found.words.items():
            lines += [f"    {name}:"]
            lines += [f"      {scalar(word)}: {target}{'' if target else '   # !'}" for word, target in words.items()]
        if found.signs and found.table == "invoices" and "kind" in found.columns:
            lines += ["  credit_notes: positive   # no amount is below zero, so credit memos turn their sign"]
    if found.unused:
        lines += [f"  # not used: {plain(', '.join(found.unused[:40]))}"]
    return "\n".join(lines) + "\n"


def _columns(found: Proposal) -> list[str]:
    columns = dict(found.columns)
    for name in found.missing:
        if name not in found.constants:
            columns.setdefault(name, Column(why="not in the sheet"))
    order = list(tables()[found.table].columns)
    required = {name for name, each in tables()[found.table].columns.items() if each.required}
    shown = []
    for name in sorted(columns, key=order.index):
        column = columns[name]
        value = scalar(column.header) if isinstance(column.header, str) else _flow(column.header)
        others = ", ".join(f"{header} {share:.0%}" for header, share in column.others)
        if column.header:
            said = [column.why or f"{column.confidence:.0%}", f"or {others}" if others else ""]
        else:
            said = ["!" if name in required else "", f"unsure: {others}" if others else column.why]
        shown.append((f"{name}:", value, plain(" ".join(filter(None, said)))))
    return _aligned(shown)


def _constants(found: Proposal) -> list[str]:
    shown = []
    for name, (value, why) in found.constants.items():
        said = " ".join(filter(None, ["" if value else "!", why or ("" if value else "not in the sheet")]))
        shown.append((f"{name}:", scalar(value), said))
    return _aligned(shown)


def _aligned(rows: list[tuple[str, str, str]]) -> list[str]:
    first = max((len(name) for name, _, _ in rows), default=0)
    second = max((_width(value) for _, value, _ in rows), default=0)
    lines = []
    for name, value, said in rows:
        gap = " " * (min(second, 48) - _width(value))
        lines.append(f"    {name:<{first}} {value}{gap}   {f'# {said}' if said else ''}".rstrip())
    return lines


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def plain(text: str) -> str:
    """A text for a comment: one line of what can be printed."""
    return printable(text)


def scalar(text: str) -> str:
    """A text as YAML, quoted only where it has to be; nothing for none."""
    if not text:
        return ""
    return _flow([text])[1:-1]


def _flow(texts: Sequence[str]) -> str:
    return str(yaml.safe_dump(list(texts), allow_unicode=True, default_flow_style=True, width=1_000_000)).strip()


def read_mapping(file: Path) -> list[Mapped]:
    """What a mapping.yml says; raises WorkbenchError with what is missing, or what is not understood."""
    try:
        if file.stat().st_size > MOST:
            raise WorkbenchError(f"{file.name} is larger than a mapping can be.", "workbench map FILE makes one")
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark else ""
        raise WorkbenchError(
            f"{file.name} cannot be read as YAML{line}.", 'put a header with : or # in it in quotes, "Due: date"'
        ) from error
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise WorkbenchError(f"{file.name} cannot be read as YAML.", "save it as UTF-8 text") from error
    if not isinstance(said, list) or not said or not all(isinstance(entry, dict) for entry in said):
        raise WorkbenchError(f"{file.name} is no list of sheets.", "workbench map FILE makes one")
    found = [_read(entry, file.name) for entry in said if entry.get("table") != ASIDE]
    if not found:
        raise WorkbenchError(f"{file.name} leaves every sheet aside.", "say a table of one of them")
    return found


def aside(file: Path) -> list[tuple[str, str]]:
    """The files and sheets that a mapping.yml that can be read leaves aside."""
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [(str(each.get("file", "")), str(each.get("sheet") or "")) for each in said if each.get("table") == ASIDE]


def _read(entry: dict[Any, Any], name: str) -> Mapped:
    for key in entry:
        if key not in KEYS:
            raise UnknownNameError(f"word in {name}", str(key), KEYS)
    file, sheet = _text(entry.get("file")), _text(entry.get("sheet"))
    where = f"sheet '{sheet}' of {file}" if sheet else file
    if not file:
        raise WorkbenchError(f"An entry of {name} names no file.", "file: receivables.xlsx")
    if not _text(entry.get("table")):
        raise WorkbenchError(
            f"{name} does not say which table {where} is.", f"table: one of {', '.join(tables())}, or {ASIDE}"
        )
    wanted = table(_text(entry["table"]))
    columns = {key: _headers(value) for key, value in _section(entry, "columns", name, where).items()}
    constants = {key: _text(value) for key, value in _section(entry, "constants", name, where).items()}
    computed = {key: _text(value) for key, value in _section(entry, "computed", name, where).items()}
    for key in (*columns, *constants, *computed):
        if key not in wanted.columns:
            raise UnknownNameError(f"column of {wanted.name} in {name}", str(key), wanted.columns)
    for key, way in computed.items():
        if " ".join(way.split()) != WAYS.get(key):
            known = "; ".join(f"{column}: {each}" for column, each in WAYS.items())
            raise WorkbenchError(f"{name} computes {key} of {where} as '{way[:60]}'.", f"what can be computed: {known}")
    mapped = Mapped(
        file=file,
        sheet=sheet,
        table=wanted.name,
        header=_rows(entry.get("header", 1), name, where),
        columns={key: value for key, value in columns.items() if value},
        constants={key: value for key, value in constants.items() if value},
        computed=tuple(computed),
        words=_words(entry, name, where),
        totals=_totals(entry.get("totals")),
        positive_credits=_one_of(entry.get("credit_notes", "negative"), name, where) == "positive",
    )
    _complete(mapped, name)
    return mapped


def _complete(mapped: Mapped, name: str) -> None:
    given = {*mapped.columns, *mapped.constants, *mapped.computed}
    wanted = tables()[mapped.table].columns
    missing = [key for key, column in wanted.items() if column.required and key not in given]
    if missing:
        raise WorkbenchError(
            f"{name} does not say what {', '.join(missing)} of {mapped.where} {'is' if len(missing) == 1 else 'are'}, "
            f"which {mapped.table} needs.",
            f"under columns, {missing[0]}: its header; or under constants, {missing[0]}: its value",
        )
    for key in mapped.computed:
        lacking = [each for each in SUMS if each != key and each not in given - set(mapped.computed)]
        if lacking:
            raise WorkbenchError(
                f"{name} computes {key} of {mapped.where} without {', '.join(lacking)}.", "say the header of each"
            )
    if mapped.constants.get("kind") == BY_SIGN and not {"gross_amount", "net_amount"} & mapped.columns.keys():
        raise WorkbenchError(f"{name} says kind: {BY_SIGN} of {mapped.where}, which has no amount.", "kind: invoice")


def _section(entry: dict[Any, Any], key: str, name: str, where: str) -> dict[str, Any]:
    said = entry.get(key) or {}
    if not isinstance(said, dict):
        raise WorkbenchError(f"{key} of {where} in {name} is no list of column: header.", "customer_id: Customer code")
    return {str(column): value for column, value in said.items()}


def _text(value: Any) -> str:
    """A value of YAML as it was written, as nearly as can be; nothing for none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else " ".join(str(value).split())


def _headers(value: Any) -> tuple[str, ...]:
    some = value if isinstance(value, list) else [value]
    return tuple(text for text in map(_text, some) if text)


def _rows(value: Any, name: str, where: str) -> tuple[int, ...]:
    some = value if isinstance(value, list) else [value]
    whole = all(isinstance(each, int) and not isinstance(each, bool) and 0 < each < 1_000_000 for each in some)
    if not whole or len(some) not in {1, 2} or some != list(range(some[0], some[0] + len(some))):
        raise WorkbenchError(
            f"{name} says that the header of {where} is row {str(value)[:40]}.", "header: 3, or header: [3, 4]"
        )
    return tuple(some)


def _words(entry: dict[Any, Any], name: str, where: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for column, words in _section(entry, "words", name, where).items():
        if not isinstance(words, dict):
            raise WorkbenchError(f"words of {column} of {where} in {name} are no list.", "Credit Note: credit_memo")
        found[column] = {_text(word): _text(meant) for word, meant in words.items()}
        unsaid = [word[:60] for word, meant in found[column].items() if not meant]
        known = tables()[_text(entry["table"])].columns.get(column)
        if unsaid:
            raise WorkbenchError(
                f"{name} does not say what '{unsaid[0]}' means as {column} of {where}.",
                f"{unsaid[0]}: one of {', '.join(known.words) if known and known.words else 'the canonical words'}",
            )
    return found


def _totals(value: Any) -> tuple[str, ...]:
    """Words that make a row a total; those of headers.yml where none are said."""
    some = vocabulary()["totals"] if value is None else value if isinstance(value, list) else [value]
    return tuple(text for text in map(_text, some) if text)


def _one_of(value: Any, name: str, where: str) -> str:
    if value not in SIGNS:
        raise WorkbenchError(
            f"{name} says that credit notes of {where} are '{str(value)[:40]}'.", f"{' or '.join(SIGNS)}"
        )
    return str(value)


def headers_of(mapped: Mapped) -> list[str]:
    """Every header that is named, each once."""
    every = (header for some in mapped.columns.values() for header in some if header != ROW)
    return list(dict.fromkeys(every))


def same(header: str) -> str:
    """A header as the names in mapping.yml are found by: without case and needless blanks."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", header)).strip().casefold()
