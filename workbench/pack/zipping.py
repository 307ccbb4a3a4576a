"""The zip of a pack: bytes that depend on the files alone, and a digest of all of them at its end."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

from workbench.pack.verify_standalone import MARK

DAY = (1980, 1, 1, 0, 0, 0)
PIECE = 1 << 20


def write_zip(folder: Path, top: str, file: Path) -> None:
    """Write the files of a folder under one top folder; the zip's comment is the SHA-256 of every byte before it."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            member = zipfile.ZipInfo(f"{top}/{path.relative_to(folder).as_posix()}", DAY)
            member.compress_type, member.create_system, member.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            with path.open("rb") as source, archive.open(member, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, PIECE)
        # Its length stands in the bytes before it, so it has its length before it has its value.
        archive.comment = MARK + b"0" * 64
    digest = hashlib.sha256()
    with file.open("r+b") as stream:
        before = file.stat().st_size - len(MARK) - 64
        for place in range(0, before, PIECE):
            digest.update(stream.read(min(PIECE, before - place)))
        stream.seek(-64, 2)
        stream.write(digest.hexdigest().encode())
