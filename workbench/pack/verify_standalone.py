"""Verify an audit pack with the Python standard library alone: python verify.py [PACK]."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import stat
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

MANIFEST, SIGNATURE, RUN = "manifest.json", "manifest.sig", "run.json"
PARAMETERS, DECISIONS = "parameters.json", "decisions.json"
FORMAT = 2
LARGEST_MANIFEST = 64 * 1024 * 1024
LARGEST_CHAIN = 1024 * 1024 * 1024
SHA256 = re.compile(r"[0-9a-f]{64}")
MARK = b"sha256 "
GENESIS = "0" * 64
# Of a decision on another pack's finding only its place in the chain is told.
UNTOLD = {"number", "previous_hash"}
NOT_CHECKED = "this Python has no package cryptography"


@dataclass(frozen=True)
class Verification:
    """The verdict on one pack: what was changed, is missing, was added or is wrong, or why it is refused whole.

    `manifest` is the SHA-256 of manifest.json, `reproducible` that of all files but the record of the run, `made` the
    time in that record. `signer` is the id of the key that signed, `signature` "" (not signed), "right" or why it was
    not checked; `trust` says whose key it is, where somebody looked.
    """

    pack: str
    pack_id: str = ""
    files: int = 0
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    refused: str = ""
    manifest: str = ""
    reproducible: str = ""
    decisions: int = 0
    made: str = ""
    signer: str = ""
    public_key: str = ""
    signature: str = ""
    trust: str = ""

    @property
    def holds(self) -> bool:
        """True when every file is as it was when the pack was made, there is no other, and nothing else is wrong."""
        return not (self.refused or self.changed or self.missing or self.added or self.problems)

    def as_text(self) -> str:
        """The verdict in words, one line per file that differs."""
        return "\n".join(self.lines())

    def as_json(self) -> str:
        """The same as JSON."""
        return json.dumps({"holds": self.holds, **asdict(self)}, indent=2)

    def lines(self) -> list[str]:
        """The same as lines."""
        if self.refused:
            return [f"NOT VERIFIED: {self.refused}"]
        if self.holds:
            chain = [f"Decisions: {self.decisions} entries of one chain."] if self.decisions else []
            return [
                f"VERIFIED: all {self.files} files are as they were when the pack was made.",
                f"Pack id {self.pack_id}",
                *([f"Content {self.reproducible}, the same for the same work."] if self.reproducible else []),
                *chain,
                self._signed(),
            ]
        kinds = (("changed", self.changed), ("missing", self.missing), ("added", self.added))
        counts = ", ".join(f"{len(names)} {kind}" for kind, names in kinds if names)
        named = [f"{kind}: {name!r}" for kind, names in kinds for name in names]
        first = [f"NOT VERIFIED: {counts}."] if counts else [f"NOT VERIFIED: {self.problems[0]}"]
        return [*first, *named, *(self.problems if counts else self.problems[1:])]

    def _signed(self) -> str:
        if not self.signer:
            return "Not signed."
        if self.signature != "right":
            return f"Signed by key {self.signer}; signature not checked: {self.signature}."
        return self.trust or f"Signed by key {self.signer}: the signature is right. Ask its owner whether it is theirs."


class RefusedError(Exception):
    """What is there is no pack that could be verified; the message says why."""


@dataclass(frozen=True)
class Entry:
    """One file of a pack: its size in bytes and how to read it."""

    size: int
    open: Callable[[], IO[bytes]]


def examine(pack: Path) -> Verification:
    """Compare a pack, a folder or a zip of one, with its own manifest. What it holds is read, never run or unpacked."""
    try:
        with ExitStack() as stack:
            problems: list[str] = []
            entries = _zipped(pack, stack, problems) if pack.is_file() else _in_folder(pack)
            content = _read(entries, MANIFEST, LARGEST_MANIFEST)
            manifest = _manifest(content)
            return _compare(pack.name, entries, manifest, content, problems)
    except RefusedError as error:
        return Verification(pack.name, refused=str(error))
    except (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        return Verification(pack.name, refused=f"it cannot be read: {error}.")


def _in_folder(folder: Path) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for path in _walk(folder):
        name, status = path.relative_to(folder).as_posix(), path.lstat()
        if stat.S_ISLNK(status.st_mode):
            raise RefusedError(f"{name!r} is a link, and a pack holds none.")
        if stat.S_ISDIR(status.st_mode):
            entries[name + "/"] = Entry(0, io.BytesIO)
        elif stat.S_ISREG(status.st_mode):
            entries[name] = Entry(status.st_size, lambda path=path: path.open("rb"))  # type: ignore[misc]
        else:
            raise RefusedError(f"{name!r} is neither a file nor a folder.")
    return entries


def _walk(folder: Path) -> Iterator[Path]:
    if folder.is_symlink() or not folder.is_dir():
        raise RefusedError("it is neither a folder nor a zip file.")
    for root, folders, files in os.walk(folder, onerror=_unreadable):
        yield from (Path(root, name) for name in sorted(folders + files))


def _unreadable(error: OSError) -> None:
    raise error


def _zipped(file: Path, stack: ExitStack, problems: list[str]) -> dict[str, Entry]:
    if not zipfile.is_zipfile(file):
        raise RefusedError("it is neither a folder nor a zip file.")
    problems += _zip_problems(file)
    archive = stack.enter_context(zipfile.ZipFile(file))
    members = archive.infolist()
    tops = {member.filename.split("/")[0] for member in members}
    if len(tops) != 1:
        raise RefusedError("the zip does not hold exactly one folder.")
    entries: dict[str, Entry] = {}
    for member in members:
        if stat.S_ISLNK(member.external_attr >> 16):
            raise RefusedError(f"{member.filename!r} is a link, and a pack holds none.")
        name = _inside(member.orig_filename).partition("/")[2]
        if name in entries:
            raise RefusedError(f"{name!r} is in the zip twice.")
        entries[name] = Entry(member.file_size, lambda member=member: archive.open(member))  # type: ignore[misc]
    entries.pop("", None)
    return entries


def _zip_problems(file: Path) -> list[str]:
    """What shows that a zip is not the one that was written, whose comment is the SHA-256 of all before it.

    A zip that somebody else made of the folder has no comment and ends where its directory ends.
    """
    with file.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - 22))
        if stream.read(4) == b"PK\5\6":
            return []
        before = size - len(MARK) - 64
        stream.seek(max(0, before))
        said = stream.read()
        stream.seek(0)
        found = hashlib.sha256()
        for place in range(0, before, 1 << 20):
            found.update(stream.read(min(1 << 20, before - place)))
    same = said == MARK + found.hexdigest().encode()
    return [] if same else ["The zip is not byte for byte the one that was written."]


def _inside(name: str) -> str:
    """The name itself; refused where it would lead out of the pack or means another place on another system."""
    parts = name.rstrip("/").split("/")
    if (
        name != name.strip()
        or "\\" in name
        or ":" in name
        or "\0" in name
        or any(part in {"", ".", ".."} for part in parts)
    ):
        raise RefusedError(f"{name!r} is no path inside a pack.")
    return name


def _read(entries: dict[str, Entry], name: str, most: int) -> bytes:
    if name not in entries:
        raise RefusedError(f"it has no {name}, so it is no pack.")
    if entries[name].size > most:
        raise RefusedError(f"{name} is too large to be one.")
    with entries[name].open() as stream:
        return stream.read(most)


def _parsed(content: bytes, name: str) -> dict[str, Any]:
    try:
        parsed = json.loads(content.decode("utf-8"), object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"{name} is no JSON: {error}.") from error
    if isinstance(parsed, dict):
        return parsed
    raise RefusedError(f"{name} does not list the files and the id of a pack.")


def _manifest(content: bytes) -> dict[str, Any]:
    manifest = _parsed(content, MANIFEST)
    form = manifest.get("format", 1)
    if isinstance(form, int) and form > FORMAT:
        raise RefusedError(
            f"it was made by a later release (form {form}; this one reads up to {FORMAT}). Its own verify.py reads it."
        )
    files = manifest.get("files")
    if not isinstance(files, dict) or not files or not isinstance(manifest.get("pack_id"), str):
        raise RefusedError(f"{MANIFEST} does not list the files and the id of a pack.")
    for name, entry in files.items():
        _inside(name)
        known = isinstance(entry, dict) and isinstance(entry.get("bytes"), int)
        if name in {MANIFEST, SIGNATURE} or not known or not SHA256.fullmatch(str(entry.get("sha256"))):
            raise RefusedError(f"{MANIFEST} does not give size and SHA-256 of {name!r}.")
    return manifest


def canonical(value: object) -> bytes:
    """JSON as a pack writes it: sorted keys, two blanks, one closing newline."""
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode("utf-8", "surrogatepass")


def digest_of(manifest: dict[str, Any]) -> str:
    """SHA-256 of a manifest without the line that holds it."""
    return hashlib.sha256(canonical({name: manifest[name] for name in manifest if name != "digest"})).hexdigest()


def reproducible_of(files: dict[str, dict[str, Any]]) -> str:
    """One SHA-256 over path and SHA-256 of every file but the record of the run: the same work gives the same."""
    return hashlib.sha256(canonical({name: files[name]["sha256"] for name in files if name != RUN})).hexdigest()


def _as_it_was(manifest: dict[str, Any], content: bytes) -> bool:
    """Whether a manifest is its own: form, digest and spelling; the first form had none of these."""
    listed = manifest["files"]
    if manifest["pack_id"] != listed.get(PARAMETERS, {}).get("sha256"):
        return False
    if "format" not in manifest and "digest" not in manifest:
        return True
    return (
        content == canonical(manifest)
        and manifest.get("digest") == digest_of(manifest)
        and manifest.get("reproducible") == reproducible_of(listed)
    )


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands in it twice")
    return dict(pairs)


def _compare(
    pack: str, entries: dict[str, Entry], manifest: dict[str, Any], content: bytes, problems: list[str]
) -> Verification:
    listed: dict[str, dict[str, Any]] = manifest["files"]
    folders = {"/".join(name.split("/")[:depth]) + "/" for name in listed for depth in range(1, name.count("/") + 1)}
    here = [name for name in listed if name in entries]
    changed = [name for name in here if _differs(entries[name], listed[name])]
    missing = set(listed) - set(here)
    known = set(listed) | folders | {MANIFEST}
    if not _as_it_was(manifest, content):
        changed.append(MANIFEST)
    signer, public, signature = str(manifest.get("signer") or ""), "", ""
    if signer:
        known.add(SIGNATURE)
        if SIGNATURE in entries:
            public, signature, wrong = _signature(_read(entries, SIGNATURE, 1 << 16), content, signer)
            problems += wrong
        else:
            missing.add(SIGNATURE)
    decisions = 0
    if DECISIONS in here and PARAMETERS in here and not {DECISIONS, PARAMETERS} & set(changed):
        chain = _parsed(_read(entries, DECISIONS, LARGEST_CHAIN), DECISIONS)
        fixed = _parsed(_read(entries, PARAMETERS, LARGEST_MANIFEST), PARAMETERS)
        decisions, wrong = _chain(chain, fixed)
        problems += wrong
    made = _parsed(_read(entries, RUN, 1 << 20), RUN).get("finished") if RUN in here and RUN not in changed else ""
    return Verification(
        pack=pack,
        pack_id=manifest["pack_id"],
        files=len(listed),
        changed=tuple(sorted(changed)),
        missing=tuple(sorted(missing)),
        added=tuple(sorted(set(entries) - known)),
        problems=tuple(problems),
        manifest=hashlib.sha256(content).hexdigest(),
        reproducible=str(manifest.get("reproducible") or ""),
        decisions=decisions,
        made=str(made or ""),
        signer=signer,
        public_key=public,
        signature=signature,
    )


def _signature(content: bytes, signed: bytes, signer: str) -> tuple[str, str, list[str]]:
    """The public key, "right" or why it was not checked, and what is wrong with a signature over `signed`."""
    wrong = [f"{SIGNATURE} is no signature of this manifest by the key {signer} that it names."]
    try:
        told = _parsed(content, SIGNATURE)
        public, signature = bytes.fromhex(told["public_key"]), bytes.fromhex(told["signature"])
    except (RefusedError, KeyError, TypeError, ValueError):
        return "", "", wrong
    named = {"algorithm": "Ed25519", "key_id": signer, "public_key": public.hex(), "signature": signature.hex()}
    if content != canonical(named) or hashlib.sha256(public).hexdigest()[:16] != signer:
        return "", "", wrong
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return public.hex(), NOT_CHECKED, []
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return public.hex(), "", wrong
    return public.hex(), "right", []


def _chain(document: dict[str, Any], fixed: dict[str, Any]) -> tuple[int, list[str]]:
    """How many decisions there are, and what is wrong with their chain: hashes, places, the head, what stands."""
    try:
        head, problems, previous = document["head"], [], GENESIS
        last: dict[str, dict[str, Any]] = {}
        for number, entry in enumerate(document["entries"], 1):
            plain = {name: value for name, value in entry.items() if name != "hash"}
            if set(plain) != UNTOLD and _entry_hash(plain) != entry["hash"]:
                problems.append(f"Decision {entry['number']} is not as it was written.")
            if entry["number"] != number or entry["previous_hash"] != previous:
                problems.append(f"Decision {entry['number']} does not follow the one before it.")
            if entry.get("finding_id") is not None and entry["act"] != "withdrawn":
                last[entry["finding_id"]] = entry
            previous = entry["hash"]
        if (head["count"], head["hash"]) != (len(document["entries"]), previous):
            problems.append("The last decision is not the one that the chain's head names.")
        before = fixed.get("decisions") or {"count": 0, "hash": GENESIS}
        if (before["count"], before["hash"]) != (head["count"], head["hash"]):
            problems.append("The decisions are not those that were fixed before the results.")
        for finding, standing in document["standing"].items():
            if last[finding]["hash"] != standing["hash"] or last[finding]["state"] != standing["state"]:
                problems.append(f"What stands for finding {finding} is not what was decided last.")
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        return 0, [f"{DECISIONS} is not as the workbench writes it: {type(error).__name__} {error}."]
    return len(document["entries"]), problems


def _entry_hash(fields: dict[str, Any]) -> str:
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _differs(entry: Entry, listed: dict[str, Any]) -> bool:
    if entry.size != listed["bytes"]:
        return True
    found = hashlib.sha256()
    try:
        with entry.open() as stream:
            while piece := stream.read(1 << 20):
                found.update(piece)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        return True
    return found.hexdigest() != str(listed["sha256"])


def main(arguments: list[str]) -> int:
    """Exit code 0: verified. 1: not."""
    verdict = examine(Path(arguments[0]) if arguments else Path(__file__).resolve().parent)
    sys.stdout.write(verdict.as_text() + "\n")
    return 0 if verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
