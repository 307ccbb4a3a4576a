"""Pictures of money: bars, a heat table, a line of months; plotly where somebody looks, plain HTML everywhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from typing import Any

from IPython.display import display

from workbench.language import mark, say
from workbench.money import grouped

PLOTLY = "application/vnd.plotly.v1+json"
# A grey that reads on white and on black, for a page whose theme nobody knows; ADAPTS makes it the theme's own.
INK, FAINT, CLEAR = "#757d85", "rgba(128,136,144,0.35)", "rgba(0,0,0,0)"
OVER, UNDER, PLAIN = "#b4531a", "#1f6f8b", "#5b6670"
SIDES = {"over_billed": OVER, "under_billed": UNDER, "at_risk": PLAIN}
SHADES = "31,111,139"
MOST_ROWS, MOST_COLUMNS, MOST_MONTHS = 16, 12, 26
WORDS = 46
# What is written beside the marks takes the colour of the page's own text; words within a bar or cell keep theirs.
BESIDE = (
    ".gtitle", ".xtitle", ".ytitle", ".y2title", ".xtick text", ".ytick text", ".y2tick text", ".legendtext",
    ".cbtitle text", ".cbaxis text", ".bartext-outside",
)  # fmt: skip
ADAPTS = (
    "<style>"
    + ",".join(f".js-plotly-plot {part}" for part in BESIDE)
    + "{fill:var(--jp-content-font-color1,currentColor)!important}</style>"
)


@dataclass(frozen=True)
class Picture:
    """Something to look at twice: `html` is escaped and static, `figure` (data and layout) is plotly's.

    Where somebody looks the figure takes the place of the HTML, and `tables` (HTML too) stand below either. A batch run
    shows the HTML alone; so does a page, a pack, and a notebook that is opened again elsewhere.
    """

    title: str
    html: str
    figure: dict[str, Any] = field(default_factory=dict)
    tables: str = ""

    def _repr_html_(self) -> str:
        return self.html + self.tables

    def _repr_mimebundle_(self, **_options: object) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": repr(self), "text/html": self._repr_html_()}
        if self.figure and os.environ.get("WORKBENCH_MODE") != "batch":
            bundle[PLOTLY] = self.figure
        return bundle

    def _ipython_display_(self) -> None:
        bundle = self._repr_mimebundle_()
        if PLOTLY not in bundle:
            display(bundle, raw=True)  # type: ignore[no-untyped-call]
            return
        display({**bundle, "text/html": self.html}, raw=True)  # type: ignore[no-untyped-call]
        display({"text/plain": " ", "text/html": self.tables + ADAPTS}, raw=True)  # type: ignore[no-untyped-call]

    def __repr__(self) -> str:
        return self.title


@dataclass(frozen=True)
class Bar:
    """One bar: what it is, its amount (or count), and words beside it."""

    words: str
    amount: Decimal
    beside: str = ""


def bars(title: str, rows: Sequence[Bar], currency: str, direction: str, *, whole: Decimal) -> Picture:
    """A Pareto: the bars in the order given, each with its amount, its part of the whole and the parts so far."""
    colour = SIDES.get(direction, PLAIN)
    most = max((abs(row.amount) for row in rows), default=Decimal(0)) or Decimal(1)
    so_far, cells = Decimal(0), []
    for row in rows:
        so_far += row.amount
        cells.append(
            f'<tr><th scope="row" style="{_CELL}text-align:left;font-weight:400;overflow-wrap:anywhere;max-width:30em">'
            f"{escape(row.words)}</th>"
            f'<td style="{_CELL}width:34%"><div style="background-color:{colour};height:14px;min-width:2px;'
            f'width:{_percent(abs(row.amount), most):.1f}%"></div></td>'
            f'<td style="{_CELL}{_RIGHT}">{escape(_money(row.amount, currency))}</td>'
            f'<td style="{_CELL}{_RIGHT}">{_share(row.amount, whole)}</td>'
            f'<td style="{_CELL}{_RIGHT}">{_share(so_far, whole)}</td>'
            f'<td style="{_CELL}">{escape(row.beside)}</td></tr>'
        )
    head = "".join(
        f'<th style="{_CELL}text-align:{side}">{escape(words and say(words))}</th>' for words, side in _PARETO
    )
    html = _framed(title, f"<thead><tr>{head}</tr></thead><tbody>{''.join(cells)}</tbody>", bool(rows))
    return Picture(title, html, _bar_figure(title, rows, currency, colour, whole) if rows else {})


_CELL = "border:0;border-bottom:1px solid rgba(128,128,128,.3);padding:3px 10px 3px 0;vertical-align:middle;"
_RIGHT = "text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums;"
_PARETO = (
    ("", "left"), ("", "left"), (mark("amount"), "right"), (mark("share"), "right"), (mark("so far"), "right"),
    ("", "left"),
)  # fmt: skip


def _framed(title: str, body: str, anything: bool) -> str:
    head = f'<div style="margin:10px 0 4px;font-weight:600">{escape(title)}</div>'
    if not anything:
        return f'{head}<div style="margin:4px 0 10px">{escape(say("Nothing here."))}</div>'
    return (
        f'<div style="overflow-x:auto">{head}<table class="workbench" aria-label="{escape(title)}" '
        f'style="border-collapse:collapse;margin:0 0 8px;min-width:60%">{body}</table></div>'
    )


def _money(amount: Decimal, currency: str) -> str:
    return f"{grouped(amount, currency)} {currency}" if currency else f"{int(amount):,}"


def _percent(part: Decimal, whole: Decimal) -> float:
    # A plot is the one place where money may lose digits.
    return float(part / whole) * 100 if whole else 0.0


def _share(part: Decimal, whole: Decimal) -> str:
    return f"{_percent(part, whole):.0f} %" if whole else ""


def short(words: str, most: int = WORDS) -> str:
    """Words that fit beside a bar."""
    return words if len(words) <= most else f"{words[: most - 1]}…"


def axis(words: str, **more: Any) -> dict[str, Any]:
    """A plotly axis with its title, its lines faint on any page."""
    return {"title": {"text": words}, "gridcolor": FAINT, "zerolinecolor": INK, "automargin": True, **more}


def layout(title: str, x: dict[str, Any], y: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The layout that all live charts share: no paper of its own, so that it reads in either theme."""
    return {
        "title": {"text": escape(title), "font": {"size": 15}, "x": 0.01, "xanchor": "left"},
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": INK},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "margin": {"l": 60, "r": 30, "t": 50, "b": 50},
        "xaxis": x,
        "yaxis": y,
        **more,
    }


def _bar_figure(title: str, rows: Sequence[Bar], currency: str, colour: str, whole: Decimal) -> dict[str, Any]:
    names = [f"{place}. {escape(short(row.words))}" for place, row in enumerate(rows, 1)]
    shares: list[float] = []
    so_far = Decimal(0)
    for row in rows:
        so_far += row.amount
        shares.append(_percent(so_far, whole))
    unit = currency or say("findings")
    shown = {
        "type": "bar", "x": names, "y": [float(abs(row.amount)) for row in rows], "name": unit,
        "marker": {"color": colour}, "text": [escape(_money(row.amount, currency)) for row in rows],
        "hovertemplate": "%{x}<br>%{text}<extra></extra>", "textposition": "auto",
    }  # fmt: skip
    line = {
        "type": "scatter", "mode": "lines+markers", "x": names, "y": shares, "yaxis": "y2", "name": say("so far"),
        "line": {"color": INK}, "hovertemplate": say("{share} % so far", share="%{y:.0f}") + "<extra></extra>",
    }  # fmt: skip
    second = axis(
        say("so far, %"),
        overlaying="y",
        side="right",
        range=[0, 105],
        tickvals=[0, 20, 40, 60, 80, 100],
        showgrid=False,
    )
    more = {"yaxis2": second, "height": 420, "legend": {"orientation": "h", "y": 1.08, "x": 1, "xanchor": "right"}}
    return {"data": [shown, line], "layout": layout(title, axis(""), axis(unit, rangemode="tozero"), **more)}


def heat(
    title: str, cells: Mapping[tuple[str, str], Decimal], currency: str, rows: str, columns: str, *,
    by_name: bool = False,
) -> Picture:  # fmt: skip
    """A heat table: a row and a column per name, the amount in each cell, the deeper the larger.

    The largest rows and columns are shown (columns in the order of their names, months above all; rows too with
    `by_name`), and a line says how many there are.
    """
    down = _largest(cells, 0)
    across = _largest(cells, 1)
    shown_rows = sorted(down[:MOST_ROWS]) if by_name else down[:MOST_ROWS]
    shown_columns = sorted(across[: MOST_MONTHS if "month" in columns or say("month") in columns else MOST_COLUMNS])
    most = max((abs(amount) for amount in cells.values()), default=Decimal(0)) or Decimal(1)
    head = f'<th style="{_CELL}text-align:left">{escape(say(rows))} \\ {escape(say(columns))}</th>' + "".join(
        f'<th scope="col" style="{_CELL}{_RIGHT}">{escape(short(name, 18))}</th>' for name in shown_columns
    )
    body = []
    for row in shown_rows:
        line = "".join(_shaded(cells.get((row, column)), most, currency) for column in shown_columns)
        body.append(
            f'<tr><th scope="row" style="{_CELL}text-align:left;font-weight:400;overflow-wrap:anywhere;min-width:9em">'
            f"{escape(row)}</th>{line}</tr>"
        )
    unit = f" ({currency})" if currency else ""
    html = _framed(f"{title}{unit}", f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody>", bool(cells))
    left = len(down) - len(shown_rows), len(across) - len(shown_columns)
    if any(part > 0 for part in left):
        html += f'<div style="margin:4px 0 10px">{escape(_more(max(left[0], 0), max(left[1], 0)))}</div>'
    return Picture(title, html, _heat_figure(title, cells, shown_rows, shown_columns, currency, (rows, columns)))


def _more(rows: int, columns: int) -> str:
    return say(
        "The largest are shown; {rows} more rows and {columns} more columns are not.",
        rows=f"{rows:,}", columns=f"{columns:,}",
    )  # fmt: skip


def _largest(cells: Mapping[tuple[str, str], Decimal], side: int) -> list[str]:
    sums: dict[str, Decimal] = {}
    for key, amount in cells.items():
        sums[key[side]] = sums.get(key[side], Decimal(0)) + abs(amount)
    return sorted(sums, key=lambda name: (-sums[name], name))


def _shaded(amount: Decimal | None, most: Decimal, currency: str) -> str:
    if not amount:
        return f'<td style="{_CELL}{_RIGHT}"></td>'
    depth = 0.08 + 0.42 * float(abs(amount) / most)
    shown = grouped(amount, currency) if currency else f"{int(amount):,}"
    return f'<td style="{_CELL}{_RIGHT}background-color:rgba({SHADES},{depth:.2f})">{escape(shown)}</td>'


def _heat_figure(
    title: str, cells: Mapping[tuple[str, str], Decimal], rows: Sequence[str], columns: Sequence[str], currency: str,
    named: tuple[str, str],
) -> dict[str, Any]:  # fmt: skip
    if not cells:
        return {}
    values = [
        [float(abs(cells[row, column])) if (row, column) in cells else None for column in columns] for row in rows
    ]
    texts = [
        [grouped(cells[row, column], currency) if (row, column) in cells else "" for column in columns] for row in rows
    ]
    shown = {
        "type": "heatmap", "z": values, "x": [escape(short(name, 24)) for name in columns],
        "y": [escape(short(name, 34)) for name in rows], "text": texts, "texttemplate": "%{text}",
        "colorscale": [[0, "#eef4f6"], [1, UNDER]], "colorbar": {"title": {"text": currency or say("findings")}},
        "hovertemplate": "%{y}, %{x}: %{text} " + currency + "<extra></extra>", "xgap": 1, "ygap": 1,
    }  # fmt: skip
    kinds = {"type": "category"}
    made = layout(
        title, axis(escape(say(named[1])), **kinds), axis(escape(say(named[0])), autorange="reversed", **kinds)
    )
    return {"data": [shown], "layout": {**made, "height": 160 + 28 * len(rows)}}


@dataclass(frozen=True)
class Mark:
    """Something that changed in a month: "2025-03", what kind of thing, and what it was in words."""

    month: str
    kind: str
    words: str


def both_ways(
    title: str, names: Sequence[str], over: Mapping[str, Decimal], under: Mapping[str, Decimal], currency: str, *,
    first: str,
) -> Picture:  # fmt: skip
    """Money both ways for each of some names, never netted; `first` says what the names are."""
    return trend(title, names, over, under, currency, first=first)


def trend(
    title: str, months: Sequence[str], over: Mapping[str, Decimal], under: Mapping[str, Decimal], currency: str,
    marks: Sequence[Mark] = (), *, first: str = "month",
) -> Picture:  # fmt: skip
    """Money both ways month by month, and beside each month what prices, taxes or people changed in it."""
    most = max((abs(amount) for amount in (*over.values(), *under.values())), default=Decimal(0)) or Decimal(1)
    told: dict[str, list[Mark]] = {}
    for change in marks:
        told.setdefault(change.month, []).append(change)
    body = "".join(_month_row(month, over.get(month), under.get(month), most, currency, told) for month in months)
    is_month = first == "month"
    names = (say(first), say("under-billed"), "", "", say("over-billed"), say("changed in it") if is_month else "")
    sides = ("left", "right", "right", "left", "right", "left")
    head = "".join(
        f'<th style="{_CELL}text-align:{side}">{escape(words)}</th>' for words, side in zip(names, sides, strict=True)
    )
    html = _framed(f"{title} ({currency})", f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>", bool(months))
    figure = _trend_figure(title, months, over, under, currency, told, first) if months else {}
    return Picture(title, html, figure)


def _month_row(
    month: str, over: Decimal | None, under: Decimal | None, most: Decimal, currency: str,
    told: Mapping[str, Sequence[Mark]],
) -> str:  # fmt: skip
    def bar(amount: Decimal | None, colour: str, side: str) -> str:
        wide = _percent(abs(amount), most) if amount else 0.0
        style = (
            f"background-color:{colour};height:12px;width:{wide:.1f}%;{'margin-left:auto' if side == 'right' else ''}"
        )
        return f'<td style="{_CELL}width:20%"><div style="{style}"></div></td>'

    def number(amount: Decimal | None) -> str:
        return f'<td style="{_CELL}{_RIGHT}">{escape(grouped(amount, currency)) if amount else ""}</td>'

    words = marks_in_words(told.get(month, ()))
    return (
        f'<tr><th scope="row" style="{_CELL}text-align:left;font-weight:400;white-space:nowrap">{escape(month)}</th>'
        f"{number(under)}{bar(under, UNDER, 'right')}{bar(over, OVER, 'left')}{number(over)}"
        f'<td style="{_CELL}overflow-wrap:anywhere;max-width:34em">{escape(words)}</td></tr>'
    )


def marks_in_words(marks: Sequence[Mark], most: int = 3) -> str:
    """Marks of one month in a line: what of each kind there is, the first few by name."""
    kinds: dict[str, list[str]] = {}
    for change in marks:
        kinds.setdefault(change.kind, []).append(change.words)
    return say("; ").join(_of_kind(kind, words, most) for kind, words in kinds.items())


def _of_kind(kind: str, words: Sequence[str], most: int) -> str:
    names = say(", ").join(words[:most])
    if len(words) <= most:
        return say("{kind}: {names}", kind=kind, names=names)
    return say("{kind}: {names} and {count} more", kind=kind, names=names, count=f"{len(words) - most:,}")


def _trend_figure(
    title: str, months: Sequence[str], over: Mapping[str, Decimal], under: Mapping[str, Decimal], currency: str,
    told: Mapping[str, Sequence[Mark]], first: str,
) -> dict[str, Any]:  # fmt: skip
    def trace(name: str, amounts: Mapping[str, Decimal], colour: str) -> dict[str, Any]:
        return {
            "type": "bar", "name": name, "marker": {"color": colour},
            "x": [escape(short(month, 30)) for month in months],
            "y": [float(amounts.get(month, 0)) for month in months],
            "text": [grouped(amounts[month], currency) if month in amounts else "" for month in months],
            "textposition": "none", "hovertemplate": f"%{{x}}: %{{text}} {currency} {name}<extra></extra>",
        }  # fmt: skip

    marked = [month for month in months if month in told]
    signs = {
        "type": "scatter", "mode": "markers", "name": say("changed"), "x": marked, "y": [0] * len(marked),
        "marker": {"symbol": "diamond", "size": 9, "color": INK},
        "text": [escape(short(marks_in_words(told[month]), 160)) for month in marked],
        "hovertemplate": "%{x}: %{text}<extra></extra>",
    }  # fmt: skip
    made = layout(
        title, axis(say(first), type="category"), axis(currency), barmode="relative", height=380,
        legend={"orientation": "h", "y": 1.1, "x": 1, "xanchor": "right"},
    )  # fmt: skip
    both = [trace(say("over-billed"), over, OVER), trace(say("under-billed"), under, UNDER)]
    return {"data": [*both, signs] if marked else both, "layout": made}


def stacked(title: str, pictures: Sequence[Picture]) -> Picture:
    """Pictures of the same kind below one another, one for each currency; their figures share nothing but the page."""
    data: list[dict[str, Any]] = []
    made: dict[str, Any] = {}
    part = 1 / max(len(pictures), 1)
    for place, each in enumerate(pictures):
        end = "" if place == 0 else str(place + 1)
        traces = [{**trace, "xaxis": f"x{end}", "yaxis": f"y{end}"} for trace in each.figure["data"]]
        data += [{**trace, "showlegend": place == 0} for trace in traces]
        low, high = 1 - part * (place + 1) + part * 0.12, 1 - part * place
        own = each.figure["layout"]
        # The names stand once, below the last.
        quiet = {} if place == len(pictures) - 1 else {"showticklabels": False, "title": {"text": ""}}
        made[f"xaxis{end}"] = {**own["xaxis"], "anchor": f"y{end}", **quiet}
        made[f"yaxis{end}"] = {**own["yaxis"], "anchor": f"x{end}", "domain": [low, high]}
    whole = {**layout(title, {}, {}), **made, "barmode": "relative", "height": 220 + 170 * len(pictures)}
    return Picture(title, "".join(each.html for each in pictures), {"data": data, "layout": whole} if data else {})
