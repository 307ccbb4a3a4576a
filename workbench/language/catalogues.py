"""The catalogues of a language as one: gettext's .po files, read as they are."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages import Catalog

FOLDER = Path(__file__).parent


@cache
def catalogue(language: str) -> NullTranslations:
    """All texts of a language; a text that no catalogue has is said in English, the language it is written in."""
    files = sorted((FOLDER / language).glob("*.po"))
    found: NullTranslations = NullTranslations()
    for file in files:
        translations = _translations(file)
        translations.add_fallback(found)
        found = translations
    return found


def page_texts(language: str) -> dict[str, str | list[str]]:
    """The texts that the scripts of the widgets say: by English text, the translation, or its forms by number."""
    texts: dict[str, str | list[str]] = {}
    for file in (FOLDER / language).glob("page.po"):
        for message in _read(file):
            if message.id and message.string:
                text, forms = message.id, message.string
                texts[text if isinstance(text, str) else text[0]] = forms if isinstance(forms, str) else list(forms)
    return texts


def _translations(file: Path) -> GNUTranslations:
    from babel.messages.mofile import write_mo

    compiled = BytesIO()
    write_mo(compiled, _read(file))
    compiled.seek(0)
    return GNUTranslations(compiled)


def _read(file: Path) -> Catalog:
    # Babel takes some time to load, and whoever reads English needs none of it.
    from babel.messages.pofile import read_po

    with file.open("rb") as content:
        return read_po(content)
