"""Verify a pack: the code that is copied into every pack, and whether the key that signed it is trusted here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.pack.keys import PublicKey, read_ring
from workbench.pack.verify_standalone import Verification, examine


def verify(pack: str | Path, *, signed: bool = False, ring: Mapping[str, PublicKey] | None = None) -> Verification:
    """The verdict on a pack, a folder or the zip of one; names every changed, missing and added file.

    With `signed` it holds only where a key of the ring (default: the own one) signed it. Raises WorkbenchError when
    there is nothing at that path.
    """
    path = Path(pack).expanduser()
    if not path.exists() and not path.is_symlink():
        raise WorkbenchError(
            f"There is no pack '{pack}'.", "make one: workbench review SNAPSHOT --period YYYY-MM --out DIR"
        )
    verdict = examine(path)
    if verdict.refused:
        return verdict
    if not verdict.signer:
        problem = "The pack is not signed, and a signature was demanded." if signed else ""
        return _with(verdict, problem)
    if verdict.signature != "right":
        # What is wrong with it is among the problems already.
        return verdict
    key = (ring if ring is not None else read_ring()).get(verdict.signer)
    problem = _distrust(verdict, key)
    if problem:
        return _with(verdict, problem if signed else "", problem)
    return _with(verdict, "", f"Signed by key {verdict.signer}, {key.name}: the signature is right." if key else "")


def _distrust(verdict: Verification, key: PublicKey | None) -> str:
    """Why a signature that is right says nothing here; empty where it does."""
    if key is None:
        return (
            f"Signed by key {verdict.signer}, which is not in the ring of trusted keys: anybody could have made it. "
            "Where its owner vouches for it: workbench keys trust."
        )
    if key.public_key != verdict.public_key:
        return f"Signed by another key than the one that {verdict.signer} stands for in the ring."
    if key.until and verdict.made[:19] > key.until[:19]:
        return f"Signed by key {verdict.signer}, {key.name}, on {verdict.made}, after it was retired on {key.until}."
    return ""


def _with(verdict: Verification, problem: str, trust: str = "") -> Verification:
    problems = (*verdict.problems, problem) if problem else verdict.problems
    return replace(verdict, problems=problems, trust=trust)
