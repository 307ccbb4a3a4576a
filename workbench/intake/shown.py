"""An intake to look at: what was read, what each heading was taken for, what was assumed and what is left to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.intake.columns import DELIVERIES, LINES, PRICES
from workbench.intake.copying import WHY_COPIED, why_copied
from workbench.intake.field_words import field_in_words
from workbench.language import mark, say
from workbench.language.retelling import joined, retold
from workbench.markup import html_table

if TYPE_CHECKING:
    from workbench.intake.sheets import Sheet
    from workbench.intake.taking import Intake

VALUES = 3
KINDS = {
    LINES: mark("{rows} rows and {columns} columns, read as invoice lines"),
    PRICES: mark("{rows} rows and {columns} columns, read as a price list"),
    DELIVERIES: mark("{rows} rows and {columns} columns, read as deliveries"),
}
DELIMITERS = {",": mark("comma"), ";": mark("semicolon"), "\t": mark("tab"), "|": mark("bar")}
SIGNS = {",": mark("decimal comma"), ".": mark("decimal point")}
NOT_CLEAR, NOT_USED, NOT_READ = mark("decimal sign not clear"), mark("not used"), mark("not read")
WAYS = {
    "net of gross": mark("gross less tax"),
    "net": mark("quantity x unit price, less discount"),
    "one": mark("of the other two"),
    "both": mark("1, and the amount as its price"),
}
FIXES = (mark('{field}="one of its headings"'), mark('decimal="," or decimal="."'))


def sentence(taken: Intake, sheet: Sheet) -> str:
    """What was read of a sheet, in a sentence."""
    parts = [say(KINDS[sheet.export], rows=f"{sheet.rows:,}", columns=f"{len(sheet.headings):,}")]
    if sheet.written:
        between = retold(DELIMITERS.get(sheet.written.delimiter, sheet.written.delimiter), tuple(DELIMITERS.values()))
        parts.append(say("{encoding}, by {delimiter}", encoding=sheet.written.called, delimiter=between))
    if sheet.header > 1:
        parts.append(say("headings in row {row}", row=sheet.header))
    sign = taken.decimal_sign if sheet.export == LINES else sheet.decimal_sign
    parts.append(say(SIGNS.get(sign, NOT_CLEAR)))
    if why := why_copied(sheet, taken.first):
        parts.append(say("a copy is loaded, because {why}", why=retold(why, WHY_COPIED)))
    return say("{file}: {what}", file=sheet.name, what=joined(parts))


def rows(sheet: Sheet) -> list[list[str]]:
    """Every heading with what it was taken for, how sure that is, and its first values."""
    by_heading = {entry.heading: (name, entry) for name, entry in sheet.taken.items()}
    found = []
    for each in sheet.headings:
        name, entry = by_heading.get(each.text, ("", None))
        values = list(dict.fromkeys(value.strip() for value in each.values if value.strip()))[:VALUES]
        how = say(entry.how if entry else NOT_USED)
        found.append([each.text, field_in_words(name), how, " · ".join(values)[:80]])
    return found


def assumed(taken: Intake) -> list[list[str]]:
    """What stands where no column says it, and what is computed."""
    found = [[field_in_words(name), value, say(where)] for name, (value, where) in taken.constants.items()]
    for name in taken.computed:
        way = WAYS.get(name, WAYS["one" if len(taken.computed) == 1 else "both"])
        found.append([field_in_words(name.split()[0]), say("computed"), say(way)])
    return found


def to_say(taken: Intake) -> list[str]:
    """What has to be said before it can be loaded, as calls."""
    return [
        say("{what}: wb.intake(file, {fix})", what=say(what), fix=retold(fix, FIXES))
        for what, fix in taken.unclear.items()
    ]


def as_text(taken: Intake) -> str:
    """The same in lines."""
    lines = []
    for sheet in taken.sheets:
        lines.append(sentence(taken, sheet))
        for heading, name, how, _ in rows(sheet):
            lines.append("  " + say("{heading} -> {field} ({how})", heading=heading, field=name or "-", how=how))
    for name, value, where in assumed(taken):
        lines.append("  " + say("{field}: {value}, {why}", field=name, value=value, why=where))
    lines += [say("not read: {file}", file=name) for name in taken.aside]
    return "\n".join([*lines, *(say("to be said: {what}", what=line) for line in to_say(taken))])


def as_html(taken: Intake) -> str:
    """The same as tables."""
    columns = [mark("heading"), mark("taken for"), mark("how sure"), mark("first values")]
    parts = [html_table(columns, rows(sheet), caption=sentence(taken, sheet)) for sheet in taken.sheets]
    if assumed(taken):
        columns = [mark("field"), mark("stands"), mark("why")]
        parts.append(html_table(columns, assumed(taken), caption=say("Where no column says it")))
    if taken.aside:
        parts.append(html_table([NOT_READ], [[name] for name in taken.aside]))
    if lines := to_say(taken):
        parts.append(html_table([mark("to be said before it can be loaded")], [[line] for line in lines]))
    return "".join(parts)
