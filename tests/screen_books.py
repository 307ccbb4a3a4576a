"""Rows of a few tables in an engine, for the tests of screens; they can be replaced many times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from tests.cases import Case, complete, engine_of
from workbench.engine.duck import DuckEngine
from workbench.schema import table
from workbench.screens.catalogue import screen
from workbench.screens.results import Period, Result
from workbench.screens.run import results_of

TABLES = ("invoices", "invoice_lines", "products", "users", "adjustments")
Rows = Iterable[Mapping[str, Any]]
MARCH = Period(date(2025, 3, 1), date(2025, 4, 1), date(2025, 2, 1), date(2025, 3, 1), date(2025, 4, 1))


class Books:
    """An engine whose tables are emptied and filled again."""

    def __init__(self) -> None:
        self.engine: DuckEngine = engine_of(Case("SCR", "books", {name: [] for name in TABLES}, {}, [], []))

    def fill(self, **rows: Rows) -> Books:
        """These rows and no others; what a row does not say has the default of the controls' cases."""
        for name in TABLES:
            self.engine.connection.execute(f'delete from "{name}"')
            columns = list(table(name).columns)
            full = [
                {column: str(value) for column, value in complete(name, row).items() if value is not None}
                for row in rows.get(name, ())
            ]
            texts = {column: pa.array([row.get(column) for row in full], pa.string()) for column in columns}
            self.engine.connection.register("given", pa.table(texts))
            self.engine.connection.execute(f'insert into "{name}" select *, null, null from given')
        return self

    def ask(self, name: str, days: Period = MARCH, most: int = 25, **own: object) -> list[Result]:
        """What a screen says of the rows."""
        return results_of(self.engine, screen(name), days, own, most)

    def only(self, name: str, days: Period = MARCH, most: int = 25, **own: object) -> Result:
        """The same where there is one result."""
        results = self.ask(name, days, most, **own)
        assert len(results) == 1, [(result.entity_id, result.currency, result.part) for result in results]
        return results[0]


def documents(amounts: Iterable[object], **more: object) -> list[dict[str, Any]]:
    """An invoice in March 2025 for each net amount."""
    return [{"invoice_id": f"I{number}", "net_amount": amount, **more} for number, amount in enumerate(amounts, 1)]
