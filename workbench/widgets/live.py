"""The live half of an exploration: what a click in the explorer or the panel sets off, and what the page hears."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets

from workbench.decisions import Standing as Decided
from workbench.errors import WorkbenchError
from workbench.findings import evidence_keys
from workbench.language import say
from workbench.language.page import problem_in_words
from workbench.progress import Report
from workbench.widgets.deciding import Batch, Form, whoever_is_here
from workbench.widgets.explorer import FindingsExplorer
from workbench.widgets.jobs import DONE, RUNNING, Job, Standing
from workbench.widgets.naming import name_of
from workbench.widgets.panel import EvidencePanel
from workbench.widgets.view import View, known

if TYPE_CHECKING:
    from workbench.widgets.exploration import Exploration

CAUSES_BY_THEMSELVES = 20_000
FEW = 200


class Live:
    """Explorer and panel of one exploration, wired to each other; one piece of long work at a time."""

    def __init__(self, exploration: Exploration, view: View) -> None:
        self.exploration = exploration
        named = (name_of(exploration.findings, "findings"), name_of(exploration.snapshot, "snapshot"))
        self.explorer = FindingsExplorer(exploration.store, view, named)
        self.panel = EvidencePanel()
        self.job: Job | None = None
        self.person = whoever_is_here()
        self.explorer.before_view = exploration.before_view
        self.explorer.when_marked = self._describe
        self.explorer.when_cancelled = self._cancel
        self.explorer.observe(lambda change: self._follow(change["new"]), names="selected")
        self.panel.on_msg(self._hear)
        self._describe()

    def bundle(self) -> Mapping[str, Any]:
        """Both side by side, for the notebook."""
        wide, narrow = (
            ipywidgets.Layout(flex=f"1 1 {width}px", min_width="0", width="auto", margin="0 8px 8px 0")
            for width in (900, 420)
        )
        self.explorer.layout, self.panel.layout = wide, narrow
        layout = ipywidgets.Layout(flex_flow="row wrap", align_items="stretch", width="100%", overflow="visible")
        bundle: Mapping[str, Any] = ipywidgets.Box([self.explorer, self.panel], layout=layout)._repr_mimebundle_()
        return bundle

    def begin(self) -> None:
        """Work out the causes in the background where the findings are few enough to just do it."""
        here = self.exploration
        if here.causes is None and 0 < here.findings.table.num_rows <= CAUSES_BY_THEMSELVES:
            self._work(say("Causes"), here.find_causes, lambda _count: self.explorer.refresh())

    # What is open

    def _follow(self, finding_id: str) -> None:
        here = self.exploration
        here.follow(finding_id)
        try:
            evidence = here.evidence
            self.panel.shown = {} if evidence is None else {**here.panel_view(evidence), **self._around(finding_id)}
            self._describe()
        except WorkbenchError as problem:
            self.panel.shown = {}
            self.explorer.tell(problem)
        except Exception as error:  # noqa: BLE001 - what goes wrong in a callback must reach the person, not only a log
            words = f"{type(error).__name__}: {error}"
            self.explorer.tell(say("The evidence stopped at this: {error}", error=words))

    def _around(self, finding_id: str) -> dict[str, Any]:
        """Where the finding stands in what is shown, its document and its customer, and the code of each."""
        here = self.exploration
        row, books = here.findings.row(finding_id), self.explorer.named[1]
        document, place = document_of(row), self.explorer.position(finding_id)
        return {
            "place": place + 1,
            "of": len(here.store.order(self.explorer.view)),
            "document": document,
            "customer_id": row["customer_id"] or "",
            "code": f'wb.trace({books}, {self.explorer.named[0]}.row("{finding_id}"))',
            "xray_code": f"wb.xray({books}, {document!r}, {self.explorer.named[0]})" if document else "",
        }

    def _describe(self) -> None:
        """Tell the panel what a decision would be on: the open finding as it stands, and what is marked."""
        here, name = self.exploration, self.exploration.selected
        standing = here.desk.standings.get(name)
        self.panel.desk = {
            **here.desk.choices(),
            "by": self.person,
            "who": here.desk.who(self.person),
            "problem": here.desk.problem,
            "standing": "" if standing is None else _standing(standing),
            "marks": self.explorer.marks(),
            "can_undo": len(here.batches),
        }

    # What the panel asks

    def _hear(self, _widget: object, message: Mapping[str, Any], _buffers: object) -> None:
        asks: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "step": self._step, "decide": self._decide, "undo": self._undo, "person": self._who,
            "xray": self._xray, "customer": self._customer, "causes": self._causes,
        }  # fmt: skip
        try:
            asks[known("request", str(message.get("kind")), asks)](message)
        except WorkbenchError as problem:
            self._say({"words": problem_in_words(problem), "failed": True})
        except Exception as error:  # noqa: BLE001 - as above
            words = say("This stopped: {error}", error=f"{type(error).__name__}: {error}")
            self._say({"words": words, "failed": True})

    def _say(self, said: Mapping[str, Any]) -> None:
        self.panel.send({"kind": "said", **said})

    def _step(self, message: Mapping[str, Any]) -> None:
        here = self.exploration
        order = here.store.order(self.explorer.view)
        if not len(order):
            raise WorkbenchError(
                say("No finding is shown, so there is no next one."), say("clear a facet or the search")
            )
        place = self.explorer.position(here.selected) if here.selected else -1
        wanted = min(max(place + int(message.get("by", 1)), 0), len(order) - 1)
        self.explorer.reveal(here.store.at(order[wanted : wanted + 1])[0]["finding_id"])

    def _who(self, message: Mapping[str, Any]) -> None:
        self.person = str(message.get("by", "")).strip()
        self._describe()

    def _decide(self, message: Mapping[str, Any]) -> None:
        here, form = self.exploration, Form.read(message["form"])
        self.person = form.by
        rows = self.explorer.marked_rows() if message.get("whom") == "marked" else None
        words = {name: value for name, value in vars(form).items() if name not in {"state", "by"}}

        def work(report: Report) -> Batch:
            return here.decide(rows, state=form.state, by=form.by, progress=report, **words)

        self._now_or_later(say("Deciding"), 1 if rows is None else rows.num_rows, work)

    def _undo(self, _message: Mapping[str, Any]) -> None:
        here = self.exploration
        last = len(here.batches[-1].numbers) if here.batches else 0
        self._now_or_later(say("Taking back"), last, lambda report: here.undo(self.person, report))

    def _now_or_later(self, title: str, count: int, work: Callable[[Report], Batch]) -> None:
        """A few are written at once; many in the background, with progress and a way to stop."""
        if count > FEW:
            self._work(title, work, self._decided)
        else:
            self._refuse_second()
            self._decided(work(lambda _what, _done, _every: None))

    def _decided(self, batch: Batch) -> None:
        self.explorer.refresh()
        self._describe()
        self._say(batch.as_message())

    def _causes(self, _message: Mapping[str, Any]) -> None:
        self._work(say("Causes"), self.exploration.find_causes, lambda _count: self.explorer.refresh())

    def _xray(self, _message: Mapping[str, Any]) -> None:
        from workbench.xray import xray

        here, row = self.exploration, self.exploration.finding
        document = document_of(row) if row else ""
        if not document:
            raise WorkbenchError(
                say("This finding names no document."), say("look at its evidence, or at the customer")
            )
        self._work(say("X-ray"), lambda _report: xray(here.snapshot, document, here.findings), self._page)

    def _customer(self, _message: Mapping[str, Any]) -> None:
        from workbench.xray import customer

        here, row = self.exploration, self.exploration.finding
        name = row["customer_id"] if row else None
        if not name:
            raise WorkbenchError(say("This finding names no customer."), say("look at its evidence"))
        self._work(say("Customer"), lambda _report: customer(here.snapshot, name, here.findings), self._page)

    def _page(self, shown: Any) -> None:
        self.panel.page = {"title": repr(shown), "html": shown.page()}

    # Long work

    def _refuse_second(self) -> None:
        if self.job is not None and not self.job.is_over:
            problem = say("{title} is still at work.", title=self.job.title)
            raise WorkbenchError(problem, say("wait for it, or cancel it"))

    def _work(self, title: str, work: Callable[[Report], Any], then: Callable[[Any], None]) -> None:
        self._refuse_second()

        def told(standing: Standing) -> None:
            self.explorer.job = standing.as_message()
            if standing.state == DONE and self.job is not None:
                try:
                    then(self.job.result())
                except Exception as error:  # noqa: BLE001 - as above
                    self._say({"words": str(error), "failed": True})
            elif standing.state != RUNNING:
                self._say({"words": standing.problem, "failed": True})

        self.job = Job(title, work, told)
        self.explorer.job = Standing(title, RUNNING).as_message()
        self.job.start()

    def _cancel(self) -> None:
        if self.job is not None:
            self.job.cancel()


def _standing(standing: Decided) -> str:
    words, entry = standing.words, standing.number
    return say("{standing}, by {by} (entry {entry})", standing=words, by=standing.by, entry=entry)


def document_of(row: Mapping[str, Any]) -> str:
    """The invoice_id of the document that a finding is about, else the first it cites; empty where there is none."""
    if row["subject_table"] == "invoices":
        return str(row["subject_id"])
    cited = evidence_keys(row["evidence"]).get("invoices", [])
    return cited[0] if cited else ""
