"""The SQL that makes canonical columns, still as text, of the columns of a mapped sheet."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engine.duck import quoted
from workbench.schema import Column, Table, table
from workbench.sources.headers import AMOUNTS, units
from workbench.sources.mapping import BY_SIGN, Mapped
from workbench.sources.proposal import ROW

# A minus, brackets or a triangle before the digits, or a minus behind them.
BELOW_NOTHING = "'^\\s*[¥￥$€£]?\\s*[-−－(（△▲]|[-−－]\\s*$'"
TRIANGLE = "'^\\s*[¥￥$€£]?\\s*[△▲]\\s*'"
DAYS_1904 = 1462
SUMS = {
    "gross_amount": ("net_amount", "+", "tax_amount"),
    "net_amount": ("gross_amount", "-", "tax_amount"),
    "tax_amount": ("gross_amount", "-", "net_amount"),
}


@dataclass(frozen=True)
class Place:
    """Where the columns of a table are in a sheet: the position of each header that its mapping names."""

    mapped: Mapped
    places: dict[str, int]
    header: list[str]
    from_1904: bool

    def given(self) -> set[str]:
        """The columns that it gives."""
        return {*self.mapped.columns, *self.mapped.constants, *self.mapped.computed}

    def amounts(self, *types: str) -> list[int]:
        """The positions of its columns of numbers of these types (default: of any)."""
        return [
            self.places[headers[0]]
            for name, headers in self.mapped.columns.items()
            if table(self.mapped.table).columns[name].type in (types or AMOUNTS) and headers[0] != ROW
        ]

    def column(self, column: Column) -> str:
        """A column of the sheet as it comes, with the words of the canonical table; null where there is none."""
        headers = self.mapped.columns.get(column.name, ())
        if not headers:
            return "null::varchar"
        parts = ["cast(_row as varchar)" if each == ROW else f"c{self.places[each]}" for each in headers]
        text = parts[0] if len(parts) == 1 else " || '-' || ".join(f"plain_value({part})" for part in parts)
        if words := self.mapped.words.get(column.name):
            cases = " ".join(
                f"when {quoted(word.casefold())} then {quoted(meant)}" for word, meant in words.items()
            )  # fmt: skip
            text = f"case lower(plain_value({text})) {cases} else {text} end"
        if column.type in {"date", "time"} and self.from_1904:
            number = f"try_cast(plain_value({text}) as decimal(18, 8))"
            serial = f"regexp_full_match(plain_value({text}), '[0-9]{{4,5}}(\\.[0-9]+)?')"
            text = f"case when {serial} then cast({number} + {DAYS_1904} as varchar) else {text} end"
        if column.type in AMOUNTS:
            text = f"regexp_replace({text}, {TRIANGLE}, '-')"
        return self._share(column, text) if column.type == "rate" else text

    def _share(self, column: Column, text: str) -> str:
        """A tax rate in per cent, by its own sign, its header's or a column without any below 1, as a share of one."""
        if not column.name.startswith("tax_rate"):
            return text
        number = f"try_cast(replace(replace(plain_value({text}), '%', ''), '％', '') as decimal(18, 6))"
        signed = f"regexp_matches({text}, '[%％]\\s*$')"
        named = any("%" in each for each in units(self.mapped.columns[column.name][0]))
        whole = "true" if named else f"min(nullif(abs({number}), 0)) filter (where not {signed}) over () >= 1"
        share = f"cast(cast({number} / 100 as decimal(18, 8)) as varchar)"
        return f"case when {signed} or {whole} then {share} else {text} end"


def select(place: Place, wanted: Table, columns: list[str], relation: str, source: str, decimal: str) -> str:
    """A SELECT of canonical columns as text, _source, _row and _problem; a row with a problem has no values."""
    texts = ", ".join(
        f'case when _problem is null then {_value(place, wanted, wanted.columns[name], decimal)} end as "{name}"'
        for name in columns
    )
    return f"select {texts}, {quoted(source)} as _source, _row, _problem from {relation} as staged"


def _value(place: Place, wanted: Table, column: Column, decimal: str) -> str:
    mapped = place.mapped
    if column.name in mapped.computed:
        first, sign, second = SUMS[column.name]
        one, other = (_number(place, wanted.columns[name], decimal) for name in (first, second))
        total = f"rtrim(rtrim(cast({one} {sign} {other} as varchar), '0'), '.')"
        text = f"replace({total}, '.', ',')" if decimal == "," else total
    elif column.name in mapped.columns:
        text = place.column(column)
    elif column.name == "kind" and mapped.constants.get("kind") == BY_SIGN:
        return _kind(place, wanted)
    else:
        constant = mapped.constants.get(column.name)
        return quoted(constant) if constant else "null::varchar"
    if mapped.positive_credits and column.type == "money" and "kind" in wanted.columns:
        below = f"regexp_matches({text}, {BELOW_NOTHING}) or not regexp_matches({text}, '[1-9１-９]')"
        kind = f"({_value(place, wanted, wanted.columns['kind'], decimal)})"
        return f"case when {kind} = 'credit_memo' and not ({below}) then '-' || trim({text}) else {text} end"
    return text


def _kind(place: Place, wanted: Table) -> str:
    name = "gross_amount" if "gross_amount" in place.mapped.columns else "net_amount"
    amount = place.column(wanted.columns[name])
    return f"case when regexp_matches({amount}, {BELOW_NOTHING}) then 'credit_memo' else 'invoice' end"


def _number(place: Place, column: Column, decimal: str) -> str:
    macro = "number_with_comma" if decimal == "," else "number_with_point"
    return f"try_cast({macro}({place.column(column)}) as decimal(18, 4))"
