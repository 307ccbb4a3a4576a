"""How a text file is written: its encoding by its bytes, its delimiter by what makes its lines alike."""

from __future__ import annotations

import codecs
import csv
import gzip
import re
import zlib
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from workbench.errors import WorkbenchError

LOOKED_AT = 1 << 20
LINES = 60
DELIMITERS = (",", ";", "\t", "|")
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
FOREIGN = re.compile("[^\\x00-\\x7f]")
TOGETHER = re.compile("[^\\x00-\\x7f](?=[^\\x00-\\x7f])")
WITHIN_WORD = re.compile(
    "(?<=[a-zA-Z])[\u3041-\u9fff](?![\u3041-\u9fff])|(?<![\u3041-\u9fff])[\u3041-\u9fff](?=[a-zA-Z])"
)
KANA = re.compile("[\u3041-\u30fe]")
# What a text read in a wrong encoding is full of, and one that people wrote is not.
STRANGE = re.compile("[\u0080-\u009f\ue000-\uf8ff\ufffd\uff61-\uff9f]")
EASTERN, WESTERN = ("gb18030", "shift_jis", "big5"), "cp1252"
SAMPLE = 200_000


@dataclass(frozen=True)
class Written:
    """How a file is written; `encoding` is empty for UTF-8 and for what a mark at its beginning names."""

    encoding: str
    delimiter: str
    called: str


def written(path: Path, encoding: str = "", delimiter: str = "") -> Written:
    """How a text file is written; what is given is not looked for.

    Raises WorkbenchError for a file that is empty, damaged or no text.
    """
    head = _head(path)
    if not head.strip():
        raise WorkbenchError(f"{path.name} is empty: it has not even a header.", "export it again, with column names")
    found = encoding or _encoding(head, path.name)
    try:
        text = codecs.getincrementaldecoder(found)("replace").decode(head)
    except LookupError as error:
        raise WorkbenchError(f"There is no encoding '{found}'.", "try gb18030, shift_jis or cp1252") from error
    marked = any(head.startswith(mark) for mark, _ in MARKS)
    told = "" if not encoding and (marked or found == "utf-8") else found
    return Written(told, delimiter or _delimiter(text.lstrip("\ufeff")), found)


def _head(path: Path) -> bytes:
    try:
        if path.name.lower().endswith(".gz"):
            with gzip.open(path) as packed:
                return packed.read(LOOKED_AT)
        with path.open("rb") as stream:
            return stream.read(LOOKED_AT)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise WorkbenchError(f"{path.name} is cut short or is no gzip file.", "export or copy it again") from error
    except OSError as error:
        raise WorkbenchError(f"{path.name} cannot be read: {error.strerror}.", "look at its permissions") from error


def _encoding(head: bytes, name: str) -> str:
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    if b"\0" in head[:200]:
        zeros = [head[place:2000:2].count(0) for place in (0, 1)]
        if abs(zeros[0] - zeros[1]) < 10:
            raise WorkbenchError(f"{name} is no text: it holds bytes that are none.", "export it as CSV")
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    if _decodes(head, "utf-8"):
        return "utf-8"
    fitting = [encoding for encoding in (*EASTERN, WESTERN) if _decodes(head, encoding)]
    return min(fitting, key=lambda encoding: _oddness(head, encoding), default="latin-1")


def _decodes(head: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(head, len(head) < LOOKED_AT)
    except UnicodeDecodeError:
        return False
    return True


def _oddness(head: bytes, encoding: str) -> float:
    """How unlike what people write a text reads in an encoding.

    A letter of a western alphabet stands alone among plain ones; a character of the east stands by its like, is a
    common one, and never within a western word.
    """
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head[:SAMPLE])
    letters = len(FOREIGN.findall(text)) or 1
    strange = len(STRANGE.findall(text)) * 3
    if encoding == WESTERN:
        return (strange + len(TOGETHER.findall(text))) / letters
    common = sum(_is_common(letter) for letter in FOREIGN.findall(text)) + len(KANA.findall(text))
    return (strange + 2 * len(WITHIN_WORD.findall(text)) - common) / letters


def _is_common(letter: str) -> bool:
    """Whether a character is one of the 3,755 that Chinese is mostly written with, or of the first level of Japan."""
    try:
        first = letter.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return 0xB0 <= first <= 0xD7


def _delimiter(text: str) -> str:
    """The delimiter that makes most lines have the same, and many, fields."""
    lines = list(islice((line for line in text.splitlines() if line.strip()), LINES))
    best, most = ",", 0
    for delimiter in DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter))
        width, times = max(widths.items(), key=lambda entry: ((entry[0] > 1) * entry[1], entry[0]))
        worth = (width > 1) * times * 100 + min(width, 99)
        if worth > most:
            best, most = delimiter, worth
    return best
