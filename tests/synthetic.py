"""A made-up run and the snapshot behind it, of any size, with names and remarks that try to do harm."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.controls import Control, Readiness
from workbench.findings import COLUMNS, Findings, Parameters, count
from workbench.snapshot import Snapshot, open_snapshot

HOSTILE = (
    "<script>window.stolen=1</script>",
    '"><img src=x onerror="window.stolen=1">',
    '=HYPERLINK("http://evil.example","open")',
    "O'Brien & Søns <b>GmbH</b>",
    "株式会社 " + "とても長い名前の会社 " * 6,
    "</td></tr></table><h1>broken</h1>",
)
PLAIN = ("Aurora Textiles", "Baltic Freight", "Cedar Clinics", "Dunes Hotels", "Everest Optics", "Fjord Foods")
CONTROLS = {
    "ACC-03": ("Price differs from the agreement", "high"),
    "COM-04": ("Days of a recurring service never billed", "high"),
    "OCC-01": ("Invoice billed twice", "medium"),
    "CUT-02": ("Invoiced late", "low"),
}


def control(name: str) -> Control:
    """A control with words and no rows of its own."""
    title, severity = CONTROLS[name]
    return Control(
        id=name, title=title, family="made_up", severity=severity, grain="invoice_line_id", subject="invoice_lines",
        examines="invoice_lines", standing=False, needs={}, uses={}, parameters={}, suppressions={"approved": "signed"},
        why="A price change is signed in the contract system but reaches billing late.",
        next_step="Compare the amendment date with the date the price was loaded into billing.",
        sql="select 1", text=f"{name} select 1",
    )  # fmt: skip


def findings(rows: int = 200, customers: int = 12) -> Findings:
    """A run with this many candidates, every ninth suppressed, three currencies, each with evidence."""
    words = ", ".join(f"'{name}'" for name in CONTROLS)
    table = (
        duckdb.connect()
        .sql(
            f"""
            with numbered as (
                select
                    i,
                    [{words}][1 + i % {len(CONTROLS)}] as control_id,
                    ['SGD', 'JPY', 'KWD'][1 + (i // 7) % 3] as currency,
                    cast((i * 7919) % 1000 as decimal(38, 4)) + 100 as expected,
                    case when i % 5 = 4 then null else cast((i * 104729) % 1000 as decimal(38, 4)) + 100 end as billed
                from range({rows}) as numbers(i)
            )
            select
                control_id,
                substr(sha256(i::varchar), 1, 16) as finding_id,
                ['high', 'medium', 'low'][1 + i % 3] as severity,
                'invoice_lines' as subject_table,
                'L-' || i as subject_id,
                ['SG01', 'DE02', null][1 + i % 3] as entity_id,
                'C-' || (i * 31 % {customers}) as customer_id,
                date '2025-01-01' + cast(i % 360 as integer) as event_date,
                currency,
                expected as expected_amount,
                billed as billed_amount,
                billed - expected as impact_amount,
                case when billed > expected then 'over_billed' when billed < expected then 'under_billed'
                    else 'at_risk' end as direction,
                'billed ' || coalesce(billed::varchar, 'nothing') || ', agreed ' || expected || ' on line ' || i
                    as reason,
                case when i % 9 = 8 then 'approved' end as suppressed_by,
                json_object('invoice_lines', ['L-' || i], 'invoices', ['I-' || i // 3], 'customers',
                    ['C-' || (i * 31 % {customers})])::varchar as evidence,
                cast(null as varchar) as convention
            from numbered
            order by control_id, subject_id
            """
        )
        .to_arrow_table()
        .cast(COLUMNS)
    )
    if rows:
        table = table.set_column(13, "reason", pa.chunked_array([[f"{HOSTILE[0]} reason"], table["reason"].slice(1)]))
    run = [control(name) for name in CONTROLS if name != "CUT-02"] + [control("CUT-02")]
    return Findings(
        table=table,
        parameters=Parameters(None, None, date(2025, 12, 31), {}),
        funnel=tuple(count(entry, rows, table) for entry in run),
        not_run=(Readiness(control("CUT-02"), "not run", ("deliveries", "delivery_lines.quantity")),),
    )


def snapshot(folder: Path, lines: int = 200, customers: int = 12) -> Snapshot:
    """The invoice lines, invoices and customers that the evidence of `findings` names, with file and row."""
    folder.mkdir(parents=True, exist_ok=True)
    named = [(*HOSTILE, *PLAIN)[number % 12] + ("" if number < 12 else f" {number}") for number in range(customers)]
    numbers = range(lines)
    documents = range((lines + 2) // 3)
    _write(folder, "customers", {
        "customer_id": [f"C-{number}" for number in range(customers)],
        "name": named,
        "status": ["active"] * customers,
        "credit_limit": [Decimal("5000.0000")] * customers,
    })  # fmt: skip
    _write(folder, "invoices", {
        "invoice_id": [f"I-{number}" for number in documents],
        "invoice_number": [f"2025-{number:06}" for number in documents],
        "kind": ["invoice"] * len(documents),
        "entity_id": ["SG01"] * len(documents),
        "customer_id": [f"C-{number % customers}" for number in documents],
        "invoice_date": [date(2025, 1 + number % 12, 1) for number in documents],
        "currency": ["SGD"] * len(documents),
        "net_amount": [Decimal("1000.1000")] * len(documents),
        "tax_amount": [Decimal("90.0100")] * len(documents),
        "gross_amount": [Decimal("1090.1100")] * len(documents),
        "status": ["issued"] * len(documents),
    })  # fmt: skip
    _write(folder, "invoice_lines", {
        "invoice_line_id": [f"L-{number}" for number in numbers],
        "invoice_id": [f"I-{number // 3}" for number in numbers],
        "line_number": [number % 3 + 1 for number in numbers],
        "description": [HOSTILE[number % len(HOSTILE)] for number in numbers],
        "quantity": [Decimal("3.500000")] * lines,
        "unit_price": [Decimal("12.34500000")] * lines,
        "net_amount": [Decimal("123456789012.3400")] * lines,
    })  # fmt: skip
    return open_snapshot(folder)


def _write(folder: Path, name: str, columns: dict[str, list[Any]]) -> None:
    rows = len(next(iter(columns.values())))
    lineage: dict[str, list[Any]] = {"_source": [f"{name}.csv"] * rows, "_row": list(range(2, rows + 2))}
    pq.write_table(pa.table(columns | lineage), folder / f"{name}.parquet")
