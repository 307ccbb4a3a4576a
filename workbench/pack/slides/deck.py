"""What slides are built of: a title that says it, native charts and tables, notes; long text is cut, never spilled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.chart.series import BarSeries
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.slide import Slide
from pptx.table import _Cell
from pptx.text.text import TextFrame, _Paragraph
from pptx.util import Emu, Inches, Pt

from workbench.language import ENGLISH, language
from workbench.pack.pdf.signs import spelt, width
from workbench.plaintext import printable

WIDTH, HEIGHT = Inches(13.333), Inches(7.5)
LEFT, TOP, ACROSS, DEEP = 0.55, 1.55, 12.23, 5.3
FONT = "Arial"
LANGUAGES = {"ja": "ja-JP", "zh": "zh-CN", "ko": "ko-KR"}
# Office has these on every system in the language, and LibreOffice knows what to take in their place.
EASTERN = {"ja": "Meiryo", "zh_CN": "Microsoft YaHei"}
INK, QUIET, LINE, HEAD = "1D252C", "55616B", "D5DBE0", "F4F6F7"
OVER, UNDER, RISK, BAD = "B4531A", "1F6F8B", "6B5B95", "A3161F"
DOTS = "\N{HORIZONTAL ELLIPSIS}"
# Points per inch, and how much wider Arial runs than the widths that text is measured by.
POINTS, ARIAL = 72, 1.1
# Room for the words at the end of a bar, as a part of the whole axis.
BESIDE = 0.22
# Sizes of a title and how many lines of each there is room for.
TITLE, OPENING = ((26, 1.85), (22, 1.85), (18, 1.85)), ((40, 0.95), (28, 1.85))


@dataclass(frozen=True)
class Series:
    """Bars of one colour: a value per category (None for no bar) and the exact words beside each."""

    name: str
    colour: str
    values: Sequence[Decimal | int | None]
    labels: Sequence[str]


@dataclass(frozen=True)
class Chart:
    """A bar chart: words that say it to who cannot see it, categories from top to bottom, and its series.

    Series share a line, each on its side of the axis, or have lines of their own (`beside`).
    Categories begin with a letter of ours: the chart's own workbook takes what begins with = for a formula.
    """

    words: str
    categories: Sequence[str]
    series: Sequence[Series]
    beside: bool = False


@dataclass(frozen=True)
class Table:
    """A table: words that say it, head, rows of text, widths in inches, columns of numbers, lines of a row."""

    words: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    numbers: frozenset[int] = frozenset()
    lines: int = 1
    size: float = 11


def plain(text: str) -> str:
    """A text on one line; signs that turn the reading direction or end a line are blanks, as on the pages."""
    return printable(text)


def cut(text: str, inches: float, points: float) -> str:
    """A text that fits on a line of this length in letters of this size; what is cut off is three dots."""
    room = inches * POINTS / points / ARIAL
    whole = plain(text)
    if width(whole) <= room:
        return whole
    kept, used = [], width(DOTS)
    for sign in whole:
        used += width(sign)
        if used > room:
            break
        kept.append(sign)
    return "".join(kept).rstrip() + DOTS


class Deck:
    """Slides of one look, from the plainest template there is."""

    def __init__(self, footer: str) -> None:
        self.footer = footer
        self.file = Presentation()
        self.file.slide_width, self.file.slide_height = WIDTH, HEIGHT
        if language() != ENGLISH:
            self.file.core_properties.language = spoken()
        _widen(self.file.slide_master.placeholders)
        for layout in self.file.slide_layouts:
            _widen(layout.placeholders)

    def slide(self, title: str, notes: str, opening: bool = False) -> Slide:
        """A new slide; the title, one sentence, shrinks and is cut before it takes a third line."""
        slide = self.file.slides.add_slide(self.file.slide_layouts[5])
        shape = slide.shapes.title
        assert shape is not None  # noqa: S101 - the layout has one
        deep = 1.3 if opening else 0.95
        shape.left, shape.top, shape.width, shape.height = map(Inches, (LEFT, 0.4, ACROSS, deep))
        size = next((size for size, lines in (OPENING if opening else TITLE) if _fits(title, size, lines)), 18)
        frame = shape.text_frame
        frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.BOTTOM if opening else MSO_ANCHOR.TOP
        frame.margin_left = frame.margin_right = Emu(0)
        frame.paragraphs[0].alignment = PP_ALIGN.LEFT
        words(frame.paragraphs[0], cut(title, ACROSS * 1.9, size), size, bold=True)
        slide.notes_slide.notes_text_frame.text = notes
        if language() != ENGLISH:
            for paragraph in slide.notes_slide.notes_text_frame.paragraphs:
                for run in paragraph.runs:
                    run._r.get_or_add_rPr().set("lang", spoken())  # there is no other way to a language
        _foot(slide, self.footer)
        return slide


def spoken() -> str:
    """The language in force as a presentation names it: en-US, zh-CN, ja-JP."""
    return LANGUAGES.get(language().partition("_")[0], "en-US")


def _fits(title: str, size: int, lines: float) -> bool:
    return width(title) * size * ARIAL <= ACROSS * POINTS * lines


def _widen(placeholders: Any) -> None:
    """Placeholders of the narrow template over the whole of a wide slide."""
    for shape in placeholders:
        for extent in shape._element.iter(qn("a:off"), qn("a:ext")):
            for name in ("x", "cx"):
                if extent.get(name):
                    extent.set(name, str(round(int(extent.get(name)) * WIDTH / 9144000)))


def _foot(slide: Slide, footer: str) -> None:
    box = slide.shapes.add_textbox(*map(Inches, (LEFT, 7.03, ACROSS, 0.3)))
    box.name = "Footer"
    frame = box.text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = Emu(0)
    paragraph = frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.LEFT
    words(paragraph, f"{footer}   ", 9, QUIET)
    run = parse_xml(
        f'<a:fld {nsdecls("a")} id="{{6B1A1E5C-0000-4000-8000-000000000001}}" type="slidenum">'
        f'<a:rPr lang="{spoken()}" sz="900"><a:solidFill><a:srgbClr val="{QUIET}"/></a:solidFill></a:rPr>'
        "<a:t>\u2039#\u203a</a:t></a:fld>"
    )
    paragraph._p.append(run)  # there is no other way to a field


def words(paragraph: _Paragraph, text: str, size: float, colour: str = INK, *, bold: bool = False) -> None:
    """Text as runs, East Asian names marked with their language so that each machine takes a font it has for them."""
    for piece, east in spelt(text):
        run = paragraph.add_run()
        run.text = piece
        run.font.size, run.font.bold, run.font.name = Pt(size), bold, FONT
        run.font.color.rgb = RGBColor.from_string(colour)
        marks = run._r.get_or_add_rPr()  # there is no other way to a language
        marks.set("lang", LANGUAGES.get(east, "en-US"))
        if east:
            marks.set("altLang", "en-US")
            _name_eastern(marks)


def _name_eastern(marks: Any) -> None:
    """A typeface for East Asian signs where the document is written in them; else each machine takes its own."""
    if language() in EASTERN:
        marks.append(parse_xml(f'<a:ea {nsdecls("a")} typeface="{EASTERN[language()]}"/>'))


def add_text(slide: Slide, lines: Sequence[tuple[str, float, str]], top: float, deep: float, across: float = 0) -> None:
    """Paragraphs of (text, size, colour) below each other; each is cut at three lines."""
    box = slide.shapes.add_textbox(*map(Inches, (LEFT, top, across or ACROSS, deep)))
    frame = box.text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = Emu(0)
    for place, (text, size, colour) in enumerate(lines):
        paragraph = frame.paragraphs[0] if not place else frame.add_paragraph()
        paragraph.space_after = Pt(6)
        words(paragraph, cut(text, (across or ACROSS) * 2.8, size), size, colour)


def add_table(slide: Slide, table: Table, left: float = LEFT, top: float = TOP) -> None:
    """A native table, every cell cut to the lines of a row, so that no row grows."""
    deep = table.size * (0.9 + 1.2 * table.lines) / POINTS
    rows, columns = len(table.rows) + 1, len(table.head)
    frame = slide.shapes.add_table(rows, columns, *map(Inches, (left, top, sum(table.widths), deep * rows)))
    frame.name = plain(table.words[:60])
    frame._element.nvGraphicFramePr.cNvPr.set("descr", plain(table.words))  # there is no other way to it
    made = frame.table
    made.horz_banding = False
    for place, wide in enumerate(table.widths):
        made.columns[place].width = Inches(wide)
    for row, values in enumerate([table.head, *table.rows]):
        made.rows[row].height = Inches(deep)
        for column, value in enumerate(values):
            room = (table.widths[column] - 0.14) * (0.94 if not row else 1 if table.lines == 1 else 0.85 * table.lines)
            right, size = column in table.numbers, table.size
            text = plain(value) if right and row else cut(value, room, size)
            # An amount is never cut: a long one is set smaller.
            size = max(4.0, min(size, room * POINTS / ARIAL / max(width(text), 1.0)))
            _fill(made.cell(row, column), text, size, right=right, head=not row)


def _fill(cell: _Cell, value: str, size: float, right: bool, head: bool) -> None:
    cell.margin_left = cell.margin_right = Inches(0.06)
    cell.margin_top = cell.margin_bottom = Inches(0.02)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    cell.fill.solid()
    cell.fill.fore_color.rgb = RGBColor.from_string(HEAD if head else "FFFFFF")
    frame: TextFrame = cell.text_frame
    frame.word_wrap = True
    paragraph = frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
    words(paragraph, value, size, bold=head)
    properties = cell._tc.get_or_add_tcPr()  # there is no other way to a border
    border = f'<a:lnB {nsdecls("a")} w="6350"><a:solidFill><a:srgbClr val="{LINE}"/></a:solidFill></a:lnB>'
    properties.insert(0, parse_xml(border))


def add_chart(slide: Slide, chart: Chart, left: float = LEFT, top: float = TOP, across: float = ACROSS) -> None:
    """A native bar chart that can be edited; floats only draw the bars, the words beside them are exact text."""
    data = CategoryChartData()
    data.categories = list(chart.categories)
    for series in chart.series:
        data.add_series(series.name, [None if value is None else float(value) for value in series.values])
    kind = XL_CHART_TYPE.BAR_CLUSTERED
    lines = len(chart.categories) * (len(chart.series) if chart.beside else 1)
    deep = min(DEEP, 1.2 + 0.45 * lines)
    frame = slide.shapes.add_chart(kind, *map(Inches, (left, top, across, deep)), data)
    frame.name = plain(chart.words[:60])
    frame._element.nvGraphicFramePr.cNvPr.set("descr", plain(chart.words))  # there is no other way to it
    made = frame.chart
    made.has_title = False
    made.font.size, made.font.name = Pt(10), FONT
    _name_eastern(made.font._rPr)
    made.has_legend = len(chart.series) > 1
    if made.has_legend:
        made.legend.position, made.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    made.category_axis.reverse_order = True
    made.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    made.category_axis.has_major_gridlines = False
    made.category_axis.format.line.color.rgb = RGBColor.from_string(QUIET)
    made.value_axis.visible = False
    made.value_axis.has_major_gridlines = False
    drawn = [float(value) for series in chart.series for value in series.values if value is not None]
    low, high = min([0.0, *drawn]), max([0.0, *drawn])
    made.value_axis.minimum_scale = low - BESIDE * (high - low) if low else 0.0
    made.value_axis.maximum_scale = high + BESIDE * (high - low) if high else 0.0
    plot = made.plots[0]
    plot.gap_width, plot.overlap = 45, 0 if chart.beside else 100
    for series, bars in zip(chart.series, plot.series, strict=True):
        _draw(bars, series)


def _draw(bars: BarSeries, series: Series) -> None:
    bars.invert_if_negative = False
    bars.format.fill.solid()
    bars.format.fill.fore_color.rgb = RGBColor.from_string(series.colour)
    for place, label in enumerate(series.labels):
        if series.values[place] is not None:
            shown = bars.points[place].data_label
            shown.text_frame.word_wrap = False
            words(shown.text_frame.paragraphs[0], label, 10)
            shown.position = XL_LABEL_POSITION.OUTSIDE_END
