"""What the scripts of widgets say: the texts of the language in force travel with each widget."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import traitlets

from workbench.errors import WorkbenchError
from workbench.language import ENGLISH, html_language, language, say
from workbench.language.catalogues import page_texts

SAYING = Path(__file__).with_name("say.js")
_texts = cache(page_texts)


def script(*files: Path) -> str:
    """The scripts of a widget as one module, in which say() and counted() mean what they mean in Python."""
    return "\n".join(file.read_text(encoding="utf-8") for file in (SAYING, *files))


def problem_in_words(error: WorkbenchError) -> str:
    """An error with its way out, for a person who looks at a page."""
    if not error.fix:
        return error.problem
    return say("{problem}\n  Fix: {fix}", problem=error.problem, fix=error.fix)


def spoken_div(names: str, html: str) -> str:
    """HTML in an element of some classes that says which language it is in, where that is not English."""
    lang = "" if language() == ENGLISH else f' lang="{html_language()}"'
    return f'<div class="{names}"{lang}>{html}</div>'


class Speaking(traitlets.HasTraits):
    """A widget whose script says its texts in the language that was in force when the widget was made."""

    spoken = traitlets.Dict().tag(sync=True)

    @traitlets.default("spoken")
    def _spoken(self) -> dict[str, Any]:
        return {"language": html_language(), "texts": _texts(language())}
