"""Papermill, imported without what takes longer than the rest of it and is used by no notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _absent(name: str) -> Iterator[None]:
    """As if a package were not installed, for what is imported inside the block."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


# jsonschema compiles a grammar of international addresses where it finds one, 1.5 s on every start of a review.
with _absent("rfc3987_syntax"):
    import papermill
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from nbclient.exceptions import CellControlSignal
    from nbconvert.filters.markdown import markdown2html
    from nbformat import NotebookNode
    from papermill.engines import NBClientEngine, papermill_engines
    from papermill.exceptions import PapermillException
    from papermill.translators import PythonTranslator

__all__ = [
    "AsyncKernelManager",
    "CellControlSignal",
    "KernelSpec",
    "NBClientEngine",
    "NotebookNode",
    "PapermillException",
    "PythonTranslator",
    "markdown2html",
    "papermill",
    "papermill_engines",
]
