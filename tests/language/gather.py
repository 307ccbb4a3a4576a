"""python -m tests.language.gather [DOMAIN ...]: write the texts that the code says into the catalogues (make messages).

New texts come in without a translation, texts that nobody says any more go out; what is left to translate is printed.
A domain is a part of the project and one .po file in each language.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import click
from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from workbench.controls import Control, choose
from workbench.figures.catalogue import texts as figure_texts
from workbench.language import ENGLISH, LANGUAGES
from workbench.language.catalogues import FOLDER
from workbench.language.notebooks import BLOCKS, is_prose
from workbench.markup import words_of_name
from workbench.schema import tables
from workbench.screens.catalogue import texts as screen_texts
from workbench.settings import NOTEBOOKS, PACKAGE
from workbench.sources.systems import systems

KEYWORDS: dict[str, Any] = {"say": None, "mark": None, "counted": (2, 3)}
# The first that a file's path begins with decides; "page" is what the scripts of widgets say, wherever they are.
PLACES = {
    "pack/pdf": "papers", "pack/slides": "papers", "pack/workbook": "papers", "pack/comparing": "papers",
    "pack/audience": "papers", "pack/keys": "papers", "pack/rerun": "papers",
    "pack": "pack",
    "xray": "views", "settlement": "views", "topics": "views",
    "receivables": "figures", "figures": "figures", "screens": "figures", "sampling": "figures",
    "widgets": "widgets", "causes": "widgets", "cash": "widgets", "app": "widgets",
    "intake": "intake",
}  # fmt: skip
OTHERS = "base"
DOMAINS = (
    "base", "controls", "figures", "intake", "notebooks", "pack", "page", "papers", "queries", "views", "widgets",
)  # fmt: skip


def said() -> dict[str, dict[Any, None]]:
    """Every text that code, scripts and notebooks say, by domain; one with a plural is a pair."""
    found: dict[str, dict[Any, None]] = {domain: {} for domain in DOMAINS}
    for file in sorted(PACKAGE.rglob("*.py")):
        own = file.relative_to(PACKAGE).as_posix()
        domain = next((name for start, name in PLACES.items() if own.startswith(start)), OTHERS)
        found[domain].update(dict.fromkeys(_said_in_python(file)))
    for file in sorted(PACKAGE.rglob("*.js")):
        found["page"].update(dict.fromkeys(_said_in_script(file)))
    for file in sorted(NOTEBOOKS.glob("*.ipynb")):
        found["notebooks"].update(dict.fromkeys(paragraphs(file)))
    for control in choose():
        found["controls"].update(dict.fromkeys(control_texts(control)))
    found["controls"].update(dict.fromkeys(tie.title for system in systems() for tie in system.tie_outs))
    found["queries"].update(dict.fromkeys([*figure_texts(), *screen_texts()]))
    found["base"].update(dict.fromkeys(words_of_name(name) for table in tables().values() for name in table.columns))
    return found


def control_texts(control: Control) -> Iterator[str]:
    """What a person reads of a control; its id, its SQL and its codes are the same in every language."""
    yield from (control.title, control.why, control.next_step, *control.suppressions.values())
    yield from (parameter.why for parameter in control.parameters.values())


def _said_in_python(file: Path) -> Iterator[Any]:
    """The texts as Python itself reads them: inside an f-string or another call too, where Babel does not look."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
            texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if any(texts):
                yield tuple(texts[:2]) if node.func.id == "counted" else texts[0]


def _said_in_script(file: Path) -> Iterator[Any]:
    for _line, text, _comments, _context in extract_from_file("javascript", str(file), KEYWORDS):
        if text:
            yield text


def paragraphs(notebook: Path) -> Iterator[str]:
    """The paragraphs and headings of a notebook's prose."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            yield from (block for block in BLOCKS.split("".join(cell["source"]).strip()) if is_prose(block))


def file_of(domain: str, language: str) -> Path:
    """The .po file of a domain."""
    return FOLDER / language / f"{domain}.po"


def catalogue_of(domain: str, language: str) -> Catalog:
    """A domain's catalogue as it is on disk; empty where there is none."""
    file = file_of(domain, language)
    if not file.exists():
        return _empty(language)
    with file.open("rb") as content:
        return read_po(content)


def _empty(language: str) -> Catalog:
    return Catalog(locale=language, project="Billing Workbench", version="1", fuzzy=False)


def brought_up_to_date(domain: str, language: str) -> Catalog:
    """The catalogue with exactly the texts that are said now, translated where they were."""
    before, now = catalogue_of(domain, language), _empty(language)
    for text in all_said()[domain]:
        old = before.get(text if isinstance(text, str) else text[0])
        fits = old is not None and isinstance(old.id, str) == isinstance(text, str)
        now.add(text, string=old.string if old and fits else None)
    return now


@cache
def all_said() -> dict[str, dict[Any, None]]:
    """What `said` finds, once."""
    return said()


def as_bytes(catalogue: Catalog) -> bytes:
    """A .po file: sorted, no dates and no line numbers, so that two people's changes can be merged."""
    content = BytesIO()
    write_po(content, catalogue, width=120, no_location=True, omit_header=True, sort_output=True)
    # Without its header a file does not say how many forms a text has.
    header = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {catalogue.locale_identifier}\\n"\n'
        '"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )
    return header.encode() + content.getvalue()


def untranslated(catalogue: Catalog) -> list[Any]:
    """The texts of a catalogue that lack a translation, whole or in one of their forms."""
    return [
        message.id
        for message in catalogue
        if message.id and not all(message.string if isinstance(message.string, tuple | list) else (message.string,))
    ]


def main(domains: list[str]) -> None:
    """Bring the catalogues of these domains (none: all) up to date and say what is left to translate."""
    for domain in domains or DOMAINS:
        for language in LANGUAGES:
            if language == ENGLISH:
                continue
            catalogue = brought_up_to_date(domain, language)
            file_of(domain, language).write_bytes(as_bytes(catalogue))
            left = untranslated(catalogue)
            click.echo(f"{language}/{domain}.po: {len(catalogue)} texts, {len(left)} not translated")
            for text in left[:20]:
                click.echo(f"    {text}")


if __name__ == "__main__":
    main(sys.argv[1:])
