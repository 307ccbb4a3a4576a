"""Which signs the fonts of the PDF hold, how wide they run, and in which language a name is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain, pairwise
from math import ceil
from pathlib import Path

from workbench.language import language

FONTS = Path(__file__).with_name("fonts")
FACES = ("PackSans-Regular.ttf", "PackSansCJK-Regular.otf")
# Ends of a line may stand where a mark of this kind is; no value holds one, since pages show it as a blank.
BREAK = "\N{ZERO WIDTH SPACE}"
EAST = r"\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
SPELT = re.compile(f"([{EAST}]+)")
KANA = re.compile(r"[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
HANGUL = re.compile(r"[\u1100-\u11ff\uac00-\ud7ff]")
# Between two of these no line may end, so a long row of them runs on.
STUCK = "、。，．・：；？！ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ「」『』（）〈〉《》【】〔〕…‥"
TOKEN = re.compile(f"[^\\s{EAST}]+|[{STUCK}]{{4,}}")
# Widths in tenths of an em, as the font of the text has them.
TENTHS = {
    2.2: "',", 2.8: "!().:;I[]ijl{|} ", 3.8: '"*-J`frt', 5: "/?L\\_acegksvxyz",
    5.8: "#$+0123456789<=>EFPRSTYZ^bdhnopqu~", 6.8: "&ABCKVX", 8: "%DGHNOQUmw", 9.4: "@M", 10.6: "W",
}  # fmt: skip
ROUGHLY = {sign: tenths / 10 for tenths, signs in TENTHS.items() for sign in signs}
# Letters of one word may all be wider than most.
SURE = 1.09


@cache
def covered() -> frozenset[int]:
    """Every character that one of the fonts holds, and ends of lines."""
    held = chain.from_iterable(_held((FONTS / face).read_bytes()) for face in FACES)
    return frozenset(held) - {0xFFFF} | set(map(ord, "\n\r\t"))


def _held(font: bytes) -> Iterator[int]:
    """The characters that a font says it holds (OpenType table `cmap`, format 4)."""
    tables = {font[place : place + 4]: _long(font, place + 8) for place in range(12, 12 + 16 * _short(font, 4), 16)}
    start = tables[b"cmap"]
    maps = (start + _long(font, start + 8 + 8 * entry) for entry in range(_short(font, start + 2)))
    at = next(place for place in maps if _short(font, place) == 4)
    ends = at + 14
    starts = ends + _short(font, at + 6) + 2
    for place in range(0, _short(font, at + 6), 2):
        yield from range(_short(font, starts + place), _short(font, ends + place) + 1)


def _short(data: bytes, place: int) -> int:
    return int.from_bytes(data[place : place + 2], "big")


def _long(data: bytes, place: int) -> int:
    return int.from_bytes(data[place : place + 4], "big")


def shown(text: str) -> str:
    """A text in signs that the fonts hold; any other by its number, "[U+1F600]", so that nothing is left out."""
    if all(map(covered().__contains__, map(ord, text))):
        return text
    composed = unicodedata.normalize("NFC", text)
    return "".join(sign if ord(sign) in covered() else f"[U+{ord(sign):04X}]" for sign in composed)


def width(text: str) -> float:
    """About how wide a text runs, in ems of its font, rather too wide than too narrow."""
    return sum(ROUGHLY.get(sign, 0) or _em(sign) for sign in text)


@cache
def _em(sign: str) -> float:
    if unicodedata.east_asian_width(sign) in "WF":
        return 1.0
    return 0.75 if sign.isupper() else 0.6


def parts(text: str) -> list[str]:
    """The parts of a text that a line cannot end in."""
    return TOKEN.findall(text)


def breakable(text: str, room: float, measure: Callable[[str], float] = width) -> str:
    """The same text with marks where a line may end, in every part that may run wider than `room` ems."""
    return TOKEN.sub(lambda part: _marked(part[0], measure(part[0]) * SURE / room), text)


def _marked(part: str, lines: float) -> str:
    """A part cut into as many pieces as it takes lines, each as long as the others."""
    if lines <= 1:
        return part
    every = ceil(len(part) / ceil(lines))
    starts = [place for place in range(every, len(part), every) if not unicodedata.combining(part[place])]
    return BREAK.join(part[start:end] for start, end in pairwise([0, *starts, len(part)]))


def spelt(text: str) -> list[tuple[str, str]]:
    """The text in pieces with the language of each: ja, ko or zh for East Asian writing, else none.

    Han characters beside kana, and all in a Japanese document, are Japanese: the two languages write some of them
    differently.
    """
    east = "ja" if KANA.search(text) else "ko" if HANGUL.search(text) else "ja" if language() == "ja" else "zh"
    return [(piece, east if place % 2 else "") for place, piece in enumerate(SPELT.split(text)) if piece]
