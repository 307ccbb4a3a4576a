"""A presentation as bytes that depend on what it says alone: no clock, no order of chance, the same fonts for all."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from io import BytesIO

DAY = (1980, 1, 1, 0, 0, 0)
DATES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
BOOK = ".xlsx"
# The template's own typefaces are not on every machine.
FACES = re.compile(rb'typeface="(?:Calibri|Cambria)(?: Light)?"')
FACE = b'typeface="Arial"'


def settled(package: bytes, day: date) -> bytes:
    """The same package with `day` for every date in it and in the workbooks of its charts."""
    made = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(package)) as source,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target,
    ):
        for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            member = zipfile.ZipInfo(name, DAY)
            member.compress_type, member.create_system, member.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            target.writestr(member, _content(name, source.read(name), day))
    return made.getvalue()


def _content(name: str, content: bytes, day: date) -> bytes:
    if name.endswith(BOOK):
        return settled(content, day)
    if name == "docProps/core.xml":
        return DATES.sub(rb"\g<1>" + f"{day.isoformat()}T00:00:00Z".encode() + rb"\2", content)
    return FACES.sub(FACE, content) if "/theme/" in name else content
