"""What figures stand on: the days asked, the open items, findings and loss rates of those days, as temporary tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pyarrow as pa

from workbench.controls import Control, choose
from workbench.controls import readiness as control_readiness
from workbench.detect import candidates, own_parameters
from workbench.engine.duck import DuckEngine
from workbench.figures.catalogue import FOLDER, STAGED, Figure, figure
from workbench.figures.loss import HISTORY, chained_rates, given_rates
from workbench.figures.windows import Window
from workbench.findings import COLUMNS
from workbench.frontmatter import read_sql
from workbench.receivables.books import asked, make_open_items
from workbench.snapshot import Snapshot

RATE = pa.decimal128(18, 12)
AMOUNT = "decimal(38, 8)"
ROLL_RATE = "FIG-18"
# A customer who is listed twice has one segment and one owner.
ACCOUNTS = """
create or replace temp table accounts as
select customer_id, min(segment) as segment, min(owner) as owner from customers group by customer_id
"""
GROUPS = {
    None: "cast(null as varchar)",
    "entity": "behind.entity_id",
    "customer": "behind.customer_id",
    "segment": "account.segment",
    "owner": "account.owner",
}


@dataclass(frozen=True)
class Ask:
    """How figures are asked: by which clock, grouped by what, in which reporting currency ("" for each its own)."""

    clock: str = "known"
    by: str | None = None
    currency: str = ""


class Ground:
    """The temporary tables that the SELECTs of figures read, on one engine and for some windows."""

    def __init__(
        self, database: DuckEngine, windows: Sequence[Window], ask: Ask, snapshot: Snapshot | None = None
    ) -> None:
        self.database = database
        self.windows = sorted(set(windows))
        self.ask = ask
        self.snapshot = snapshot
        self.findings: dict[tuple[str, ...], pa.Table] = {}
        database.connection.execute(ACCOUNTS)
        self._put("asked", _windows_table(self.windows))
        self._put("rates", self._rates())
        self._staged: set[str] = set()

    def rows(self, entry: Figure, own: Mapping[str, object]) -> None:
        """Make the temporary table `behind`: the rows behind a figure, each with its group and in the asked currency.

        Raises WorkbenchError where the data make the SELECT stop.
        """
        for name in STAGED:
            if entry.reads(name):
                self._stage(name, entry, own)
        self._behind(entry, own)

    def _behind(self, entry: Figure, own: Mapping[str, object]) -> None:
        bound = {**own, "clock": self.ask.clock}
        remark = "remark" if "remark" in self.database.columns_of(entry.sql, bound) else "cast(null as varchar)"
        is_reported = bool(self.ask.currency) and entry.is_money
        rate = "rates.rate" if is_reported else "1"
        table = self.database.query(
            f"""
            select
                behind.as_of, behind.part, behind.role, behind.entity_id, behind.customer_id,
                {GROUPS[self.ask.by]} as "group",
                {"$reported" if is_reported else "behind.currency" if entry.is_money else "cast(null as varchar)"}
                    as currency,
                behind.subject_table, behind.subject_id, behind.event_date,
                cast({_product("behind.numerator", rate, is_reported)} as {AMOUNT}) as numerator,
                cast({_product("behind.denominator", rate, is_reported)} as {AMOUNT}) as denominator,
                {"behind.currency" if entry.is_money else "cast(null as varchar)"} as own_currency,
                cast({rate} as decimal(18, 12)) as rate,
                {remark} as remark
            from ({entry.sql}) as behind
            left join accounts as account on behind.customer_id = account.customer_id
            left join rates on behind.as_of = rates.as_of and behind.currency = rates.currency
            order by behind.as_of, behind.part, "group", behind.currency, behind.role, behind.subject_table,
                behind.subject_id
            """,
            {**bound, "reported": self.ask.currency},
        )
        self._put("behind", table)

    def _stage(self, name: str, entry: Figure, own: Mapping[str, object]) -> None:
        if name == "findings":
            self._put(name, self._findings(entry))
            return
        if name not in self._staged:
            if name == "open_items":
                days = [day for window in self.windows for day in (window.as_of, window.opening_on, window.earlier_on)]
                make_open_items(self.database, asked(days, self.ask.clock))
            else:
                self._put(name, self._loss_rates(str(own.get("loss_rates", ""))))
            self._staged.add(name)

    def _findings(self, entry: Figure) -> pa.Table:
        """Findings of the figure's controls with the day they are known on and their family.

        Of some controls they are found anew on every as-of date; of all of them on the newest, for every period.
        """
        if entry.controls not in self.findings:
            every = entry.controls == ("all",)
            chosen = choose() if every else choose(entry.controls)
            days = [window.as_of for window in self.windows[-1:] if every] or [item.as_of for item in self.windows]
            self.database.prepare()
            parts = [self._found(control, day) for control in chosen for day in days if self._is_ready(control)]
            self.findings[entry.controls] = pa.concat_tables(parts) if parts else _with(COLUMNS.empty_table(), None, "")
        return self.findings[entry.controls]

    def _is_ready(self, control: Control) -> bool:
        return self.snapshot is None or control_readiness(control, self.snapshot).state != "not run"

    def _found(self, control: Control, day: date) -> pa.Table:
        rows = candidates(self.database, control, {"as_of": day, **own_parameters(control, {})})
        return _with(rows.filter(rows["suppressed_by"].is_null()), day, control.family)

    def _loss_rates(self, given: str) -> pa.Table:
        """A rate per as-of date, currency and bucket: those given, else chained from the roll rates of a year."""
        rates = given_rates(given)
        currencies = self.database.query("select distinct currency from open_items")["currency"].to_pylist()
        if rates:
            lines = [
                (window.as_of, currency, bucket, rate)
                for window in self.windows
                for currency in currencies
                for bucket, rate in rates.items()
            ]
        else:
            lines = chained_rates(self._rolled(), self.windows)
        columns = list(zip(*lines, strict=True)) or [(), (), (), ()]
        types = (pa.date32(), pa.string(), pa.string(), RATE)
        arrays = [pa.array(list(column), kind) for column, kind in zip(columns, types, strict=True)]
        return pa.table(arrays, ["as_of", "currency", "bucket", "rate"])

    def _rolled(self) -> pa.Table:
        """Sums behind the roll rates of the months before each window."""
        months = sorted({window.before(back) for window in self.windows for back in range(HISTORY)})
        below = Ground(self.database.cursor(), months, Ask(self.ask.clock))
        below.rows(figure(ROLL_RATE), {})
        sums = below.database.query(
            "select as_of, currency, part, sum(numerator) as numerator, sum(denominator) as denominator "
            "from behind group by as_of, currency, part"
        )
        below.database.connection.close()
        return sums

    def _rates(self) -> pa.Table:
        """1 of a currency in the reporting currency per as-of date, to twelve decimals; itself is 1."""
        if not self.ask.currency:
            return _rates_table([])
        _, sql = read_sql(FOLDER / "rates_in_force.sql")
        days = [window.as_of for window in self.windows]
        quoted = self.database.query(sql, {"days": days, "currency": self.ask.currency}).to_pylist()
        lines = [(row["as_of"], row["currency"], row["rate"], row["is_inverse"]) for row in quoted]
        return _rates_table([*lines, *((day, self.ask.currency, 1, False) for day in days)])

    def _put(self, name: str, table: pa.Table) -> None:
        """An Arrow table as a temporary table of the connection."""
        connection = self.database.connection
        connection.register("given_rows", table)
        connection.execute(f'create or replace temp table "{name}" as select * from given_rows')
        connection.unregister("given_rows")


def _product(amount: str, rate: str, is_reported: bool) -> str:
    return f"cast({amount} as decimal(20, 4)) * cast({rate} as decimal(18, 12))" if is_reported else amount


def _with(table: pa.Table, day: date | None, family: str) -> pa.Table:
    rows = table.num_rows
    return table.append_column("as_of", pa.array([day] * rows, pa.date32())).append_column(
        "family", pa.array([family] * rows, pa.string())
    )


def _windows_table(windows: Sequence[Window]) -> pa.Table:
    names = ("as_of", "from_date", "to_date", "opening_on", "earlier_on")
    return pa.table({name: pa.array([getattr(window, name) for window in windows], pa.date32()) for name in names})


def _rates_table(lines: Sequence[tuple[date, str, Any, bool]]) -> pa.Table:
    ones = [Decimal(1) / rate if is_inverse else Decimal(rate) for _, _, rate, is_inverse in lines]
    exact = [one.quantize(Decimal(1).scaleb(-RATE.scale), ROUND_HALF_UP) for one in ones]
    return pa.table(
        {
            "as_of": pa.array([line[0] for line in lines], pa.date32()),
            "currency": pa.array([line[1] for line in lines], pa.string()),
            "rate": pa.array(exact, RATE),
        }
    )
