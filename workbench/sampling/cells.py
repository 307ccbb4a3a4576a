"""The cells of sample.csv: ids that stay text in every spreadsheet, and what a person wrote beside them."""

from __future__ import annotations

from workbench.plaintext import as_text


def from_text(value: object) -> str:
    """The text that as_text made safe, as it was before."""
    cell = "" if value is None else str(value)
    return cell[1:] if cell.startswith("'") and as_text(cell[1:]) == cell else cell
