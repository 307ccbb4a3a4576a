"""Run a notebook with parameters, demand that all of it ran, and write down only what would be the same tomorrow."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from traitlets import Dict
from traitlets.config import Config

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.language import language
from workbench.language.notebooks import translated
from workbench.pack.html import text
from workbench.pack.lean import (
    AsyncKernelManager,
    CellControlSignal,
    KernelSpec,
    NBClientEngine,
    NotebookNode,
    PapermillException,
    PythonTranslator,
    markdown2html,
    papermill,
    papermill_engines,
)
from workbench.pack.summary import shell
from workbench.snapshot import canonical_json

BATCH = {"WORKBENCH_MODE": "batch", "TZ": "UTC", "PYTHONHASHSEED": "0"}
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
# Stage, cells that ran before it and cells in all.
Stages = Callable[[str, int, int], None]


class NotebookFailure(WorkbenchError):  # noqa: N818 - it is what a person calls it
    """A notebook that did not run to its end: which cell ("cell 7", "a cell", "its kernel"), its source, the error."""

    def __init__(self, problem: str, fix: str, cell: str = "", source: str = "", error: str = "") -> None:
        super().__init__(problem, fix)
        self.cell, self.source, self.error = cell, source, error


@dataclass(frozen=True)
class Surroundings:
    """What a notebook runs in: more environment for its kernel, and who is told of every stage."""

    environment: Mapping[str, str] = field(default_factory=dict)
    stages: Stages = lambda _stage, _done, _all: None


NOTHING_MORE = Surroundings()
_SURROUNDINGS: ContextVar[Surroundings] = ContextVar("surroundings", default=NOTHING_MORE)


@contextmanager
def surrounded(environment: Mapping[str, str], stages: Stages) -> Iterator[None]:
    """Notebooks that this thread runs inside the block get this environment and tell their stages."""
    token = _SURROUNDINGS.set(Surroundings(environment, stages))
    try:
        yield
    finally:
        _SURROUNDINGS.reset(token)


class StagedEngine(NBClientEngine):  # type: ignore[misc]
    """Papermill's own engine: its prose speaks, and before each cell runs it says under which heading it stands."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, *, stages: Stages, **options: Any) -> Any:
        """Execute as papermill does."""
        headings = _headings(nb_man.nb)
        nb_man.nb = translated(nb_man.nb)
        start = nb_man.cell_start

        def cell_start(cell: NotebookNode, cell_index: int | None = None, **more: Any) -> None:
            if cell.cell_type == "code" and cell_index is not None:
                stages(headings[cell_index], cell_index, len(headings))
            start(cell, cell_index, **more)

        nb_man.cell_start = cell_start
        return super().execute_managed_notebook(nb_man, kernel_name, **options)


papermill_engines.register("workbench", StagedEngine)


def _headings(notebook: NotebookNode) -> list[str]:
    """The heading above each cell."""
    heading, found = "", []
    for cell in notebook.cells:
        words = HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        heading = words[1].strip() if words else heading
        found.append(heading)
    return found


class BatchKernel(AsyncKernelManager):
    """A kernel of this very Python with no settings of its user, whatever kernels are registered on the machine."""

    environment = Dict(help="Variables over those of a batch run.").tag(config=True)

    @property
    def kernel_spec(self) -> KernelSpec:
        """The command that starts it."""
        # A kernel that is told to go says so as an error; what a cell does wrong comes back in the notebook.
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=CRITICAL"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
        """Start it with the environment of a batch run."""
        options["env"] = {
            **os.environ,
            **BATCH,
            "WORKBENCH_LANGUAGE": language(),
            **self.environment,
            "IPYTHONDIR": str(Path(self.connection_file).parent),
        }
        await super()._async_start_kernel(**options)


def run_notebook(file: Path, parameters: Mapping[str, object], subject: str) -> NotebookNode:
    """Execute a notebook in a kernel of its own; `subject` names in errors what it ran for.

    Raises UnknownNameError for a parameter it does not declare, NotebookFailure naming notebook, cell and error when
    it fails or did not run to its end.
    """
    around = _SURROUNDINGS.get()
    declared = papermill.inspect_notebook(str(file))
    for name in parameters:
        if name not in declared:
            raise UnknownNameError(f"parameter of {file.name}", name, declared)
    try:
        with tempfile.TemporaryDirectory(prefix="wb-", ignore_cleanup_errors=True) as place, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notebook = papermill.execute_notebook(
                str(file),
                None,
                dict(parameters),
                kernel_name="python3",
                progress_bar=False,
                kernel_manager_class=BatchKernel,
                engine_name="workbench",
                stages=around.stages,
                config=Config(BatchKernel={**_connection(place), "environment": dict(around.environment)}),
                store_widget_state=False,
            )
    except papermill.PapermillExecutionError as error:
        raise _failure(file, subject, error.exec_count, error.source, f"{error.ename}: {error.evalue}") from error
    except (PapermillException, CellControlSignal, RuntimeError) as error:
        raise _failure(file, subject, None, "", f"{type(error).__name__}: {error}") from error
    return _demand_complete(file, subject, notebook)


def _connection(place: str) -> dict[str, str]:
    """Sockets in a folder of this run alone: no port that another kernel could take first."""
    file = str(Path(place, "kernel.json"))
    # The system limits the length of a socket's path.
    return {"connection_file": file, "transport": "ipc" if os.name == "posix" and len(file) < 90 else "tcp"}


def _demand_complete(file: Path, subject: str, notebook: NotebookNode) -> NotebookNode:
    """Papermill returns normally from a notebook that ended itself; its status words prove nothing, counts do."""
    for cell in notebook.cells:
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        for output in cell.outputs:
            if output.output_type == "error":
                raise _failure(file, subject, cell.execution_count, cell.source, f"{output.ename}: {output.evalue}")
        if cell.execution_count is None:
            raise _failure(file, subject, None, cell.source, "the notebook ended before this cell ran")
    return notebook


def _failure(file: Path, subject: str, count: int | None, source: str, error: str) -> NotebookFailure:
    first = next((line for line in source.splitlines() if line.strip() and not line.startswith("#")), "")
    where = f"cell {count}" if count else "a cell" if source else "its kernel"
    shown = f" ({first.strip()})" if first else ""
    return NotebookFailure(
        f"{file.name} failed for {subject} in {where}{shown}: {error.strip()}",
        "open the notebook with these parameters: workbench lab",
        where,
        source,
        error.strip(),
    )


def normalise(notebook: NotebookNode, parameters: Mapping[str, object], places: Mapping[str, str]) -> dict[str, Any]:
    """The executed notebook without times, random ids and places of this machine, as plain JSON values.

    `parameters` are written into the injected cell instead of the ones given; `places` maps paths to the words that
    stand for them.
    """
    cells = [_cell(index, cell, parameters, places) for index, cell in enumerate(notebook.cells)]
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(
    index: int, cell: NotebookNode, parameters: Mapping[str, object], places: Mapping[str, str]
) -> dict[str, Any]:
    tags = list(cell.metadata.get("tags", []))
    source = cell.source
    if "injected-parameters" in tags:
        source = PythonTranslator.codify(parameters, "Parameters").strip()
    kept: dict[str, Any] = {"cell_type": cell.cell_type, "metadata": {"tags": tags} if tags else {}, "source": source}
    kept["id"] = hashlib.sha256(f"{index}\n{cell.cell_type}\n{source}".encode()).hexdigest()[:16]
    if cell.cell_type == "code":
        kept["execution_count"] = cell.execution_count
        kept["outputs"] = [_without_places(_output(output), places) for output in cell.outputs]
    return kept


def _output(output: NotebookNode) -> dict[str, Any]:
    if output.output_type == "stream":
        return {"output_type": "stream", "name": output.name, "text": output.text}
    data = {kind: value for kind, value in output.data.items() if "widget" not in kind}
    if "text/html" in data:
        data.pop("text/plain", None)
    kept: dict[str, Any] = {"output_type": output.output_type, "data": data, "metadata": {}}
    if output.output_type == "execute_result":
        kept["execution_count"] = output.execution_count
    return kept


def _without_places(value: Any, places: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _without_places(part, places) for name, part in value.items()}
    if isinstance(value, str):
        for place in sorted(places, key=len, reverse=True):
            value = value.replace(place, places[place])
        return ADDRESS.sub("0x", value)
    return value


def notebook_json(notebook: Mapping[str, Any]) -> str:
    """The bytes of an .ipynb."""
    return canonical_json(notebook)


def notebook_page(notebook: Mapping[str, Any], title: str) -> str:
    """An executed notebook as a page: prose, code and what it showed."""
    return shell(title, "".join(map(_cell_html, notebook["cells"])), inline_styles=True)


def _cell_html(cell: Mapping[str, Any]) -> str:
    if cell["cell_type"] == "markdown":
        return f'<div class="cell">{markdown2html(cell["source"])}</div>\n'
    shown = "".join(map(_output_html, cell.get("outputs", [])))
    code = f'<div class="prompt">In [{cell.get("execution_count")}]</div><pre>{text_lines(cell["source"])}</pre>'
    return f'<div class="cell">{code}\n{shown}</div>\n'


def _output_html(output: Mapping[str, Any]) -> str:
    if output["output_type"] == "stream":
        return f"<pre>{text_lines(output['text'])}</pre>\n"
    data = output["data"]
    return str(data["text/html"]) if "text/html" in data else f"<pre>{text_lines(data.get('text/plain', ''))}</pre>\n"


def text_lines(words: str) -> str:
    """Text of several lines, escaped line by line."""
    return "\n".join(map(text, words.splitlines()))
