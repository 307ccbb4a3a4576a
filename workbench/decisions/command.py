"""The commands `workbench decide` and `workbench decisions`: decisions outside the notebooks."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.decisions.words import REMEDIES, ROOT_CAUSES, STATES
from workbench.errors import GateError, WorkbenchError
from workbench.progress import shown

if TYPE_CHECKING:
    from workbench.decisions.authority import Authority
    from workbench.decisions.chain import Head
    from workbench.decisions.entry import Entry, Standing
    from workbench.decisions.store import Store

STORE = click.option("--store", default="", metavar="URL", help="Where decisions are kept; default: the settings.")
BY = click.option("--by", required=True, metavar="USER", help="Who decides: the id that others know.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for a program to read.")
SNAPSHOT = click.option("--snapshot", default="", help="Whose users and limits hold; default: the settings.")
DAY = click.DateTime(formats=["%Y-%m-%d"])
NUMBER = click.IntRange(0, 2**62)


def _day(_context: click.Context, _option: click.Parameter, value: Any) -> date | None:
    return value.date() if value else None


@contextmanager
def _opened(url: str) -> Iterator[Store]:
    from workbench.decisions.store import open_store

    store = open_store(url)
    try:
        yield store
    finally:
        store.close()


def _said(entry: Entry, as_json: bool) -> None:
    told = {**entry.as_dict(), "hash": entry.hash}
    subject = f"finding {entry.finding_id}" if entry.finding_id else "no single finding"
    click.echo(
        json.dumps(told, ensure_ascii=False, indent=2)
        if as_json
        else f"entry {entry.number}, {subject}: {entry.words}, by {entry.by}"
    )


def _authority(snapshot: str, *, needed: bool = True) -> Authority | None:
    from workbench.decisions.authority import authority_of
    from workbench.settings import read_settings
    from workbench.snapshot import open_snapshot

    name = snapshot or read_settings().snapshot
    if name:
        return authority_of(open_snapshot(name))
    if needed:
        raise WorkbenchError("Nobody can tell who may approve without users and approval limits.", "give --snapshot")
    return None


@click.command("decide")
@click.argument("finding_id")
@click.option("--state", required=True, type=click.Choice(list(STATES)), help="What holds for the finding.")
@click.option("--remedy", type=click.Choice(list(REMEDIES)), help="How a confirmed one is put right.")
@click.option("--amount", help="The remedy's amount, as 1234.50; somebody else approves it.")
@click.option("--currency", help="Of the amount, e.g. SGD.")
@click.option("--root-cause", type=click.Choice(list(ROOT_CAUSES)), help="Why it came about.")
@click.option("--owner", help="Who puts it right.")
@click.option("--due", "due_on", type=DAY, callback=_day, help="By when, YYYY-MM-DD.")
@click.option("--remark", help="Anything else that others should know.")
@click.option(
    "--after", default=0, type=NUMBER, help="The finding's last entry that you have seen; none: leave it out."
)
@BY
@STORE
@AS_JSON
def decide(finding_id: str, amount: str | None, store: str, as_json: bool, **words: Any) -> None:
    """Decide on one finding; what somebody else decided is never written over unseen.

    \b
    Example:
        workbench decide 3f2a9c81d04be756 --state accepted --remark "below 5 SGD" --by U-SG-M1
    """
    from workbench.decisions.decision import Decision, read_amount

    with _opened(store) as opened:
        exact = read_amount(amount) if amount else None
        _said(opened.decide(Decision(finding_id, amount=exact, via="command line", **words)), as_json)


@click.group("decisions")
def decisions() -> None:
    """List, approve, explain and prove decisions, and take them to Excel and back.

    \b
    Example:
        workbench decisions list --state confirmed
        workbench decisions export snapshots/2025-03 --out decisions.xlsx
        workbench decisions verify
    """


@decisions.command("list")
@click.option("--finding", "finding_id", help="Only this finding, with every entry.")
@click.option("--state", type=click.Choice(list(STATES)), help="Only findings in this state.")
@click.option("--waiting", is_flag=True, help="Only what waits for approval.")
@click.option("--explanations", is_flag=True, help="The explanations with a scope instead.")
@STORE
@AS_JSON
def list_decisions(
    finding_id: str | None, state: str | None, waiting: bool, explanations: bool, store: str, as_json: bool
) -> None:
    """List what holds for each finding that was decided on.

    \b
    Example:
        workbench decisions list --waiting
    """
    with _opened(store) as opened:
        if finding_id:
            entries = opened.entries(finding_id)
            _listed([entry.as_dict() for entry in entries], [_entry_line(entry) for entry in entries], as_json)
        elif explanations:
            _list_explanations(opened, as_json)
        else:
            chosen = [
                one
                for one in opened.standings().values()
                if (not state or one.state == state) and (not waiting or one.approval == "waiting")
            ]
            _listed([one.as_json() for one in chosen], [_standing_line(one) for one in chosen], as_json)


def _listed(rows: list[dict[str, Any]], lines: list[str], as_json: bool) -> None:
    click.echo(json.dumps(rows, ensure_ascii=False, indent=2) if as_json else "\n".join(lines) or "nothing")


def _entry_line(entry: Entry) -> str:
    from workbench.decisions.entry import readable

    return f"{entry.number:>6}  {readable(entry.at)}  {entry.by}: {entry.words}"


def _standing_line(one: Standing) -> str:
    owner = f"; {one.owner} by {one.due_on}" if one.owner and one.due_on else ""
    return f"{one.finding_id}  entry {one.number}, {one.by}: {one.words}{owner}"


def _list_explanations(store: Store, as_json: bool) -> None:
    found = store.explanations()
    today = store.clock().date()
    rows = [
        {
            "entry": one.number,
            "scope": one.scope.words,
            "expires_on": one.expires_on.isoformat(),
            "state": one.state(today),
            "by": one.by,
            "at": one.at,
            "remark": one.remark,
            "finding_id": one.finding_id,
        }
        for one in found
    ]
    lines = [
        f"{one['entry']:>6}  {one['state']}, until {one['expires_on']}: {one['scope']}: {one['remark']}" for one in rows
    ]
    _listed(rows, lines, as_json)


@decisions.command("approve")
@click.argument("finding_id")
@click.option("--after", required=True, type=NUMBER, help="The entry with the proposal: decisions list --waiting.")
@BY
@SNAPSHOT
@STORE
@AS_JSON
def approve(finding_id: str, after: int, by: str, snapshot: str, store: str, as_json: bool) -> None:
    """Approve an amount that somebody else proposed, within the limits of the snapshot.

    \b
    Example:
        workbench decisions approve 3f2a9c81d04be756 --after 12 --by U-SG-M1 --snapshot snapshots/2025-03
    """
    authority = _authority(snapshot)
    with _opened(store) as opened:
        if authority is not None:
            _said(opened.approve(finding_id, by, authority, after, via="command line"), as_json)


@decisions.command("explain")
@click.option("--control", "control_id", required=True, help="Whose findings are right after all, e.g. ACC-03.")
@click.option("--customer", default="", help="Of this customer.")
@click.option("--product", default="", help="Of this product: the only one that the evidence names.")
@click.option("--where", "conditions", multiple=True, metavar="COLUMN=VALUE", help="And only where this holds.")
@click.option("--expires", required=True, type=DAY, callback=_day, help="The first day it holds no more.")
@click.option("--remark", required=True, help="Why it is right; everybody reads it in the pack.")
@click.option("--finding", "finding_id", help="The finding that it began with, explained by it too.")
@click.option("--after", default=0, type=NUMBER, help="That finding's last entry that you have seen.")
@BY
@STORE
@AS_JSON
def explain(
    control_id: str,
    customer: str,
    product: str,
    conditions: tuple[str, ...],
    expires: date,
    remark: str,
    finding_id: str | None,
    after: int,
    by: str,
    store: str,
    as_json: bool,
) -> None:
    """Explain a kind of finding until a day: what fits is suppressed as `explained`, and listed in every pack.

    \b
    Example:
        workbench decisions explain --control ACC-03 --customer C1 --where currency=SGD --where "impact_amount<=5" \\
            --expires 2026-01-01 --remark "agreed by mail of 3 March, amendment follows" --by U-SG-M1
    """
    from workbench.decisions.scope import make_scope

    scope = make_scope(control_id, customer, product, conditions)
    with _opened(store) as opened:
        _said(opened.explain(scope, expires, by, remark, finding_id, after), as_json)


@decisions.command("withdraw")
@click.argument("entry", type=NUMBER)
@click.option("--remark", help="Why it holds no more.")
@BY
@STORE
@AS_JSON
def withdraw(entry: int, remark: str | None, by: str, store: str, as_json: bool) -> None:
    """End an explanation before it expires.

    \b
    Example:
        workbench decisions withdraw 12 --remark "the amendment is in billing" --by U-SG-M1
    """
    with _opened(store) as opened:
        _said(opened.withdraw(entry, by, remark or ""), as_json)


@decisions.command("verify")
@click.option("--head", "heads", multiple=True, metavar="COUNT:HASH", help="A head that was written down earlier.")
@click.option(
    "--against",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A pack, decisions.json or decisions.xlsx.",
)
@STORE
@AS_JSON
def verify(heads: tuple[str, ...], files: tuple[Path, ...], store: str, as_json: bool) -> None:
    """Prove that no decision was changed, removed or moved; a cut tail shows against heads seen earlier.

    \b
    Example:
        workbench decisions verify --against packs/SG01-2025-03
    """
    with _opened(store) as opened:
        found = opened.verify((*map(_head, heads), *map(_head_in, files)))
    click.echo(found.as_json() if as_json else found.as_text())
    if not found.holds:
        raise GateError("The decisions are not as they were made.", "bring the store back from a copy that verifies")


def _head(text: str) -> Head:
    from workbench.decisions.chain import Head

    count, colon, entry_hash = text.partition(":")
    if not (colon and count.isdecimal() and len(entry_hash) == 64):
        raise WorkbenchError(f"'{text}' is no head.", "write COUNT:HASH, as decisions verify prints it")
    return Head("", int(count), entry_hash.lower())


def _head_in(file: Path) -> Head:
    from workbench.decisions.chain import read_heads
    from workbench.decisions.returning import head_of

    return head_of(file) if file.suffix.lower() == ".xlsx" else read_heads(file)


@decisions.command("export")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The workbook to make, .xlsx.")
@click.option("--control", "ids", multiple=True, help="Only this control; may be given more than once.")
@click.option("--as-of", "as_of", type=DAY, callback=_day, help="The day to look from, where a snapshot is run.")
@click.option("--for", "addressee", default="", metavar="USER", help="Only this one may bring it back.")
@click.option("--by", default="", metavar="USER", help="Who exports.")
@SNAPSHOT
@STORE
@AS_JSON
def export(
    source: Path,
    out: Path,
    ids: tuple[str, ...],
    as_of: date | None,
    addressee: str,
    by: str,
    snapshot: str,
    store: str,
    as_json: bool,
) -> None:
    """Write findings and their decisions as a workbook with drop-downs, to be filled in and brought back.

    SOURCE is a snapshot, a pack, or the findings.parquet or .csv of workbench run.

    \b
    Example:
        workbench decisions export snapshots/2025-03 --out decisions.xlsx
    """
    from workbench.decisions.exporting import export_decisions

    with shown("export") as progress, _opened(store) as opened:
        made = export_decisions(
            opened,
            source,
            out,
            ids=ids,
            as_of=as_of,
            snapshot=snapshot,
            made_by=by or "the command line",
            addressee=addressee,
            export_id=uuid.uuid4().hex[:12],
            progress=progress,
        )
    told = {"file": str(out), "export": made.export_id, "findings": made.findings, "head": made.head.words}
    words = f"{out}: {made.findings:,} findings; fill it in, then workbench decisions import {out} --by YOUR-ID"
    click.echo(json.dumps(told, indent=2) if as_json else words)


@decisions.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@BY
@SNAPSHOT
@STORE
@AS_JSON
def import_file(file: Path, by: str, snapshot: str, store: str, as_json: bool) -> None:
    """Bring a workbook back: conflicts are named row by row, the rest is applied; twice changes nothing more.

    \b
    Example:
        workbench decisions import decisions.xlsx --by U-SG-M1 --snapshot snapshots/2025-03
    """
    from workbench.decisions.importing import import_decisions

    authority = _authority(snapshot, needed=False)
    with _opened(store) as opened:
        done = import_decisions(opened, file, by, authority)
    click.echo(done.as_json() if as_json else done.as_text())
    if not done.holds:
        left = done.counts["conflict"] + done.counts["refused"]
        raise GateError(f"{left:,} of {len(done.rows):,} rows were not applied.", "see the lines above, export again")
