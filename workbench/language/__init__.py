"""What pages, screens and notebooks say, in the reader's language; files that a program reads stay as they are.

A text is written in English where it is used: say("Nothing here."), say("{name} has {money}.", name=..., money=...),
counted(3, "{count} finding", "{count} findings"). mark() is for a text that stands in a constant: it is gathered with
the others and said later. `make messages` writes new texts into the catalogues beside this file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from gettext import NullTranslations
from pathlib import Path

from workbench.errors import UnknownNameError
from workbench.language.catalogues import catalogue
from workbench.language.lab_setting import lab_locale
from workbench.settings import read_settings

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "zh_CN": "简体中文", "ja": "日本語"}
# The first part of a locale decides; what has no catalogue here is for the reader to ask for, not for us to guess.
BY_FIRST_PART = {"en": ENGLISH, "zh": "zh_CN", "ja": "ja"}
_spoken: list[tuple[str, NullTranslations]] = []


def mark(message: str) -> str:
    """The same text, which is gathered for the catalogues and said where it is shown."""
    return message


def say(message: str, /, **values: object) -> str:
    """A text in the language in force; each {name} in it takes the value of that name."""
    # To gettext the empty text is the head of the catalogue.
    words = _translations().gettext(message) if message else ""
    return words.format_map(values) if values else words


def counted(number: int, one: str, many: str, /, **values: object) -> str:
    """A text with {count} in it, in the form that goes with a number: "no finding", "1 finding", "1,200 findings"."""
    words = _translations().ngettext(one, many, number)
    count = "no" if number == 0 and words == many else f"{number:,}"
    if count == "no":
        words = one
    return words.format_map({"count": count, **values})


def language() -> str:
    """The language in force, a key of LANGUAGES.

    It is what `speaking` says; else the setting `language`; else, in a notebook that somebody looks at, what
    JupyterLab itself speaks where we speak it too; else English. Raises UnknownNameError for a setting we do not speak.
    """
    if _spoken:
        return _spoken[-1][0]
    if asked := _asked(Path.cwd(), os.environ.get("WORKBENCH_LANGUAGE")):
        return known_language(asked)
    return BY_FIRST_PART.get(_first_part(lab_locale()), ENGLISH)


def known_language(name: str) -> str:
    """The key of LANGUAGES for a locale in any common spelling (zh-Hans, zh_CN, ja_JP.UTF-8); else UnknownNameError."""
    found = BY_FIRST_PART.get(_first_part(name))
    if found is None:
        raise UnknownNameError("language", name, LANGUAGES)
    return found


def html_language() -> str:
    """The language in force as the lang attribute of HTML wants it: en, zh-CN, ja."""
    return language().replace("_", "-")


@contextmanager
def speaking(name: str, translations: NullTranslations | None = None) -> Iterator[None]:
    """Speak a language inside the block, in every thread and process begun there; `translations` replaces ours."""
    found = known_language(name)
    before = os.environ.get("WORKBENCH_LANGUAGE")
    _spoken.append((found, translations or catalogue(found)))
    os.environ["WORKBENCH_LANGUAGE"] = found
    try:
        yield
    finally:
        _spoken.pop()
        if before is None:
            del os.environ["WORKBENCH_LANGUAGE"]
        else:
            os.environ["WORKBENCH_LANGUAGE"] = before


def _translations() -> NullTranslations:
    return _spoken[-1][1] if _spoken else catalogue(language())


@cache
def _asked(folder: Path, _variable: str | None) -> str:
    return read_settings(folder).language


def _first_part(locale: str) -> str:
    return locale.replace("-", "_").split("_")[0].split(".")[0].lower()
