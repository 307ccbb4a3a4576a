"""Bytes that nobody should send: whole examples cut, flipped, doubled and mixed, for the tests of readers."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from workbench.settings import QUERIES
from workbench.sources.readers import Reader, Record

OFTEN = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
SOURCES = Path(__file__).parent / "sources"
PIECES = [b"\0", b"\xff\xfe", b"\xc3", b"<", b">", b"&", b"&#0;", b"&x;", b"]]>", b"<!--", b"<![CDATA[", b'"', b"\r\n"]


def examples(system: str) -> list[bytes]:
    """The committed XML files of a system's cases, in the order of their names."""
    return [file.read_bytes() for file in sorted((SOURCES / system).rglob("*.xml"))]


@st.composite
def mutations(draw: st.DrawFn, whole: Sequence[bytes]) -> bytes:
    """One of some examples after a few changes anywhere in it."""
    data = draw(st.sampled_from(whole))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 400)))
        way = draw(st.sampled_from(["cut", "remove", "flip", "double", "insert", "other"]))
        if way == "cut":
            data = data[:start]
        elif way == "remove":
            data = data[:start] + data[end:]
        elif way == "flip" and start < len(data):
            data = data[:start] + bytes([data[start] ^ (1 << draw(st.integers(0, 7)))]) + data[start + 1 :]
        elif way == "double":
            data = data[:end] + data[start:end] + data[end:]
        elif way == "insert":
            data = data[:start] + draw(st.sampled_from(PIECES) | st.binary(max_size=8)) + data[start:]
        elif way == "other":
            data = data[:start] + draw(st.sampled_from(whole))[start:]
    return data


def columns(system: str) -> dict[str, set[str]]:
    """The columns of each export of a system."""
    metadata = yaml.safe_load((QUERIES / "1_sources" / system / "system.yml").read_text(encoding="utf-8"))
    return {name: set(entry["columns"]) for name, entry in metadata["exports"].items()}


class Trickle(io.RawIOBase):
    """Bytes that come a few at a time."""

    def __init__(self, data: bytes, most: int) -> None:
        self._data, self._most, self._at = data, most, 0

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill a little of a buffer."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        some = self._data[self._at : self._at + min(self._most, len(view))]
        view[: len(some)] = some
        self._at += len(some)
        return len(some)


def records(reader: Reader, data: bytes) -> Iterator[Record]:
    """What a reader makes of bytes."""
    return reader.read(io.BytesIO(data), "a.xml")
