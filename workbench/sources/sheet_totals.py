"""Set the totals that a sheet states of itself beside what was accepted of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from workbench.engine.duck import quoted
from workbench.schema import Table
from workbench.sources.accept import Tie
from workbench.sources.headers import normal
from workbench.sources.sheet_columns import TRIANGLE, Place
from workbench.sources.staging import Stage

MOST = 500
SUMMED = ("money", "quantity")
SUBTOTALS = ("subtotal", "sub total", "小计")


@dataclass(frozen=True)
class Total:
    """A row that is a total: its number in the sheet, and its texts."""

    row: int
    texts: tuple[str, ...]

    @property
    def of_part(self) -> bool:
        """Whether it says that it is a subtotal."""
        return any(word in normal(text) for text in self.texts if text for word in SUBTOTALS)


def ties(
    stage: Stage, wanted: Table, place: Place, totals: Sequence[Total], file: Path, source: str, name: str
) -> list[Tie]:
    """A tie-out for each amount of each total whose rows are of one currency.

    A total is of all rows above it, a subtotal of those since the last one; where only the other of the two agrees, it
    is that.
    """
    found: list[Tie] = []
    start = after = place.mapped.header[-1] + 1
    for total in totals[:MOST]:
        for column in [name for name in wanted.columns if name in place.mapped.columns]:
            at = place.places.get(place.mapped.columns[column][0], -1)
            if wanted.columns[column].type not in SUMMED or not 0 <= at < len(total.texts):
                continue
            stated = _stated(stage, wanted.name, column, total.texts[at])
            if stated is None:
                continue
            spans = [(after, total.row), (start, total.row)]
            sums = [_sum(stage, wanted, place, column, file, source, span) for span in spans]
            choice = 0 if total.of_part else 1
            if sums[choice][0] != stated and sums[1 - choice][0] == stated:
                choice = 1 - choice
            amount, currency, many = sums[choice]
            if not many:
                first, last = spans[choice]
                what = f"{column} of rows {first} to {last - 1}"
                texts = f"{stated:f}", f"{amount:f}"
                found.append(
                    Tie("totals of the sheet", f"{name}, row {total.row}", what, currency, *texts, stated == amount)
                )
        after = total.row + 1
    return found


def _stated(stage: Stage, table: str, column: str, text: str) -> Decimal | None:
    comma = stage.forms.get(f"{table}.{column}") == "1.234,56"
    macro = "number_with_comma" if comma else "number_with_point"
    value = f"regexp_replace($text, {TRIANGLE}, '-')"
    row = stage.database.execute(
        f"select coalesce(read_money({macro}(plain_value({value}))), read_money(plain_value({value})))", {"text": text}
    ).fetchone()
    return _bare(row[0]) if row and row[0] is not None else None


def _sum(
    stage: Stage, wanted: Table, place: Place, column: str, file: Path, source: str, span: tuple[int, int]
) -> tuple[Decimal, str, bool]:
    """The sum of what was accepted, as the sheet writes it; its currency; and whether there are several."""
    turned = place.mapped.positive_credits and "kind" in wanted.columns and wanted.columns[column].type == "money"
    amount = f'case when kind = \'credit_memo\' then -"{column}" else "{column}" end' if turned else f'"{column}"'
    money = wanted.columns[column].type == "money" and "currency" in wanted.columns
    currency = "min(currency), count(distinct currency)" if money else "'', 1"
    row = stage.database.execute(
        f"select coalesce(sum({amount}), 0), {currency} from read_parquet({quoted(str(file))}) "
        f"where _source = {source} and _row >= {int(span[0])} and _row < {int(span[1])}"
    ).fetchone()
    total, code, many = row or (Decimal(0), "", 0)
    return _bare(Decimal(total)), str(code or ""), many > 1


def _bare(number: Decimal) -> Decimal:
    return number.normalize() if number else Decimal(0)
