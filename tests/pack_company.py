"""A small company on disk for the tests of packs: few documents, planted errors, names that try to do harm."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.schema import table
from workbench.snapshot import Snapshot, canonical_json, open_snapshot, write_manifest

PERIOD = "2025-03"
PLAIN = "SG01"
HOSTILE = "../=cmd|'/C calc'!A0 <script>alert(1)</script>"
NAMES = {
    PLAIN: "Aurora <script>alert('name')</script> & Sons",
    HOSTILE: '=HYPERLINK("http://x","y") ' + "Very Long Name " * 12,
}
MARK = "<img src=x onerror=alert(2)>"
TYPES = {
    "id": pa.string(),
    "text": pa.string(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "time": pa.timestamp("us"),
    "int": pa.int64(),
}
SCALES = {"money": 4, "price": 8, "quantity": 6, "rate": 8}
CURRENCIES = {PLAIN: "SGD", HOSTILE: "JPY"}


def make_snapshot(folder: Path, log: bool = True) -> Snapshot:
    """Two entities and a document of none, no unit prices; with `log` the files a loader leaves beside the tables."""
    folder.mkdir(parents=True)
    rows: dict[str, list[dict[str, object]]] = {
        "entities": [
            {"entity_id": key, "name": name, "country": "SG", "currency": CURRENCIES[key]}
            for key, name in NAMES.items()
        ],
        "invoices": [],
        "invoice_lines": [],
        "receipts": [],
        "applications": [],
    }
    for entity, currency in CURRENCIES.items():
        _bill(rows, entity, currency)
    _invoice(rows, "X-1", None, "SGD", "100.00", day="2025-03-09", stated="107.00")
    for name, entries in rows.items():
        _write(folder, name, entries)
    if log:
        _write_log(folder, {name: len(entries) for name, entries in rows.items()})
    return open_snapshot(folder)


def _bill(rows: dict[str, list[dict[str, object]]], entity: str, currency: str) -> None:
    """Sound invoices, a number missing, one that does not add up each way, one billed twice, cash left over."""
    key = "A" if entity == PLAIN else "=B"
    for number in (1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13):
        _invoice(
            rows, f"{key}-{number}", entity, currency, f"{number * 100}.00", day=f"2025-03-{number:02}", number=number
        )
    _invoice(rows, f"{key}-14", entity, currency, "1400.00", day="2025-03-14", number=14, stated="1500.00")
    _invoice(rows, f"{key}-15", entity, currency, "123456.00", day="2025-03-15", number=15, stated="113455.00")
    _invoice(rows, f"{key}-16", entity, currency, "1600.00", day="2025-03-16", number=16, order="PO-16")
    _invoice(rows, f"{key}-17", entity, currency, "1600.00", day="2025-03-17", number=17, order="PO-16")
    _invoice(rows, f"{key}-99", entity, currency, "99.00", day="2025-04-01", number=18, stated="199.00")
    rows["receipts"].append(
        {
            "receipt_id": f"{key}-R1", "entity_id": entity, "customer_id": "C1", "received_on": "2025-01-05",
            "currency": currency, "amount": "400.00", "status": "unapplied", "reference": f"@{MARK}",
        }
    )  # fmt: skip
    rows["applications"].append(
        {
            "application_id": f"{key}-P1",
            "receipt_id": f"{key}-R1",
            "invoice_id": f"{key}-1",
            "applied_on": "2025-03-20",
            "amount": "100.00",
        }
    )


def _invoice(
    rows: dict[str, list[dict[str, object]]],
    key: str,
    entity: str | None,
    currency: str,
    net: str,
    *,
    day: str,
    number: int = 1,
    stated: str = "",
    order: str | None = None,
) -> None:
    rows["invoices"].append(
        {
            "invoice_id": key, "invoice_number": f"{key}-{MARK}-{number:04}", "series": "S", "kind": "invoice",
            "entity_id": entity, "customer_id": f"=C{number}", "purchase_order": order, "invoice_date": day,
            "currency": currency, "net_amount": stated or net, "tax_amount": "0", "gross_amount": stated or net,
            "status": "issued",
        }
    )  # fmt: skip
    rows["invoice_lines"].append(
        {
            "invoice_line_id": f"{key}/1", "invoice_id": key, "line_number": 1, "product_id": "P1", "quantity": "1",
            "net_amount": net, "tax_amount": "0",
        }
    )  # fmt: skip


def _write(folder: Path, name: str, rows: list[dict[str, object]]) -> None:
    columns = table(name).columns
    used = [column for column in columns if any(column in row for row in rows)]
    arrays = {
        column: pa.array([_value(columns[column].type, row.get(column)) for row in rows], _type(columns[column].type))
        for column in used
    }
    pq.write_table(pa.table(arrays), folder / f"{name}.parquet")


def _type(word: str) -> pa.DataType:
    return pa.decimal128(18, SCALES[word]) if word in SCALES else TYPES[word]


def _value(word: str, value: object) -> object:
    if value is None or word not in {*SCALES, "date"}:
        return value
    return Decimal(str(value)) if word in SCALES else pa.scalar(str(value)).cast(pa.date32()).as_py()


def _write_log(folder: Path, rows: dict[str, int]) -> None:
    """What a loader leaves: the log of sources, a rejected row with its reason, the manifest."""
    read = {
        name: {"read": count + (name == "invoices"), "accepted": count, "rejected": int(name == "invoices")}
        for name, count in rows.items()
    }
    files = [
        {"name": f"{name}.csv", "sheet": "", "sha256": "0" * 64, "table": name, **counts}
        for name, counts in read.items()
    ]
    log = {"system": "canonical", "files": files, "tables": read}
    (folder / "sources.json").write_text(canonical_json(log), encoding="utf-8")
    (folder / "rejects").mkdir()
    (folder / "rejects" / "invoices.csv").write_text("_row,_reason\n7,net_amount is 'abc'\n", encoding="utf-8")
    write_manifest(folder)
