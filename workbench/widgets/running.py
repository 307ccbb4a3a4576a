"""Start long work beside the cells: a bar with time left and a way to stop it; await it where its result is needed."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Generator
from typing import Any, Generic, ParamSpec, TypeVar

import ipywidgets

from workbench.language import say
from workbench.progress import Report
from workbench.widgets.jobs import RUNNING, Job, Standing
from workbench.widgets.showing import Display, is_batch

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


class Running(Generic[Result]):
    """Work that is under way: `await` it, or ask for its `result()`; `cancel()` stops it at its next step.

    While a cell awaits it the kernel still answers every click. Unattended (WORKBENCH_MODE=batch) it is done at once
    and shows nothing.
    """

    def __init__(self, title: str, work: Callable[[Report], Result]) -> None:
        self.job = Job(title, work, self._told)
        self._shown: _Bar | None = None if is_batch() else _Bar(title, self.cancel)
        self.job.start()
        if self._shown is None:
            self.job.result()

    def cancel(self) -> None:
        """Ask it to stop; whoever awaits it is told that it was cancelled."""
        self.job.cancel()

    def result(self) -> Result:
        """What the work returned, waiting for it; raises what it raised."""
        result: Result = self.job.result()
        return result

    def __await__(self) -> Generator[Any, None, Result]:
        loop = asyncio.get_running_loop()
        try:
            yield from loop.run_in_executor(None, self.job.wait).__await__()
        except BaseException:
            # An interrupted cell leaves no work behind that nobody waits for.
            self.cancel()
            raise
        return self.result()

    def _told(self, standing: Standing) -> None:
        if self._shown is not None:
            self._shown.tell(standing)

    def _ipython_display_(self) -> None:
        if self._shown is not None:
            self._shown.display(self.job.standing)

    def __repr__(self) -> str:
        return f"{self.job.title}: {self.job.standing.state}"


class _Bar:
    """A progress bar while the work runs, a sentence when it has ended: a saved notebook keeps the sentence."""

    def __init__(self, title: str, cancel: Callable[[], None]) -> None:
        self._bar = ipywidgets.FloatProgress(min=0, max=1, description="", layout=ipywidgets.Layout(width="220px"))
        self._words = ipywidgets.Label(f"{title} ...")
        self._stop = ipywidgets.Button(description=say("Cancel"), layout=ipywidgets.Layout(width="90px"))
        self._stop.on_click(lambda _button: cancel())
        self._box = ipywidgets.HBox([self._bar, self._words, self._stop])
        self._display: Display | None = None

    def display(self, standing: Standing) -> None:
        """Show the bar, or what is left of it where the work has ended."""
        self._display = Display()
        if standing.state == RUNNING:
            self._display.show({**(self._box._repr_mimebundle_() or {}), "text/plain": self._words.value})
        else:
            self._display.show({"text/plain": standing.words})

    def tell(self, standing: Standing) -> None:
        """Follow the work."""
        if standing.state != RUNNING:
            if self._display is not None:
                self._display.update({"text/plain": standing.words})
            self._box.close()
            return
        self._bar.value = standing.done / standing.every if standing.every else 0
        self._words.value = standing.words


def start(work: Callable[..., Result], *arguments: Any, title: str = "", **options: Any) -> Running[Result]:
    """Start a function of the workbench in the background; shown as a bar with time left and Cancel.

    A function that takes `progress` tells how far it is and can be stopped at each step.

    Example:
        >>> findings = await wb.start(wb.run, snapshot)
    """
    takes_progress = "progress" in inspect.signature(work).parameters

    def run(report: Report) -> Result:
        if takes_progress:
            return work(*arguments, progress=report, **options)
        report(say("working"), 0, 0)
        return work(*arguments, **options)

    return Running(title or work.__name__.replace("_", " "), run)
