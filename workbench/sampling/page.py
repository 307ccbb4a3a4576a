"""The paper as a page: static, escaped, and readable on a light or dark screen and in print."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

from workbench.language import html_language, mark, say
from workbench.language.retelling import together
from workbench.money import grouped
from workbench.plaintext import printable
from workbench.sampling.wording import HEADS_OF_DEVIATIONS, NEYMAN, told

STYLE = Path(__file__).with_name("page.css")
NUMBER = re.compile(r"[-+\N{MINUS SIGN}]?[\d,]+(\.\d+)?( (%|[A-Z]{3}))?")
WORDS = {
    "mus": mark("Monetary unit sample"), "attribute": mark("Attribute sample"), "random": mark("Random sample"),
    "systematic": mark("Systematic sample"), "stratified": mark("Stratified sample"),
}  # fmt: skip
VERDICTS = {
    True: ("yes", mark("Supported")), False: ("no", mark("Not supported")), None: ("", mark("No conclusion")),
}  # fmt: skip
HIDDEN = {"size_given", "part"}
# A file holds names in order of the alphabet; a page tells what comes first, first.
ORDER = (
    mark("positive"), mark("negative"), mark("zero"), mark("file"), mark("snapshot"), mark("table"), mark("period"),
    mark("entity"), mark("currency"), mark("id column"), mark("amount column"), mark("findings"), mark("sha256"),
    mark("method"), mark("generator"), mark("seed"), mark("confidence"), mark("tolerable"), mark("expected"),
    mark("size"), mark("selection"), mark("interval"), mark("start"), mark("hits"),
)  # fmt: skip
AFTER = (
    mark("allocation"), mark("bound"), mark("deviation"), mark("digits"), mark("distribution"), mark("estimator"),
    mark("high value"), mark("limits"), mark("start of items"), mark("start of units"), mark("strata"), mark("tickets"),
    mark("units"),
)  # fmt: skip
PARTS = {
    "positive": mark("positive items"), "negative": mark("negative items"), "zero": mark("zero items"),
    "all": mark("all items"),
}  # fmt: skip
SAMPLED_HERE = {
    "positive": mark("Sampled here: positive items, {count} of {amount}."),
    "negative": mark("Sampled here: negative items, {count} of {amount}."),
    "zero": mark("Sampled here: zero items, {count} of {amount}."),
    "all": mark("Sampled here: all items, {count} of {amount}."),
}
OTHER_SIGNS = mark(
    "Items of zero and those of the other sign are populations of their own and need papers of their own."
)
PAPER, SELECTED = mark("Sampling paper"), mark("Selected, not yet evaluated")
FILL_IN = mark("Fill in sample.csv and run workbench sample evaluate.")
NOTHING, TIED = mark("None."), mark("Tied to the whole:")
REDO = mark(
    "The items are in order of their ids by code point. The SHA-256 of the population is taken over a line of JSON per "
    "item: id, currency, book value without zeros at its end. Chance is SHA-256 of seed, population, purpose and a "
    "counter or an id; docs/sampling.md gives it in ten lines. workbench sample redo draws the sample again and "
    "compares."
)


def paper_page(paper: Mapping[str, Any]) -> str:
    """The whole page of a paper's JSON; nothing in it runs and nothing is fetched."""
    method = _method(paper)
    title = say("{method}, sampling paper {paper}", method=method, paper=paper["paper_id"])
    style = STYLE.read_text(encoding="utf-8")
    return (
        f'<!DOCTYPE html>\n<html lang="{html_language()}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{text(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
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


def _h2(words: str) -> str:
    return f"<h2>{text(words)}</h2>\n"


def ordered(pairs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Names and values in the order of reading, those that are empty left out."""
    places = {name.replace(" ", "_"): place for place, name in enumerate(ORDER)}
    known = sorted(pairs, key=lambda name: (places.get(name, len(places)), name))
    return [(name.replace("_", " "), pairs[name]) for name in known if pairs[name] not in (None, "", [])]


def _named(pairs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The same with names as a reader is told of them."""
    return [(say(name), say(value) if value == NEYMAN else value) for name, value in ordered(pairs)]


def _method(paper: Mapping[str, Any]) -> str:
    name = paper["fixed"]["parameters"]["method"]
    return say(WORDS[name])


def _head(paper: Mapping[str, Any]) -> str:
    fixed = paper["fixed"]
    source = fixed["population"]["source"]
    where = " ".join(str(source[name]) for name in ("file", "entity", "table", "period") if source.get(name))
    return (
        f"<header><p>{text(say(PAPER))} <code>{text(paper['paper_id'])}</code></p>\n"
        f"<h1>{text(_method(paper))}</h1>\n<p>{text(where)}</p></header>\n"
    )


def _verdict(evaluation: Mapping[str, Any]) -> str:
    if not evaluation:
        return f'<div class="verdict"><strong>{text(say(SELECTED))}</strong>\n<p>{text(say(FILL_IN))}</p></div>\n'
    kind, word = VERDICTS[evaluation["supported"]]
    said = "".join(f"<p>{text(told(sentence))}</p>\n" for sentence in evaluation["conclusion"])
    return f'<div class="verdict {kind}"><strong>{text(say(word))}</strong>\n{said}</div>\n'


def table(head: Sequence[object], rows: Iterable[Sequence[object]], sum_line: bool = False) -> str:
    """A table of texts; columns whose cells all look like numbers stand to the right."""
    body = [[str("" if cell is None else cell) for cell in row] for row in rows]
    if not body:
        return f"<p>{text(say(NOTHING))}</p>\n"
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
    head = (say("Part"), say("Items"), say("Book value"))
    parts = [
        (say(PARTS[name]), f"{part['items']:,}", _money(part["book_value"], unit))
        for name, part in ordered(own["parts"])
    ]
    parts.append((say("population"), f"{own['items']:,}", _money(own["book_value"], unit)))
    tie = [(told(line["what"]), f"{line['items']:,}", _money(line["amount"], unit)) for line in own["tie"]]
    tied = f"<p>{text(say(TIED))}</p>\n{table(head, tie, sum_line=True)}" if tie else ""
    notes = "".join(f"<p>{text(told(note))}</p>\n" for note in own["notes"])
    return f"{table(head, parts, sum_line=True)}{tied}{notes}"


def size_html(plan: Mapping[str, Any]) -> str:
    """A planned size and the mathematics behind it."""
    return f"<p>{plan['size']:,}</p>\n{_steps(plan['steps'])}"


def _population(fixed: Mapping[str, Any]) -> str:
    own, sampled = fixed["population"], fixed["part"]
    amount = _money(sampled["book_value"], own["currency"])
    message, count = SAMPLED_HERE[sampled["name"]], f"{sampled['items']:,}"
    drawn = say(message, count=count, amount=amount)
    if fixed["parameters"]["method"] == "mus":
        drawn = together([drawn, say(OTHER_SIGNS)])
    source = [*_named(own["source"]), (say("SHA-256 of the population"), own["sha256"])]
    return _h2(say("Population")) + f"{population_html(own)}<p>{text(drawn)}</p>\n{facts(source)}"


def _parameters(fixed: Mapping[str, Any]) -> str:
    given = {name: value for name, value in fixed["parameters"].items() if name not in HIDDEN}
    pairs = [(name, ", ".join(value) if isinstance(value, list) else value) for name, value in _named(given)]
    return _h2(say("Parameters, fixed before any result")) + facts(pairs)


def _steps(steps: Sequence[str]) -> str:
    return f'<ol class="steps">{"".join(f"<li>{text(told(step))}</li>" for step in steps)}</ol>\n'


def _plan(fixed: Mapping[str, Any]) -> str:
    if not fixed["plan"]:
        given = say("The size of {size} was given, not planned.", size=f"{fixed['parameters']['size']:,}")
        return _h2(say("Size")) + f"<p>{text(given)}</p>\n"
    title = say("Size: {size}", size=f"{fixed['plan']['size']:,}")
    return _h2(title) + _steps(fixed["plan"]["steps"])


def _selection(fixed: Mapping[str, Any]) -> str:
    unit = fixed["population"]["currency"]
    rows = [
        (
            told(part["name"]),
            f"{part['items']:,}",
            _money(part["book_value"], unit),
            f"{part['drawn']:,}",
            say("yes") if part["whole"] else say("no"),
        )
        for part in fixed["strata"]
    ]
    drawn = say("Hits") if fixed["parameters"]["method"] == "mus" else say("Drawn")
    head = (say("Stratum"), say("Items"), say("Book value"), drawn, say("Taken whole"))
    return _h2(say("Selection")) + facts(_named(fixed["selection"])) + table(head, rows)


def _evaluation(evaluation: Mapping[str, Any]) -> str:
    if not evaluation:
        return ""
    # Of a deviating item the first cell is its id, and the second what the auditor wrote or that it was not tested.
    place = 1 if evaluation["head"] == list(HEADS_OF_DEVIATIONS) else 0
    rows = [[told(cell) if column == place else cell for column, cell in enumerate(row)] for row in evaluation["rows"]]
    detail = table([told(head) for head in evaluation["head"]], rows) if rows else ""
    figures = [(told(name), told(value)) for name, value in evaluation["figures"]]
    return _h2(say("Evaluation")) + facts(figures) + _steps(evaluation["steps"]) + detail


def _items(paper: Mapping[str, Any]) -> str:
    unit = paper["fixed"]["population"]["currency"]
    found = {entry["item_id"]: entry for entry in paper["results"].get("items", ())}
    deviation = paper["fixed"]["parameters"]["method"] == "attribute"
    rows = []
    for item in paper["fixed"]["items"]:
        entry = found.get(item["item_id"], {})
        value = entry.get("deviation" if deviation else "audited_value")
        shown = (
            "" if value is None else (say("yes") if value == "1" else say("no")) if deviation else _money(value, unit)
        )
        drawn = (str(item["line"]), item["item_id"], told(item["stratum"]), str(item["hits"]))
        rows.append((*drawn, _money(item["book_value"], unit), shown, entry.get("remark", "")))
    head = (
        say("Line"), say("Item"), say("Stratum"), say("Hits"), say("Book value"),
        say("Deviation") if deviation else say("Audited value"), say("Remark"),
    )  # fmt: skip
    return _h2(say("Items drawn: {count}", count=f"{len(rows):,}")) + table(head, rows)


def _earlier(earlier: Sequence[Mapping[str, Any]]) -> str:
    if not earlier:
        return ""
    rows = [(entry["results"][:16], together(map(told, entry["conclusion"]))) for entry in earlier]
    return _h2(say("Earlier evaluations")) + table((say("Results, SHA-256"), say("Conclusion")), rows)


def _redo(paper: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in sorted(paper["fixed"]["versions"].items()))
    return _h2(say("How to redo this")) + f"<p>{text(say(REDO))}</p>\n<p>{text(versions)}</p>\n"
