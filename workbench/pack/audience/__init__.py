"""A pack for a customer: its own rows alone, masked; the hashes verify as those of every pack."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path

from workbench.engine import open_engine
from workbench.engine.duck import DuckEngine
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.findings import Findings, write
from workbench.language import ENGLISH, language, mark, say
from workbench.pack import making, verify_standalone
from workbench.pack.audience.masking import own_rows, told
from workbench.pack.audience.pages import customer_page, write_customer_workbook
from workbench.pack.audience.words import AUDIENCES, CONTROLS, CUSTOMER, MASKED
from workbench.pack.earlier import zip_of
from workbench.pack.given import Given
from workbench.pack.keys.signing import Signer
from workbench.pack.resuming import is_made
from workbench.pack.scope import EVERY, read_period, require_entity, safe_name
from workbench.pack.sharing import run_controls
from workbench.pack.work import PARAMETERS, Audit
from workbench.pack.workpaper import funnel_json
from workbench.pack.zipping import write_zip
from workbench.progress import Report, quiet
from workbench.snapshot import Snapshot, canonical_json, whole_or_not_at_all

README = mark("""This folder says what was found in the billing of one customer in one month, and by how much.
Start with summary.html: it opens in any browser, without a network. findings.xlsx holds the same in Excel.
Check that nothing was changed since it was made: python verify.py (Python 3.8 or newer, nothing else).
""")
CUSTOMERS = """
select customer_id, max(name) as name
from (
    select customer_id, name from customers
    union all select customer_id, null from invoices
    union all select customer_id, null from orders
)
where customer_id is not null
group by customer_id
"""


class Told(Audit):
    """What of an audit one customer is told: the same kind of work, with its findings alone and masked."""

    def __init__(self, whole: Audit, database: DuckEngine, customer: str, name: str) -> None:
        self.snapshot, self.period, self.entity, self.own = whole.snapshot, whole.period, whole.entity, {}
        self.folder, self.given, self.customer = None, Given(), customer
        self.controls = [control for control in whole.controls if control.id in CONTROLS]
        self._name, self._told = name, told(whole.findings, database, customer)
        self.rows = own_rows(database, customer)
        self.fixed = {
            "audience": {"for": CUSTOMER, "customer": customer, "masked": sorted(MASKED)},
            "taken_from": whole.pack_id,
            **{key: whole.fixed[key] for key in ("snapshot", "entity", "period", "from_date", "to_date", "as_of")},
            "controls": {
                control.id: {"fingerprint": whole.fixed["controls"][control.id]["fingerprint"]}
                for control in self.controls
            },
            "language": whole.fixed["language"],
            "replaces": None,
            "workbench": whole.fixed["workbench"],
        }
        self.text = canonical_json(self.fixed)
        self.pack_id = hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def name(self) -> str:
        """The customer's own name."""
        return self._name

    @property
    def findings(self) -> Findings:
        """The customer's findings, masked; nothing suppressed is among them."""
        return self._told

    @cached_property
    def identities(self) -> list[object]:  # type: ignore[override]
        """None: they are about the books as a whole."""
        return []


def review_customers(
    snapshot: Snapshot,
    period: str,
    out: Path,
    customers: Sequence[str],
    *,
    audience: str = CUSTOMER,
    entity: str = EVERY,
    given: Given | None = None,
    signer: Signer | None = None,
    progress: Report = quiet,
) -> list[Path]:
    """A pack, a folder and its zip, for each customer: what it may see of its own month, in order of the customers.

    A pack that is there already, whole and of the same work, is kept; `given` holds decisions, which explain findings
    as in every pack. Raises WorkbenchError for a period that is none, an unknown audience, customer or entity, and a
    pack of other work in the way.
    """
    if audience not in AUDIENCES:
        raise UnknownNameError("audience", audience, AUDIENCES)
    if not customers:
        raise WorkbenchError("A pack for a customer needs to know which.", "give --customer ID")
    month = read_period(period)
    with closing(open_engine("duckdb", snapshot.folder)) as database:
        names = {row["customer_id"]: row["name"] for row in database.query(CUSTOMERS).to_pylist()}
        for customer in customers:
            if customer not in names:
                # The nearest names are those of other customers; whoever asks is inside and may see them.
                raise UnknownNameError("customer", customer, sorted(names))
        if entity:
            require_entity(database, entity)
        whole = Audit(snapshot, month, entity, given=given)
        found = run_controls(snapshot, month, {}, progress=progress)
        whole.candidates = found.for_entity(entity) if entity else found
        return [
            _make(Told(whole, database, customer, names[customer] or customer), out, signer)
            for customer in dict.fromkeys(customers)
        ]


def _make(audit: Told, out: Path, signer: Signer | None) -> Path:
    """One customer's pack, whole or not at all."""
    part = f"-{safe_name(audit.entity)}" if audit.entity else ""
    target = out / f"{safe_name(audit.customer)}{part}-{audit.period.text}-{CUSTOMER}"
    if is_made(audit, target):
        return target
    packed = zip_of(target)
    partial = packed.with_name(f".{packed.name}.partial")
    try:
        with whole_or_not_at_all(target, "pack") as folder:
            _write(audit, folder)
            making.add_manifest(audit, folder, signer)
            verdict = verify_standalone.examine(folder)
            if not verdict.holds:
                raise WorkbenchError(f"The pack just made does not verify: {verdict.lines()[0]}", "make it again")
            write_zip(folder, target.name, partial)
        partial.replace(packed)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _write(audit: Told, folder: Path) -> None:
    """Every file that goes out, and no other."""
    write(audit.findings.table, folder / "findings.parquet")
    write_customer_workbook(audit, folder / "findings.xlsx")
    figures = funnel_json(audit)
    money = {
        name: {"findings": line["findings"], "money": line["money"]}
        for name, line in figures["controls"].items()
        if line["findings"]
    }
    for name, content in {
        PARAMETERS: audit.text,
        "funnel.json": canonical_json({"controls": money, "totals": {"findings": audit.findings.found.num_rows}}),
        "sources.json": canonical_json({"snapshot": audit.snapshot.fingerprint, "own_rows": audit.rows}),
        "summary.html": customer_page(audit, audit.rows),
        "README.txt": README if language() == ENGLISH else f"{say(README)}\n{README}",
    }.items():
        (folder / name).write_text(content, encoding="utf-8")
    shutil.copyfile(verify_standalone.__file__, folder / "verify.py")
