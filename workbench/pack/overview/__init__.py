"""index.html of a folder of packs: each pack's conclusion and money, what is being made, and what failed where."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from workbench.language import counted, mark, say
from workbench.language.retelling import listed, retold
from workbench.pack.earlier import zip_of
from workbench.pack.html import Cell, bare, key, money, number, paragraphs, right, table, text
from workbench.pack.identities import FAILS, HOLDS, said_name
from workbench.pack.summary import shell
from workbench.pack.work import PARAMETERS
from workbench.snapshot import MANIFEST

PAGE = "index.html"
LONGEST_FILE = 64 * 1024 * 1024
VERDICT = re.compile(r'<p class="verdict">(.*?)</p>', re.DOTALL)
NAME = re.compile(r"<h1>(.*?)</h1>", re.DOTALL)
WAYS = ("over_billed", "under_billed", "at_risk")
STATES = {
    "waiting": mark("waiting"),
    "running": mark("running"),
    "made": mark("made"),
    "kept": mark("kept, made before"),
    "failed": mark("FAILED"),
    "interrupted": mark("interrupted"),
}
NUMBER_IN_STATE = {
    "waiting": mark("{packs} waiting"),
    "running": mark("{packs} running"),
    "made": mark("{packs} made"),
    "kept": mark("{packs} kept, made before"),
    "failed": mark("{packs} FAILED"),
    "interrupted": mark("{packs} interrupted"),
}
STARTING, LAST_STAGE = mark("Starting"), mark("Writing the pack")
# Where a notebook failed, as NotebookFailure has it.
CELLS = (mark("cell {number}"), mark("a cell"), mark("its kernel"))
REFRESH = '<meta http-equiv="refresh" content="5">\n<title>'


@dataclass(frozen=True)
class Row:
    """One line of the overview: a pack that is there, or one that is not and why.

    `money` holds (currency, direction, findings, amount); counts are None where the pack does not tell them.
    """

    name: str
    title: str
    period: str
    state: str
    verdict: str = ""
    money: tuple[tuple[str, str, int, Decimal], ...] = ()
    held: int | None = None
    failed: tuple[str, ...] = ()
    identities: int = 0
    open: int | None = None
    not_run: int = 0
    pack_id: str = ""
    zipped: bool = False
    stage: str = ""
    cell: str = ""
    source: str = ""
    error: str = ""


def read_row(folder: Path, state: str = "made") -> Row | None:
    """What a finished pack says of itself; None for a folder that is none. Nothing in it is taken for HTML."""
    if folder.is_symlink() or not (folder / MANIFEST).is_file() or not (folder / PARAMETERS).is_file():
        return None
    fixed, figures, manifest = (_json(folder / name) for name in (PARAMETERS, "funnel.json", MANIFEST))
    entity = fixed.get("entity")
    page = _text(folder / "summary.html")
    told = [entry for entry in figures.get("identities", []) if isinstance(entry, dict) and "name" in entry]
    states = [entry.get("state") for entry in told]
    opened = figures.get("totals", {}).get("open") if isinstance(figures.get("totals"), dict) else None
    return Row(
        name=folder.name,
        title=_found(NAME, page) or str((entity.get("id") if isinstance(entity, dict) else "") or folder.name),
        period=str(fixed.get("period", "")),
        state=state,
        verdict=_found(VERDICT, page),
        money=tuple(_money(figures)),
        held=states.count(HOLDS) if states else None,
        failed=tuple(str(entry["name"]) for entry in told if entry.get("state") == FAILS),
        identities=len(states),
        open=opened if isinstance(opened, int) else None,
        not_run=len(figures.get("not_run", ())),
        pack_id=str(manifest.get("pack_id", "")),
        zipped=zip_of(folder).is_file(),
    )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8") if file.stat().st_size < LONGEST_FILE else ""
    except (OSError, UnicodeDecodeError):
        return ""


def _json(file: Path) -> dict[str, Any]:
    """The object in a file; empty where there is none, so that one damaged pack does not hide the others."""
    try:
        found = json.loads(_text(file))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _found(pattern: re.Pattern[str], page: str) -> str:
    words = pattern.search(page)
    return unescape(re.sub(r"<[^>]*>", "", words[1])).strip() if words else ""


def _money(figures: dict[str, Any]) -> Iterator[tuple[str, str, int, Decimal]]:
    """Findings and amounts per currency and direction over all controls; currencies are never added."""
    sums: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for control in figures.get("controls", {}).values():
        for part in control.get("money", ()):
            try:
                amount = Decimal(part["amount"])
                where = (str(part["currency"] or ""), str(part["direction"]))
                found = int(part["findings"])
            except (KeyError, TypeError, ValueError, InvalidOperation):
                continue
            before = sums.get(where, (0, Decimal(0)))
            sums[where] = (before[0] + found, before[1] + amount)
    for (currency, direction), (findings, amount) in sorted(sums.items()):
        yield currency, direction, findings, amount


def overview_page(rows: Sequence[Row]) -> str:
    """The whole page, newest period first, failures on top; it loads itself again while something is running."""
    periods = sorted({row.period for row in rows}, reverse=True)
    body = "".join(_period(period, [row for row in rows if row.period == period]) for period in periods)
    kicker, title = text(say("Billing audit packs")), text(say("Monthly review"))
    front = f'<header><p class="kicker">{kicker}</p>\n<h1>{title}</h1></header>\n'
    page = shell(say("Audit packs"), front + (body or paragraphs([say("No pack yet.")])))
    running = any(row.state in {"running", "waiting"} for row in rows)
    return page.replace("<title>", REFRESH, 1) if running else page


def _period(period: str, rows: Sequence[Row]) -> str:
    failed = [row for row in rows if row.state == "failed"]
    ways = (right(say("Over-billed")), right(say("Under-billed")), right(say("At risk")))
    head = [say("Pack"), say("State"), say("Conclusion"), *ways, say("Identities")]
    shown = table([*head, right(bare(mark("Open {value}"))), say("Pack id")], map(_cells, rows))
    counts = {state: sum(row.state == state for row in rows) for state in STATES}
    said = listed(say(NUMBER_IN_STATE[state], packs=f"{count:,}") for state, count in counts.items() if count)
    stop, title = "".join(map(_failure, failed)), text(period or say("No period"))
    return f"<section><h2>{title}</h2>\n<p>{text(said)}</p>\n{stop}{shown}</section>\n"


def _failure(row: Row) -> str:
    failed = text(say("{name} FAILED", name=row.title))
    head = f"<strong>{failed}</strong>"
    if row.cell:
        place = retold(row.cell, CELLS)
        head = text(say("{name} in {place}", name="[[name]]", place=place)).replace("[[name]]", head, 1)
    source = f"<pre>{text_lines(row.source)}</pre>\n" if row.source else ""
    error = f"<pre>{text_lines(row.error)}</pre>"
    return f'<div class="stop" role="alert"><p>{head}</p>\n{source}{error}</div>\n'


def text_lines(words: str) -> str:
    """Text of several lines, escaped line by line."""
    return "\n".join(map(text, words.splitlines()))


def _cells(row: Row) -> list[object]:
    there = row.state in {"made", "kept"}
    name = f"<b>{text(row.title)}</b>"
    if there:
        name = f'<a href="{quote(row.name)}/summary.html">{name}</a>'
        name += f'<br><a href="{quote(row.name)}.zip"><small>zip</small></a>' if row.zipped else ""
    lacking = text(counted(row.not_run, "{count} control not run", "{count} controls not run"))
    stage = f"<br><small>{text(_stage(row.stage))}</small>" if row.stage else ""
    state = text(say(STATES[row.state]) if row.state in STATES else row.state)
    return [
        Cell(name),
        Cell(state + stage),
        Cell(text(row.verdict) + (f"<br><small>{lacking}</small>" if row.not_run else "")),
        *(_side(row, way) for way in WAYS),
        Cell(_identities(row)),
        number(row.open) if row.open is not None else right(""),
        key(row.pack_id[:16]),
    ]


def _stage(stage: str) -> str:
    """What a pack in the making is at: a heading of its notebook, as catalogues have it, or a stage of our own."""
    heading = say(f"## {stage}").removeprefix("## ")
    return heading if heading != stage else say(stage)


def _side(row: Row, way: str) -> Cell:
    """Each currency on a line of its own, with how many findings there are."""
    lines = []
    for currency, direction, findings, amount in row.money:
        if direction == way:
            shown = text(say("no amount"))
            if amount:
                shown = money(amount, currency or None, signed=way != "at_risk").html
            lines.append(f"{shown} <small>({findings:,})</small>")
    return Cell("<br>".join(lines), "number")


def _identities(row: Row) -> str:
    if row.held is None:
        return ""
    if row.failed:
        names = "<br>".join(f"<small>{text(said_name(name))}</small>" for name in row.failed[:3])
        wrong = text(say("{number} FAILED", number=len(row.failed)))
        return f"<strong>{wrong}</strong><br>{names}"
    unshown = row.identities - row.held
    beside = text(say("{number} cannot be shown", number=unshown))
    return text(say("{number} hold", number=row.held)) + (f"<br><small>{beside}</small>" if unshown else "")
