"""Readers of what is no table: electronic invoices, bank statements, tax files. Each makes records of one document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import BinaryIO, Protocol, cast


@dataclass(frozen=True)
class Record:
    """One record of an export: its values by the export's columns (those it lacks are left out), or its problem.

    `raw` is the record as it came, for the rejects; where it is empty the values are shown.
    """

    export: str
    values: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    raw: str = ""


class Reader(Protocol):
    """A module of this package.

    MAIN is the export that a document which cannot be read at all is a reject of. `fits` says by a document's first
    64 KiB whether it is of this kind. `read` yields its records as they come, in bounded memory; a record that is
    broken has a problem, and so has what is left of a document after a place where reading cannot go on.
    """

    MAIN: str

    def fits(self, head: bytes) -> bool:
        """Whether a document that begins like this is one for this reader."""

    def read(self, stream: BinaryIO, name: str) -> Iterator[Record]:
        """The records of one document; raises WorkbenchError where it cannot be read at all."""


def reader(name: str) -> Reader:
    """The reader of this name."""
    return cast("Reader", import_module(f"{__name__}.{name}"))
