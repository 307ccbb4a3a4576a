"""Frozen packs are made again: a figure that changed is printed before and after, and asks for a changelog line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pack_sentinel import FOLDER, SCOPES, differences, figures

RENEW = "If this is meant: say it in a line of CHANGELOG.md, then python -m tests.pack_sentinel"


@pytest.mark.parametrize("scope", SCOPES)
def test_a_frozen_pack_says_what_it_said(scope: str, tmp_path: Path) -> None:
    before = json.loads((FOLDER / f"{scope}.json").read_text(encoding="utf-8"))
    changed = differences(before, figures(scope, tmp_path))
    assert not changed, "\n".join([f"{len(changed)} figures changed:", *changed, RENEW])


def test_every_kind_of_difference_is_told_with_both_values() -> None:
    assert differences({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 5, "d": "4"}) == [
        "b: 2 -> 5",
        "c: 3 -> not there",
        "d: not there -> 4",
    ]
