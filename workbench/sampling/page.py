"""The paper as a page: static, escaped, and readable on a light or dark screen and in print."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

from workbench.money import grouped
from workbench.plaintext import printable

STYLE = Path(__file__).with_name("page.css")
NUMBER = re.compile(r"[-+\N{MINUS SIGN}]?[\d,]+(\.\d+)?( (%|[A-Z]{3}))?")
WORDS = {
    "mus": "Monetary unit sample", "attribute": "Attribute sample", "random": "Random sample",
    "systematic": "Systematic sample", "stratified": "Stratified sample",
}  # fmt: skip
VERDICTS = {True: ("yes", "Supported"), False: ("no", "Not supported"), None: ("", "No conclusion")}
HIDDEN = {"size_given", "part"}
# A file holds names in order of the alphabet; a page tells what comes first, first.
ORDER = (
    "positive negative zero file snapshot table period entity currency id_column amount_column findings sha256 "
    "method generator seed confidence tolerable expected size selection interval start hits"
).split()


def paper_page(paper: Mapping[str, Any]) -> str:
    """The whole page of a paper's JSON; nothing in it runs and nothing is fetched."""
    title = WORDS[paper["fixed"]["parameters"]["method"]]
    style = STYLE.read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}, sampling paper {text(paper['paper_id'])}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<main>\n{paper_body(paper)}</main>\n</body>\n</html>\n"
    )


def paper_body(paper: Mapping[str, Any]) -> str:
    """What stands on the page, for a notebook too."""
    fixed = paper["fixed"]
    return "".join(
        [
            _head(paper),
            _verdict(paper["evaluation"]),
            _population(fixed),
            _parameters(fixed),
            _plan(fixed),
            _selection(fixed),
            _evaluation(paper["evaluation"]),
            _items(paper),
            _earlier(paper["earlier"]),
            _redo(paper),
        ]
    )


def text(value: object) -> str:
    """A value as HTML text; signs that turn the reading direction or end a line are shown as blanks."""
    return escape(printable("" if value is None else value))


def ordered(pairs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Names and values in the order of reading, those that are empty left out."""
    places = {name: place for place, name in enumerate(ORDER)}
    known = sorted(pairs, key=lambda name: (places.get(name, len(places)), name))
    return [(name.replace("_", " "), pairs[name]) for name in known if pairs[name] not in (None, "", [])]


def _head(paper: Mapping[str, Any]) -> str:
    fixed = paper["fixed"]
    source = fixed["population"]["source"]
    where = " ".join(str(source[name]) for name in ("file", "entity", "table", "period") if source.get(name))
    return (
        f"<header><p>Sampling paper <code>{text(paper['paper_id'])}</code></p>\n"
        f"<h1>{WORDS[fixed['parameters']['method']]}</h1>\n<p>{text(where)}</p></header>\n"
    )


def _verdict(evaluation: Mapping[str, Any]) -> str:
    if not evaluation:
        return (
            '<div class="verdict"><strong>Selected, not yet evaluated</strong>\n'
            "<p>Fill in sample.csv and run workbench sample evaluate.</p></div>\n"
        )
    kind, word = VERDICTS[evaluation["supported"]]
    said = "".join(f"<p>{text(sentence)}</p>\n" for sentence in evaluation["conclusion"])
    return f'<div class="verdict {kind}"><strong>{word}</strong>\n{said}</div>\n'


def table(head: Sequence[object], rows: Iterable[Sequence[object]], sum_line: bool = False) -> str:
    """A table of texts; columns whose cells all look like numbers stand to the right."""
    body = [[str("" if cell is None else cell) for cell in row] for row in rows]
    if not body:
        return "<p>None.</p>\n"
    right = [all(not row[place] or NUMBER.fullmatch(row[place]) for row in body) and any(row[place] for row in body)
             for place in range(len(head))]  # fmt: skip
    kinds = [' class="number"' if side else "" for side in right]
    above = "".join(f'<th scope="col"{kind}>{text(cell)}</th>' for cell, kind in zip(head, kinds, strict=True))
    lines = []
    for number, row in enumerate(body, 1):
        last = ' class="sum"' if sum_line and number == len(body) else ""
        cells = "".join(f"<td{kind}>{text(cell)}</td>" for cell, kind in zip(row, kinds, strict=True))
        lines.append(f"<tr{last}>{cells}</tr>\n")
    return f'<div class="wide"><table><thead><tr>{above}</tr></thead>\n<tbody>{"".join(lines)}</tbody></table></div>\n'


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Names and values, one under the other."""
    return f"<dl>{''.join(f'<dt>{text(name)}</dt><dd>{text(value)}</dd>' for name, value in pairs)}</dl>\n"


def _money(amount: str, currency: str) -> str:
    return f"{grouped(Decimal(amount), currency)} {currency}".strip()


def population_html(own: Mapping[str, Any]) -> str:
    """The parts of a population and its tie to the whole, for a page and a notebook."""
    unit = own["currency"]
    head = ("Part", "Items", "Book value")
    parts = [
        (f"{name} items", f"{part['items']:,}", _money(part["book_value"], unit))
        for name, part in ordered(own["parts"])
    ]
    parts.append(("population", f"{own['items']:,}", _money(own["book_value"], unit)))
    tie = [(line["what"], f"{line['items']:,}", _money(line["amount"], unit)) for line in own["tie"]]
    tied = f"<p>Tied to the whole:</p>\n{table(head, tie, sum_line=True)}" if tie else ""
    notes = "".join(f"<p>{text(note)}</p>\n" for note in own["notes"])
    return f"{table(head, parts, sum_line=True)}{tied}{notes}"


def size_html(plan: Mapping[str, Any]) -> str:
    """A planned size and the mathematics behind it."""
    return f"<p>{plan['size']:,}</p>\n{_steps(plan['steps'])}"


def _population(fixed: Mapping[str, Any]) -> str:
    own, sampled = fixed["population"], fixed["part"]
    amount = _money(sampled["book_value"], own["currency"])
    drawn = f"Sampled here: {sampled['name']} items, {sampled['items']:,} of {amount}."
    if fixed["parameters"]["method"] == "mus":
        drawn += " Items of zero and those of the other sign are populations of their own and need papers of their own."
    source = [*ordered(own["source"]), ("SHA-256 of the population", own["sha256"])]
    return f"<h2>Population</h2>\n{population_html(own)}<p>{text(drawn)}</p>\n{facts(source)}"


def _parameters(fixed: Mapping[str, Any]) -> str:
    given = {name: value for name, value in fixed["parameters"].items() if name not in HIDDEN}
    pairs = [(name, ", ".join(value) if isinstance(value, list) else value) for name, value in ordered(given)]
    return f"<h2>Parameters, fixed before any result</h2>\n{facts(pairs)}"


def _steps(steps: Sequence[str]) -> str:
    return f'<ol class="steps">{"".join(f"<li>{text(step)}</li>" for step in steps)}</ol>\n'


def _plan(fixed: Mapping[str, Any]) -> str:
    if not fixed["plan"]:
        return f"<h2>Size</h2>\n<p>The size of {fixed['parameters']['size']:,} was given, not planned.</p>\n"
    return f"<h2>Size: {fixed['plan']['size']:,}</h2>\n{_steps(fixed['plan']['steps'])}"


def _selection(fixed: Mapping[str, Any]) -> str:
    unit = fixed["population"]["currency"]
    rows = [
        (
            part["name"],
            f"{part['items']:,}",
            _money(part["book_value"], unit),
            f"{part['drawn']:,}",
            "yes" if part["whole"] else "no",
        )
        for part in fixed["strata"]
    ]
    drawn = "Hits" if fixed["parameters"]["method"] == "mus" else "Drawn"
    pairs = ordered(fixed["selection"])
    return f"<h2>Selection</h2>\n{facts(pairs)}{table(('Stratum', 'Items', 'Book value', drawn, 'Taken whole'), rows)}"


def _evaluation(evaluation: Mapping[str, Any]) -> str:
    if not evaluation:
        return ""
    detail = table(evaluation["head"], evaluation["rows"]) if evaluation["rows"] else ""
    return f"<h2>Evaluation</h2>\n{facts(map(tuple, evaluation['figures']))}{_steps(evaluation['steps'])}{detail}"


def _items(paper: Mapping[str, Any]) -> str:
    unit = paper["fixed"]["population"]["currency"]
    found = {entry["item_id"]: entry for entry in paper["results"].get("items", ())}
    deviation = paper["fixed"]["parameters"]["method"] == "attribute"
    rows = []
    for item in paper["fixed"]["items"]:
        entry = found.get(item["item_id"], {})
        value = entry.get("deviation" if deviation else "audited_value")
        shown = "" if value is None else ("yes" if value == "1" else "no") if deviation else _money(value, unit)
        drawn = (str(item["line"]), item["item_id"], item["stratum"], str(item["hits"]))
        rows.append((*drawn, _money(item["book_value"], unit), shown, entry.get("remark", "")))
    head = ("Line", "Item", "Stratum", "Hits", "Book value", "Deviation" if deviation else "Audited value", "Remark")
    return f"<h2>Items drawn: {len(rows):,}</h2>\n{table(head, rows)}"


def _earlier(earlier: Sequence[Mapping[str, Any]]) -> str:
    if not earlier:
        return ""
    rows = [(entry["results"][:16], " ".join(entry["conclusion"])) for entry in earlier]
    return f"<h2>Earlier evaluations</h2>\n{table(('Results, SHA-256', 'Conclusion'), rows)}"


def _redo(paper: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in sorted(paper["fixed"]["versions"].items()))
    return (
        "<h2>How to redo this</h2>\n<p>The items are in order of their ids by code point. The SHA-256 of the "
        "population is taken over a line of JSON per item: id, currency, book value without zeros at its end. "
        "Chance is SHA-256 of seed, population, purpose and a counter or an id; docs/sampling.md gives it in ten "
        f"lines. workbench sample redo draws the sample again and compares.</p>\n<p>{text(versions)}</p>\n"
    )
