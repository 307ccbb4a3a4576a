"""Names that are alike are compared: none is lost to what is left out before."""

from __future__ import annotations

import random

import duckdb
import pytest

from workbench.settings import QUERIES

NAMES = "ab abc acmet acmes anna hannah harbour|freight lines|northstar logistics|northern lights sales".split("|")
ALPHABETS = ("abcde ", "abcdefghijklmnopqrstuvwxyz ", "山田太郎花子川口大阪東京", "ابتثجحخدذرزسشصضطظعغ ")


def random_names(seed: int) -> list[str]:
    """Names of 2 to 40 letters, and of each some that a slip of the keyboard or a word more makes another."""
    draw = random.Random(seed)
    names = set(NAMES)
    for _ in range(40):
        letters = draw.choice(ALPHABETS)
        name = "".join(draw.choices(letters, k=draw.choice((2, 4, 5, 6, 8, 10, 13, 17, 24, 40))))
        names.add(name)
        for _ in range(4):
            changed = list(name)
            for _ in range(draw.randint(1, 1 + len(name) // 5)):
                place = draw.randrange(len(changed))
                slip = draw.choice(("other", "more", "less", "swapped", "end"))
                if slip == "other":
                    changed[place] = draw.choice(letters)
                elif slip == "more":
                    changed.insert(place, draw.choice(letters))
                elif slip == "less" and len(changed) > 2:
                    del changed[place]
                elif slip == "swapped":
                    changed[place - 1], changed[place] = changed[place], changed[place - 1]
                else:
                    changed.append(draw.choice(letters))
            names.add("".join(changed))
    return sorted(names)


@pytest.mark.parametrize("least", ["0.97", "0.92", "0.85", pytest.param("0.76", marks=pytest.mark.prove), "0.70"])
@pytest.mark.parametrize("seed", [1, 2])
def test_names_that_are_alike_have_a_key_in_common(seed: int, least: str) -> None:
    database = duckdb.connect()
    for file in sorted((QUERIES / "2_canonical/functions/duckdb").glob("*.sql")):
        database.execute(file.read_text(encoding="utf-8"))
    names = random_names(seed)
    database.execute("create table names (name varchar)")
    database.executemany("insert into names values (?)", [[name] for name in names])
    keyed = (
        "select name, length(name) as letters, letter_bits(name) as bits,"
        f" likeness_keys(name, letter_bags(name, '{least}'), '{least}') as keys from names"
    )
    told = database.execute(
        f"""
        with keyed as materialized ({keyed})
        select
            count(*),
            count(*) filter (
                not list_has_any(a.keys, b.keys) or not may_be_alike(a.bits, a.letters, b.bits, b.letters, '{least}')
            )
        from keyed as a
        inner join keyed as b on a.name < b.name
        where alike(a.name, b.name) >= {least}
        """
    ).fetchone()
    assert told is not None
    assert told[0] > len(names) / 10, f"only {told[0]} pairs of {len(names)} names are alike, which proves nothing"
    assert told[1] == 0
