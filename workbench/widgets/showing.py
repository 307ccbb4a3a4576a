"""Whether anybody is there to click, and outputs of a notebook that can be replaced."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from uuid import uuid4


def is_batch() -> bool:
    """Whether notebooks run unattended (WORKBENCH_MODE=batch): then no widget is made and no state is saved."""
    return os.environ.get("WORKBENCH_MODE") == "batch"


def publish(bundle: Mapping[str, Any], **transient: Any) -> None:
    """Add an output to the cell that runs: texts by their kind, as "text/html"."""
    from IPython.display import publish_display_data

    publish_display_data(dict(bundle), transient=transient)  # type: ignore[no-untyped-call]


class Display:
    """One output of a cell that may be replaced later, from any thread."""

    def __init__(self) -> None:
        self._id = uuid4().hex

    def show(self, bundle: Mapping[str, Any]) -> None:
        """Add the output."""
        publish(bundle, display_id=self._id)

    def update(self, bundle: Mapping[str, Any]) -> None:
        """Put something else in its place."""
        from IPython.display import publish_display_data

        publish_display_data(dict(bundle), transient={"display_id": self._id}, update=True)  # type: ignore[no-untyped-call]
