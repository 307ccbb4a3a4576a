"""The table of causes with a button per line, which shows its findings in an explorer beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from IPython.display import display

from workbench.errors import WorkbenchError
from workbench.language.page import Speaking, problem_in_words, script, spoken_div

if TYPE_CHECKING:
    from workbench.causes.view import Why

# A notebook that is opened again has no buttons any more: their place stays empty, and the table above it speaks.
ALONE = """<style>
.jp-OutputArea-child:has(.workbench-why) + .jp-OutputArea-child:not(:has(.wbw)) { display: none; }
</style>"""


class Buttons(Speaking, anywidget.AnyWidget):
    """A button per explanation; `picked` is the number of the one that was clicked, 0 before, `said` what it did."""

    _esm = script(Path(__file__).with_name("clicks.js"))
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    picked = traitlets.Int(0).tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)


class Clicks:
    """A Why whose lines can be clicked: each shows its findings in the explorer, and the code that does the same.

    The table is static HTML as everywhere; the buttons are there as long as a kernel is.
    """

    def __init__(self, why: Why, investigation: Any) -> None:
        self.why = why
        self.investigation = investigation
        self.buttons = Buttons(labels=why.labels)
        self.buttons.observe(self._show, names="picked")

    def _show(self, change: dict[str, Any]) -> None:
        try:
            self.investigation.show(self.why.view(change["new"]))
            self.buttons.said = self.why.code(change["new"])
        except WorkbenchError as problem:
            self.buttons.said = problem_in_words(problem)

    def _ipython_display_(self) -> None:
        static = spoken_div("workbench-why", self.why._repr_html_())
        display({"text/plain": repr(self.why), "text/html": ALONE + static}, raw=True)  # type: ignore[no-untyped-call]
        if self.buttons.labels:
            bundle = self.buttons._repr_mimebundle_() or ({}, {})
            display({**bundle[0], "text/plain": " "}, raw=True)  # type: ignore[no-untyped-call]

    def __repr__(self) -> str:
        return repr(self.why)
