"""Long work beside the cells: how far it is, how long it still takes, and a way to stop it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.errors import WorkbenchError
from workbench.language import mark, say
from workbench.language.page import problem_in_words
from workbench.progress import Report

RUNNING, DONE, CANCELLED, FAILED = mark("running"), mark("done"), mark("cancelled"), mark("failed")
SECONDS_BETWEEN = 0.1


class CancelledError(WorkbenchError):
    """Somebody stopped the work; nothing of it was kept."""

    def __init__(self, title: str) -> None:
        super().__init__(say("{title} was cancelled.", title=title), say("start it again when you like"))


@dataclass(frozen=True)
class Standing:
    """How a piece of work stands: `seconds_left` is None while nobody can say."""

    title: str
    state: str
    what: str = ""
    done: int = 0
    every: int = 0
    seconds_left: float | None = None
    problem: str = ""

    @property
    def words(self) -> str:
        """In one line: "run: ACC-03 Price differs, 12 of 54, about 20 s left"."""
        if self.state != RUNNING:
            return self.problem or say("{title}: {what}", title=self.title, what=say(self.state))
        return self._line(f"{self.title} ...")

    def _line(self, begun: str) -> str:
        what = say("{title}: {what}", title=self.title, what=self.what) if self.what else begun
        count = say("{done} of {all}", done=f"{self.done:,}", all=f"{self.every:,}") if self.every else ""
        return say(", ").join(filter(None, [what, count, time_left(self.seconds_left)]))

    def as_message(self) -> dict[str, Any]:
        """The same for the page."""
        return {
            "title": self.title, "state": self.state, "words": self._line(self.title), "done": self.done,
            "all": self.every, "problem": self.problem,
        }  # fmt: skip


class Job:
    """Work in a thread of its own; the function is given a Report (what, done, all), which raises when cancelled.

    `told` hears every change, from the thread. Errors are kept: `result()` raises them, `standing` has the words.
    """

    def __init__(self, title: str, work: Callable[[Report], Any], told: Callable[[Standing], None]) -> None:
        self.title, self._work, self._told = title, work, told
        self.standing = Standing(title, RUNNING)
        self._stop, self._ended = threading.Event(), threading.Event()
        self._began = self._last = time.monotonic()
        self._result: Any = None
        self._error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, name=f"workbench-{title}", daemon=True)

    def start(self) -> Job:
        """Begin; the job itself."""
        self.thread.start()
        return self

    def cancel(self) -> None:
        """Ask the work to stop at its next step."""
        self._stop.set()

    @property
    def is_over(self) -> bool:
        """Whether it ended, one way or another."""
        return self._ended.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it ended; whether it did."""
        return self._ended.wait(seconds)

    def result(self) -> Any:
        """What the work returned, waiting for it; raises what it raised."""
        self._ended.wait()
        if self._error is not None:
            raise self._error
        return self._result

    def _report(self, what: str, done: int, every: int) -> None:
        if self._stop.is_set():
            raise CancelledError(self.title)
        now = time.monotonic()
        if now - self._last < SECONDS_BETWEEN and done < every:
            return
        self._last = now
        left = (now - self._began) / done * (every - done) if done and every else None
        self._tell(Standing(self.title, RUNNING, what, done, every, left))

    def _run(self) -> None:
        try:
            self._result = self._work(self._report)
            ended = Standing(self.title, DONE, "", 1, 1, 0.0)
        except CancelledError as error:
            self._error, ended = error, Standing(self.title, CANCELLED, problem=problem_in_words(error))
        except WorkbenchError as error:
            self._error, ended = error, Standing(self.title, FAILED, problem=problem_in_words(error))
        except Exception as error:  # noqa: BLE001 - what goes wrong in a thread must reach the person, not only a log
            self._error = error
            ended = Standing(self.title, FAILED, problem=self._stopped(error))
        self._ended.set()
        self._tell(ended)

    def _stopped(self, error: Exception) -> str:
        return say("{title} stopped: {error}", title=self.title, error=f"{type(error).__name__}: {error}")

    def _tell(self, standing: Standing) -> None:
        self.standing = standing
        self._told(standing)


def time_left(seconds: float | None) -> str:
    """Seconds in words: "about 2 min left"; empty while nobody can say."""
    if seconds is None:
        return ""
    if seconds < 90:
        return say("about {count} s left", count=max(1, round(seconds)))
    return say("about {count} min left", count=round(seconds / 60))
