"""An intake to look at: what was read, what each heading was taken for, what was assumed and what is left to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.intake.columns import DELIVERIES, LINES, PRICES
from workbench.intake.copying import why_copied
from workbench.markup import html_table

if TYPE_CHECKING:
    from workbench.intake.sheets import Sheet
    from workbench.intake.taking import Intake

VALUES = 3
KINDS = {LINES: "invoice lines", PRICES: "a price list", DELIVERIES: "deliveries"}
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def sentence(taken: Intake, sheet: Sheet) -> str:
    """What was read of a sheet, in a sentence."""
    parts = [f"{sheet.rows:,} rows and {len(sheet.headings):,} columns, read as {KINDS[sheet.export]}"]
    if sheet.written:
        parts.append(f"{sheet.written.called}, by {DELIMITERS.get(sheet.written.delimiter, sheet.written.delimiter)}")
    if sheet.header > 1:
        parts.append(f"headings in row {sheet.header}")
    sign = taken.decimal_sign if sheet.export == LINES else sheet.decimal_sign
    parts.append({",": "decimal comma", ".": "decimal point"}.get(sign, "decimal sign not clear"))
    if why := why_copied(sheet, taken.first):
        parts.append(f"a copy is loaded, because {why}")
    return f"{sheet.name}: {'; '.join(parts)}"


def rows(sheet: Sheet) -> list[list[str]]:
    """Every heading with what it was taken for, how sure that is, and its first values."""
    by_heading = {entry.heading: (name, entry) for name, entry in sheet.taken.items()}
    found = []
    for each in sheet.headings:
        name, entry = by_heading.get(each.text, ("", None))
        values = list(dict.fromkeys(value.strip() for value in each.values if value.strip()))[:VALUES]
        how = entry.how if entry else "not used"
        found.append([each.text, name.replace("_", " ") if name else "", how, " · ".join(values)[:80]])
    return found


def assumed(taken: Intake) -> list[list[str]]:
    """What stands where no column says it, and what is computed."""
    found = [[name, value, where] for name, (value, where) in taken.constants.items()]
    for name in taken.computed:
        way = {"net of gross": "gross less tax", "net": "quantity x unit price, less discount"}.get(
            name, "of the other two" if len(taken.computed) == 1 else "1, and the amount as its price"
        )
        found.append([name.split()[0].replace("_", " "), "computed", way])
    return found


def to_say(taken: Intake) -> list[str]:
    """What has to be said before it can be loaded, as calls."""
    return [f"{what}: wb.intake(file, {fix})" for what, fix in taken.unclear.items()]


def as_text(taken: Intake) -> str:
    """The same in lines."""
    lines = []
    for sheet in taken.sheets:
        lines.append(sentence(taken, sheet))
        lines += [f"  {heading} -> {name or '-'} ({how})" for heading, name, how, _ in rows(sheet)]
    lines += [f"  {name}: {value}, {where}" for name, value, where in assumed(taken)]
    lines += [f"not read: {name}" for name in taken.aside]
    return "\n".join([*lines, *(f"to be said: {line}" for line in to_say(taken))])


def as_html(taken: Intake) -> str:
    """The same as tables."""
    columns = ["heading", "taken for", "how sure", "first values"]
    parts = [html_table(columns, rows(sheet), caption=sentence(taken, sheet)) for sheet in taken.sheets]
    if assumed(taken):
        parts.append(html_table(["field", "stands", "why"], assumed(taken), caption="Where no column says it"))
    if taken.aside:
        parts.append(html_table(["not read"], [[name] for name in taken.aside]))
    if lines := to_say(taken):
        parts.append(html_table(["to be said before it can be loaded"], [[line] for line in lines]))
    return "".join(parts)
