"""The findings explorer: facets with counts and money both ways, and a grid served page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import traitlets

from workbench.errors import WorkbenchError
from workbench.language import say
from workbench.language.page import Speaking, problem_in_words, script
from workbench.widgets.counting import Array
from workbench.widgets.saved import delete_view, load_view, save_view, saved_views
from workbench.widgets.screen import FIRST_ROWS, KEPT_IDS, Opened, facet_message, money_words, page, screen
from workbench.widgets.store import Store
from workbench.widgets.view import COLUMNS, FACETS, View, known

FOLDER = Path(__file__).parent
MOST_ROWS = 400
MOST_VALUES = 5_000
Message = Mapping[str, Any]


def scripts(*names: str) -> str:
    """The scripts of a widget as one module."""
    return script(*(FOLDER / f"{name}.js" for name in names))


class FindingsExplorer(Speaking, anywidget.AnyWidget):
    """Facets and grid over a Store; `selected` is the finding_id that is open, empty where none is.

    The browser holds only the rows it shows and asks for more by message; `opening` is what a new view starts from.
    `marked` says for each place of the findings table whether it is marked; `named` are the variables that the code
    for copying speaks of. `when_marked` is called when marks change, `before_view` before a view is shown.
    """

    _esm = scripts("dom", "facets", "grid", "tools", "explorer")
    _css = FOLDER / "explorer.css"
    opening = traitlets.Dict().tag(sync=True)
    job = traitlets.Dict().tag(sync=True)
    columns = traitlets.Dict().tag(sync=True)
    selected = traitlets.Unicode("").tag(sync=True)

    def __init__(self, store: Store, view: View, named: tuple[str, str] = ("findings", "snapshot")) -> None:
        self.store, self.view, self.named = store, view, named
        self.opened = Opened()
        self.marked = np.zeros(store.rows.num_rows, dtype=np.bool_)
        self.when_marked: Callable[[], None] = _nothing
        self.when_cancelled: Callable[[], None] = _nothing
        self.before_view: Callable[[View], None] = lambda _view: None
        super().__init__(opening=self._screen(), columns={name: say(words) for name, words in COLUMNS.items()})
        self.on_msg(self._hear)

    def show(self, view: View) -> None:
        """Show a view, as if it had been chosen by mouse."""
        self.before_view(view)
        self.view = view
        self.refresh()

    def refresh(self) -> None:
        """Show the same view again: the facets have changed."""
        self.opening = self._screen()
        self.send({"kind": "view", "client": None, "turn": 0, **self.opening})

    def tell(self, problem: WorkbenchError | str) -> None:
        """Say to whoever looks what went wrong."""
        words = problem if isinstance(problem, str) else problem_in_words(problem)
        self.send({"kind": "problem", "client": None, "turn": 0, "text": words})

    def reveal(self, finding_id: str) -> None:
        """Open a finding and bring its row into sight."""
        place = self.position(finding_id)
        self.selected = finding_id
        self.send({"kind": "reveal", "client": None, "turn": 0, "place": place})

    def position(self, finding_id: str) -> int:
        """Where a finding stands in the order of the view, -1 where it is not shown."""
        found = np.flatnonzero(self.store.order(self.view) == self.store.place(finding_id))
        return int(found[0]) if len(found) else -1

    def _screen(self, count: int = FIRST_ROWS) -> dict[str, Any]:
        shown = screen(self.store, self.view, count, self.opened)
        shown["rows"] = page(self.store, self.view, 0, count, self.marked)
        return {**shown, "code": self.view.code(*self.named), "views": saved_views(), "marks": self.marks()}

    def marks(self) -> dict[str, Any]:
        """How many candidates are marked, their money, and how many of the view are."""
        count = int(np.count_nonzero(self.marked))
        money = money_words(self.store.sums_of(self.marked)) if count else []
        here = int(np.count_nonzero(self.marked[self.store.order(self.view)])) if count else 0
        return {"count": count, "here": here, "money": money}

    def marked_rows(self) -> pa.Table:
        """The marked candidates as the findings table has them."""
        return self.store.rows.filter(pa.array(self.marked))

    def _hear(self, _widget: object, message: Message, _buffers: object) -> None:
        reply: dict[str, Any] = {"client": message.get("client"), "turn": message.get("turn")}
        try:
            reply |= self._answer(message)
        except WorkbenchError as problem:
            reply |= {"kind": "problem", "text": problem_in_words(problem)}
        except Exception as error:  # noqa: BLE001 - what goes wrong in a callback must reach the person, not only a log
            words = f"{type(error).__name__}: {error}"
            reply |= {"kind": "problem", "text": say("The explorer stopped at this: {error}", error=words)}
        self.send(reply)

    def _answer(self, message: Message) -> dict[str, Any]:
        answers: dict[str, Callable[[Message], dict[str, Any]]] = {
            "view": self._view, "rows": self._rows, "facet": self._facet, "mark": self._mark,
            "save": self._save, "load": self._load, "forget": self._forget, "cancel": self._cancel,
        }  # fmt: skip
        return answers[known("request", str(message.get("kind")), answers)](message)

    def _view(self, message: Message) -> dict[str, Any]:
        view = View.read(message["view"])
        if view.findings == (KEPT_IDS,):
            view = replace(view, findings=self.view.findings)
        self.before_view(view)
        self.view = view
        more = {known("facet", name, FACETS): min(int(n), MOST_VALUES) for name, n in message.get("more", {}).items()}
        find = {known("facet", name, FACETS): str(text) for name, text in message.get("find", {}).items() if text}
        self.opened = Opened(more, find)
        return {"kind": "view", **self._screen(_count(message))}

    def _rows(self, message: Message) -> dict[str, Any]:
        start = max(0, int(message.get("start", 0)))
        return {
            "kind": "rows",
            "start": start,
            "rows": page(self.store, self.view, start, _count(message), self.marked),
        }

    def _facet(self, message: Message) -> dict[str, Any]:
        name = known("facet", str(message["name"]), FACETS)
        opened = Opened({name: min(int(message.get("more", 25)), MOST_VALUES)}, {name: str(message.get("find", ""))})
        self.opened = Opened({**self.opened.more, **opened.more}, {**self.opened.find, **opened.find})
        return {"kind": "facet", "facet": facet_message(self.store, name, self.view, opened)}

    def _mark(self, message: Message) -> dict[str, Any]:
        what, on = message.get("what"), bool(message.get("on", True))
        if what == "nothing":
            self.marked[:] = False
        elif what == "all":
            self.marked[self.store.order(self.view)] = on
        elif what == "range":
            first, last = sorted((max(0, int(message["first"])), max(0, int(message["last"]))))
            self.marked[self.store.order(self.view)[first : last + 1]] = on
        else:
            self.marked[self.places(message.get("findings", ()))] = on
        self.when_marked()
        asked = {name: message.get(name) for name in ("what", "on", "findings", "first", "last")}
        return {"kind": "marks", "marks": self.marks(), "asked": {**asked, "on": on}}

    def places(self, findings: Any) -> Array:
        """The places of findings in the findings table, those that are there."""
        found = pc.index_in(pa.array([str(name) for name in findings], pa.string()),
                            value_set=self.store.column("finding_id"))  # fmt: skip
        return np.asarray(found.drop_null(), dtype=np.int64)

    def _save(self, message: Message) -> dict[str, Any]:
        name = str(message.get("name", "")).strip()
        save_view(name, self.view)
        return {"kind": "views", "views": saved_views(), "said": say("Saved as '{name}'.", name=name)}

    def _load(self, message: Message) -> dict[str, Any]:
        view = load_view(str(message.get("name", "")))
        self.before_view(view)
        self.view, self.opened = view, Opened()
        return {"kind": "view", **self._screen(_count(message))}

    def _forget(self, message: Message) -> dict[str, Any]:
        name = str(message.get("name", ""))
        delete_view(name)
        return {"kind": "views", "views": saved_views(), "said": say("'{name}' is forgotten.", name=name)}

    def _cancel(self, _message: Message) -> dict[str, Any]:
        self.when_cancelled()
        return {"kind": "said", "said": say("Cancelling ...")}


def _count(message: Message) -> int:
    return max(1, min(int(message.get("count", FIRST_ROWS)), MOST_ROWS))


def _nothing() -> None:
    """Do nothing: nobody listens yet."""
