"""Changes that keep a form: of the tree of an XML or YAML file, or of a part of a workbook, instead of single bytes."""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from collections.abc import Callable
from datetime import date

import yaml
from lxml import etree

Mutate = Callable[[bytes, int], bytes]
Change = Callable[[bytes, int, random.Random, Mutate], bytes]
NUMBERS = "0 -0 -1 1e9 1E+400 NaN inf 99999999999999999999.99 0.000000000001 1,5 １".split()
DAYS = "2024-02-30 0000-00-00 9999-12-31 2025-01-01T00:00:00+14:00 20250230".split()
CODES = "true CRDT DBIT BOOK PDNG OPBD CLBD 381 384 JPY KWD XXX".split()
WORDS = ["", " ", *NUMBERS, *DAYS, *CODES, "=1+1", "\u202e", "\ud7ff", "\U0001f4a3", "a" * 300, "'", '"']
BROKEN = (etree.XMLSyntaxError, ValueError, KeyError, IndexError, TypeError)


def bytes_alone(data: bytes, most: int, _chance: random.Random, mutate: Mutate) -> bytes:
    """Whatever the fuzzer thinks of."""
    return mutate(data, most)


def tree(data: bytes, most: int, chance: random.Random, mutate: Mutate) -> bytes:
    """An XML file with a few of its elements changed, moved, doubled or gone; now and then only its bytes."""
    if chance.random() < 0.3:
        return mutate(data, most)
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
        for _ in range(chance.randint(1, 4)):
            _change(root, chance, mutate)
        changed = etree.tostring(root)
    except BROKEN:
        return mutate(data, most)
    return changed if len(changed) <= most else mutate(data, most)


def _change(root: etree._Element, chance: random.Random, mutate: Mutate) -> None:
    elements = [each for each in root.iter() if isinstance(each.tag, str)]
    some, other = chance.choice(elements), chance.choice(elements)
    way = chance.randrange(7)
    if way == 0:
        some.text = chance.choice(WORDS)
    elif way == 1:
        some.text = mutate((some.text or "").encode(), 60).decode("utf-8", "replace").replace("\0", "")
    elif way == 2 and some.attrib:
        some.set(chance.choice(list(map(str, some.attrib))), chance.choice(WORDS))
    elif way == 3 and some is not root:
        some.getparent().remove(some)  # type: ignore[union-attr]
    elif way == 4 and some is not root:
        some.addnext(etree.fromstring(etree.tostring(some, with_tail=False)))
    elif way == 5 and not any(each is some for each in other.iter()):
        some.append(etree.fromstring(etree.tostring(other, with_tail=False)))
    else:
        some.tag = other.tag


def yaml_tree(data: bytes, most: int, chance: random.Random, mutate: Mutate) -> bytes:
    """A YAML file with a value or a key of another kind somewhere in it; now and then only its bytes."""
    if chance.random() < 0.3:
        return mutate(data, most)
    try:
        root = yaml.safe_load(data)
        for _ in range(chance.randint(1, 3)):
            root = _other(root, chance)
        changed = yaml.safe_dump(root, allow_unicode=True).encode()
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError):
        return mutate(data, most)
    return changed if len(changed) <= most else mutate(data, most)


def _other(value: object, chance: random.Random) -> object:
    """A value with one thing below it changed; all of it where there is nothing below, or by chance."""
    if chance.random() < 0.15 or not isinstance(value, dict | list) or not value:
        return chance.choice([None, True, 0, -7, 1.5, [], {}, "", [[]], date(2025, 1, 31), {"(row)": 1}, *WORDS])
    if isinstance(value, list):
        at = chance.randrange(len(value))
        return [*value[:at], _other(value[at], chance), *value[at + chance.randrange(2) :]]
    key = chance.choice(list(value))
    if chance.random() < 0.2:
        other = chance.choice([0, None, "sheet", "words", *WORDS])
        return {other if name == key else name: each for name, each in value.items()}
    return {**value, key: _other(value[key], chance)}


def workbook(data: bytes, most: int, chance: random.Random, mutate: Mutate) -> bytes:
    """A workbook with one of its parts changed; now and then the archive's own bytes."""
    if chance.random() < 0.15:
        return mutate(data, most)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {entry.filename: archive.read(entry) for entry in archive.infolist()[:40]}
        name = chance.choice(sorted(parts))
        parts[name] = tree(parts[name], most, chance, mutate)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for part, content in parts.items():
                archive.writestr(zipfile.ZipInfo(part), content)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, *BROKEN):
        return mutate(data, most)
    return packed.getvalue() if packed.tell() <= most else mutate(data, most)
