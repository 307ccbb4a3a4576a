"""What DuckDB and Spark mean differently by the same words, node by node of a parsed SELECT."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from workbench.engine.patterns import java_pattern, java_replacement, replaces_once
from workbench.errors import WorkbenchError

WHOLE = "decimal(38, 0)"
# Each gives another answer on Spark without an error, or one that differs from run to run.
REFUSED: dict[type[exp.Expr], str] = {
    exp.Avg: "the mean of decimals has another type and scale; use portion()",
    exp.Div: "a quotient of decimals is a double on one engine; use portion()",
    exp.AnyValue: "which value it takes is not said; use min or max",
    exp.First: "which value it takes is not said; use row_number() = 1",
    exp.Last: "which value it takes is not said; use row_number() = 1",
    exp.ArgMax: "which of two equals it takes is not said; use row_number() = 1",
    exp.ArgMin: "which of two equals it takes is not said; use row_number() = 1",
    exp.DateTrunc: "it is a timestamp on one engine and a date on the other; use month_of()",
    exp.TimestampTrunc: "it is a timestamp on one engine and a date on the other; use month_of()",
    exp.Interval: "a day with an interval is a timestamp on one engine; use day + integer or add_months_to()",
    exp.Bracket: "elements are counted from 1 on one engine; use row_number()",
    exp.CurrentDate: "the answer changes with the day; use $as_of",
    exp.CurrentTimestamp: "the answer changes with the moment; use $as_of",
    exp.Rand: "the answer changes with every run",
    exp.Levenshtein: "one engine counts bytes, the other characters; use one_edit()",
}
# Letters whose capital is more than one letter, each with the one that DuckDB writes.
GROWING = {
    letter: "ẞ" if letter == "ß" else letter.title() if len(letter.title()) == 1 else letter
    for letter in map(chr, range(0x80, 0xFB18))
    if len(letter.upper()) > 1
}


def adapt(tree: exp.Expr) -> exp.Expr:
    """A copy of a tree parsed as DuckDB's that says the same when it is written as Spark's.

    Raises WorkbenchError for what has no such form.
    """
    tree = tree.copy()
    for node in reversed(list(tree.walk())):
        parent, key, index = node.parent, node.arg_key, node.index
        said = _adapted(node)
        if said is node:
            continue
        if parent is None or key is None:
            tree = said
        else:
            parent.set(key, said, index)
    return tree


def _adapted(node: exp.Expr) -> exp.Expr:
    refuse(node)
    for kind, change in CHANGES.items():
        if isinstance(node, kind):
            return change(node)
    return node


def refuse(node: exp.Expr) -> None:
    """Raise WorkbenchError for a node that means something else on Spark."""
    reason = REFUSED.get(type(node))
    if isinstance(node, exp.ArrayAgg) and isinstance(node.this, exp.Order):
        reason = "Spark drops the order of a list; use string_agg or row_number()"
    if isinstance(node, exp.TryCast) and not node.args["to"].is_type(exp.DataType.Type.DECIMAL):
        reason = "which texts can be cast differs; the loader validates"
    if isinstance(node, exp.Distinct) and node.args.get("on"):
        reason = "distinct on takes any row of equals; use row_number() = 1"
    if isinstance(node, exp.Extract) and node.name.lower() in {"dow", "isodow", "weekday", "week", "epoch"}:
        reason = "engines count the days of a week differently; use days_between(date '2024-01-01', day) % 7"
    if isinstance(node, exp.DateDiff) and str(node.args.get("unit", "day")).lower().strip("'") != "day":
        reason = "engines count months differently; use whole_months()"
    if isinstance(node, exp.Like | exp.ILike) and "\\" in node.expression.name:
        reason = "a backslash is a sign on one engine and an escape on the other"
    if isinstance(node, exp.Join) and (node.args.get("method") or "").upper() == "ASOF":
        reason = "Spark has no asof join; use an equality and a range"
    if reason:
        raise WorkbenchError(f"'{node.sql(dialect='duckdb')[:80]}' does not mean the same on Spark.", reason)


def _long(node: exp.Expr) -> exp.Expr:
    """Whole numbers of 64 bits in DuckDB, of 32 in Spark, where multiplying them is soon an error."""
    return exp.cast(node, "bigint")


def _sign(node: exp.Expr) -> exp.Expr:
    """Spark's is a double; the three values it has are exact."""
    return exp.cast(node, "int")


def _cast(node: exp.Expr) -> exp.Expr:
    """A decimal cast to a whole number is rounded by DuckDB and cut off by Spark, which has none of 128 bits."""
    wanted: exp.DataType = node.args["to"]
    if wanted.is_type(exp.DataType.Type.INT128):
        return exp.cast(node.this, WHOLE)
    if not isinstance(node, exp.TryCast) and wanted.is_type(*exp.DataType.INTEGER_TYPES):
        return exp.Cast(this=exp.cast(node.this, WHOLE), to=wanted)
    return node


def _whole_quotient(node: exp.Expr) -> exp.Expr:
    """Spark's div is a whole number of 64 bits at most; a longer one is divided as a decimal, where nothing is left."""
    if not any(is_wide(side) for side in (node.this, node.expression)):
        return node
    dividend, divisor = (exp.paren(side, copy=True) for side in (node.this, node.expression))
    whole = exp.paren(exp.Sub(this=dividend, expression=exp.Mod(this=dividend.copy(), expression=divisor)))
    # A divisor of twenty digits leaves 28 digits for the quotient; what needs more is an error.
    return exp.cast(exp.Div(this=whole, expression=exp.cast(divisor.copy(), "decimal(20, 0)")), WHOLE)


def is_wide(node: exp.Expr) -> bool:
    """Whether an expression is a whole number of more than 64 bits, as its casts say."""
    if isinstance(node, exp.Cast):
        wanted: exp.DataType = node.args["to"]
        return wanted.is_type(exp.DataType.Type.DECIMAL) or wanted.is_type(exp.DataType.Type.INT128)
    if isinstance(node, exp.Column):
        # A value that was given a name on the way: a lambda over an array of one.
        return any(
            is_wide(call.expressions[0].expressions[0])
            for call in node.root().find_all(exp.Anonymous)
            if call.name == "transform" and call.expressions[1].expressions[0].name == node.name
        )
    if isinstance(node, exp.Anonymous) and node.name == "element_at":
        return is_wide(node.expressions[0].expressions[1].this)
    if isinstance(node, exp.Paren | exp.Abs | exp.Neg | exp.Nullif | exp.Binary | exp.Coalesce | exp.Greatest):
        return any(is_wide(side) for side in node.iter_expressions())
    return False


def _lower(node: exp.Expr) -> exp.Expr:
    """Spark writes two letters by the rules of a language, DuckDB each by itself."""
    return exp.Lower(this=_translated(node.this, "İΣ", "iσ"))


def _upper(node: exp.Expr) -> exp.Expr:
    """Spark makes two letters of some, DuckDB never: those pass as signs that have no capital."""
    signs = "".join(chr(0xE000 + number) for number in range(len(GROWING)))
    hidden = _translated(node.this, "".join(GROWING), signs)
    return _translated(exp.Upper(this=hidden), signs, "".join(GROWING.values()))


def _translated(text: exp.Expr, letters: str, others: str) -> exp.Expr:
    literals = (exp.Literal.string(entry) for entry in (letters, others))
    return exp.Anonymous(this="translate", expressions=[text, *literals])


def _trim(node: exp.Expr) -> exp.Expr:
    """DuckDB takes every kind of blank for one, Spark only the one of ASCII."""
    if node.expression is not None:
        return node
    side = (node.args.get("position") or "").upper()
    pattern = {"LEADING": r"^\p{Zs}+", "TRAILING": r"\p{Zs}+\z"}.get(side, r"^\p{Zs}+|\p{Zs}+\z")
    literals = (exp.Literal.string(text) for text in (pattern, ""))
    return exp.Anonymous(this="regexp_replace", expressions=[node.this, *literals])


def _regexp(node: exp.Expr) -> exp.Expr:
    """The same pattern for Java; a replacement of the first match alone only where there is one at most."""
    pattern = joined(node.expression)
    if not pattern.is_string:
        raise WorkbenchError(f"'{node.sql(dialect='duckdb')[:80]}' makes its pattern.", "write the pattern as it is")
    if isinstance(node, exp.RegexpReplace):
        everywhere = "g" in (node.args["modifiers"].name if node.args.get("modifiers") else "")
        if not everywhere and not replaces_once(pattern.name):
            raise WorkbenchError(f"'{node.sql(dialect='duckdb')[:80]}' replaces the first match.", "give it the 'g'")
        replacement = exp.Literal.string(java_replacement(node.args["replacement"].name))
        literals = [exp.Literal.string(java_pattern(pattern.name)), replacement]
        return exp.Anonymous(this="regexp_replace", expressions=[node.this, *literals])
    node.set("expression", exp.Literal.string(java_pattern(pattern.name)))
    return node


def joined(node: exp.Expr) -> exp.Expr:
    """A text that is written in several pieces as one literal."""
    node = node.unnest()
    if isinstance(node, exp.DPipe):
        sides = (joined(node.this), joined(node.expression))
        if all(side.is_string for side in sides):
            return exp.Literal.string("".join(side.name for side in sides))
    return node


def _date(node: exp.Expr) -> exp.Expr:
    """Spark takes no long for a day, a month or a year."""
    return exp.DateFromParts(**{name: exp.cast(part, "int") for name, part in node.args.items() if part})


def _json(node: exp.Expr) -> exp.Expr:
    """Spark makes JSON of a struct."""
    sides = [side for pair in node.expressions for side in (pair.this, pair.expression)]
    return exp.Anonymous(this="to_json", expressions=[exp.Anonymous(this="named_struct", expressions=sides)])


def _joined_lists(node: exp.Expr) -> exp.Expr:
    """A list that is missing adds nothing; on Spark it would leave nothing of the others."""
    lists = [exp.Coalesce(this=entry, expressions=[exp.Array()]) for entry in (node.this, *node.expressions)]
    return exp.ArrayConcat(this=lists[0], expressions=lists[1:])


def _named(node: exp.Expr) -> exp.Expr:
    """Functions that have another name."""
    if node.name.lower() == "strlen":
        return _long(exp.Anonymous(this="octet_length", expressions=node.expressions))
    return node


CHANGES: dict[Any, Callable[[exp.Expr], exp.Expr]] = {
    (exp.Extract, exp.Day, exp.Month, exp.Year, exp.Length): _long,
    exp.Sign: _sign,
    exp.IntDiv: _whole_quotient,
    exp.Cast: _cast,
    exp.Lower: _lower,
    exp.Upper: _upper,
    exp.Trim: _trim,
    (exp.RegexpReplace, exp.RegexpExtract, exp.RegexpExtractAll, exp.RegexpLike): _regexp,
    exp.DateFromParts: _date,
    exp.JSONObject: _json,
    exp.ArrayConcat: _joined_lists,
    exp.Anonymous: _named,
}
