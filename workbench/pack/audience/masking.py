"""Findings as a customer may see them: its own rows, its own keys, and no text with a name or key of somebody else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from workbench.engine.duck import DuckEngine
from workbench.findings import COLUMNS, Findings, count, evidence_keys
from workbench.pack.audience.words import CONTROLS, MASKED, OTHERS, OWNED

# A name is looked for anywhere in a text; a key as a word of it, however long a word is taken to be.
WORD = "[a-z0-9]+(?:[_./-]+[a-z0-9]+)*"
WORDS = " union all ".join(
    f"select place, unnest(regexp_extract_all(text, '{pattern}')) as word from told"
    for pattern in (WORD, WORD.replace("/", ""), "[a-z0-9]+")
)
PLACED = """
select told.place
from told
inner join others on contains(told.text, others.name)
where
    not others.is_word
    and (others.is_name or regexp_matches(told.text, regexp_escape(others.name) || '($|[^a-z0-9])'))
union
select word.place
from words as word
inner join others on others.is_word and word.word = others.name
"""


def told(findings: Findings, database: DuckEngine, customer: str) -> Findings:
    """The findings of one customer that it may see, masked; nothing that was suppressed, nor how much was examined."""
    rows = [
        row for row in findings.found.to_pylist() if row["customer_id"] == customer and row["control_id"] in CONTROLS
    ]
    titles = {line.control.id: line.control.title for line in findings.funnel}
    own = _own_keys(database, customer, rows)
    for row in rows:
        row.update({**dict.fromkeys(MASKED), "severity": ""})
        keys = evidence_keys(row["evidence"])
        kept = {name: [key for key in held if key in own.get(name, ())] for name, held in keys.items()}
        row["evidence"] = json.dumps({name: held for name, held in kept.items() if held}, ensure_ascii=False)
    for place in _of_others(database, customer, [row["reason"] for row in rows]):
        rows[place]["reason"] = titles[rows[place]["control_id"]]
    for place in _of_others(database, customer, [row["subject_id"] for row in rows]):
        rows[place]["subject_id"] = rows[place]["finding_id"]
    table = pa.Table.from_pylist(rows, schema=COLUMNS)
    funnel = tuple(count(line.control, 0, table) for line in findings.funnel if line.control.id in CONTROLS)
    return Findings(table, findings.parameters, funnel, (), ())


def own_rows(database: DuckEngine, customer: str) -> dict[str, int]:
    """How many rows of each table belong to a customer; tables without any are left out."""
    counts = {}
    for name in OWNED:
        found = database.query(f"select count(*) as rows from ({_owned(name)})", {"customer": customer})
        counts[name] = found["rows"][0].as_py()
    return {name: rows for name, rows in counts.items() if rows}


def _owned(name: str) -> str:
    """A SELECT of the keys of a table that belong to $customer."""
    column, parent = OWNED[name]
    if not parent:
        return f'select "{column}" as own_key from "{name}" where customer_id = $customer'
    joined = OWNED[parent][0]
    return f'select "{column}" as own_key from "{name}" where "{joined}" in (select own_key from ({_owned(parent)}))'


def _own_keys(database: DuckEngine, customer: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Of the keys that evidence names, those that are rows of the customer."""
    named: dict[str, set[str]] = {}
    for row in rows:
        for name, keys in evidence_keys(row["evidence"]).items():
            if name in OWNED:
                named.setdefault(name, set()).update(keys)
    return {
        name: set(
            database.query(
                f"select own_key from ({_owned(name)}) where own_key in (select unnest($keys))",
                {"customer": customer, "keys": sorted(keys)},
            )["own_key"].to_pylist()
        )
        for name, keys in named.items()
    }


def _of_others(database: DuckEngine, customer: str, texts: Sequence[str]) -> list[int]:
    """Places of the texts that hold a name or a key of another customer, of a person or of a partner."""
    if not texts:
        return []
    others = " union all ".join(
        f'select "{column}" as name, {column == "name"} as is_name from "{table}"'
        + (f" where {whose} is distinct from $customer" if whose else "")
        for table, (whose, names) in OTHERS.items()
        for column in names
    )
    # Of lines there are many: only those that a text seems to name are looked up.
    lines = " union all ".join(
        f'select "{column}", false from "{table}" where lower("{column}") in (select word from words) '
        f'and "{column}" not in ({_owned(table)})'
        for table, (column, parent) in OWNED.items()
        if parent
    )
    mine = " union all ".join(
        f'select lower(trim("{column}")) from "{table}" where {whose} = $customer and "{column}" is not null'
        for table, (whose, names) in OTHERS.items()
        if whose
        for column in names
    )
    listing = f"""
    create temp table others as
    select
        lower(trim(name)) as name,
        bool_or(is_name) as is_name,
        not bool_or(is_name) and regexp_full_match(lower(trim(name)), '{WORD}') as is_word
    from ({others} union all {lines})
    where length(trim(name)) > 0 and lower(trim(name)) not in ({mine})
    group by lower(trim(name))
    """
    listed = pa.table({"place": range(len(texts)), "text": pa.array(texts, pa.string())})
    with database.connection.cursor() as cursor:
        cursor.register("told_given", listed)
        cursor.execute("create temp table told as select place, lower(text) as text from told_given")
        cursor.execute(f"create temp table words as {WORDS}")
        cursor.execute(listing, {"customer": customer})
        return sorted(place for (place,) in cursor.execute(PLACED).fetchall())
