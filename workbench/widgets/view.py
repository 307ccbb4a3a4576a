"""What a specialist asked to see, as a value: facets, words, order and columns, the same as small JSON and as code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.language import mark

FACETS = {
    "family": mark("Family"),
    "control": mark("Control"),
    "cause": mark("Cause"),
    "severity": mark("Severity"),
    "direction": mark("Direction"),
    "decision": mark("Decision"),
    "customer": mark("Customer"),
    "entity": mark("Entity"),
    "product": mark("Product"),
    "owner": mark("Owner"),
    "month": mark("Month"),
    "amount": mark("Amount, in its own currency"),
    "currency": mark("Currency"),
    "suppressed": mark("Suppressed as"),
}
# The same in fewer words, beside a chosen value.
FACETS_IN_SHORT = {**FACETS, "amount": mark("Amount")}
# Facets that a grid has a column for, then what only a row has.
COLUMNS = {
    "severity": mark("Severity"),
    "control": mark("Control"),
    "customer": mark("Customer"),
    "impact": mark("Impact"),
    "direction": mark("Direction"),
    "date": mark("Date"),
    "decision": mark("Decision"),
    "subject": mark("Subject"),
    "expected": mark("Expected"),
    "billed": mark("Billed"),
    "reason": mark("Reason"),
    "family": mark("Family"),
    "title": mark("Question"),
    "cause": mark("Cause"),
    "entity": mark("Entity"),
    "product": mark("Product"),
    "owner": mark("Owner"),
    "month": mark("Month"),
    "suppressed": mark("Suppressed as"),
    "finding": mark("Finding"),
}
MONEY_COLUMNS = ("impact", "expected", "billed")
SHOWN_FIRST = tuple(COLUMNS)[:11]
WAYS = ("asc", "desc")
PARTS = ("facets", "search", "sort", "columns", "suppressed", "findings")
FEW_IDS = 50
SORT = (("severity", "asc"),)
Values = tuple[str | None, ...]


@dataclass(frozen=True)
class View:
    """Chosen values per facet, words to look for, an order, columns, and suppressed candidates or not.

    Values of one facet are alternatives, facets narrow one another; None among the values means none. Sorting by an
    amount sorts within each currency. `findings` narrows to these ids. Raises UnknownNameError for a facet or a column
    that is none.

    Example:
        >>> View.read({"facets": {"control": ["ACC-03"]}, "sort": [["impact", "desc"]]})
    """

    facets: Mapping[str, Values] = field(default_factory=dict)
    search: str = ""
    sort: tuple[tuple[str, str], ...] = SORT
    columns: tuple[str, ...] = SHOWN_FIRST
    suppressed: bool = False
    findings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.facets:
            known("facet", name, FACETS)
        for name, way in self.sort:
            known("column to sort by", name, COLUMNS)
            known("way to sort", way, WAYS)
        for name in self.columns:
            known("column", name, COLUMNS)

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Self:
        """A view from its JSON, every part of which may be left out; WorkbenchError for what is none."""
        for name in plain:
            known("part of a view", name, PARTS)
        try:
            facets = {name: several(values) for name, values in plain.get("facets", {}).items()}
            return cls(
                facets={name: values for name, values in facets.items() if values},
                search=str(plain.get("search", "")).strip(),
                sort=tuple((str(name), str(way)) for name, way in plain.get("sort") or SORT),
                columns=tuple(dict.fromkeys(map(str, plain.get("columns") or SHOWN_FIRST))),
                suppressed=bool(plain.get("suppressed", False)),
                findings=tuple(map(str, plain.get("findings", ()))),
            )
        except (AttributeError, TypeError, ValueError) as error:
            raise WorkbenchError(
                f"{json.dumps(dict(plain), default=str)[:200]} is no view: {error}.",
                'write {"facets": {"control": ["ACC-03"]}, "search": "", "sort": [["impact", "desc"]]}',
            ) from error

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON values, without what is as it is at first: small, and the same for the same view."""
        plain: dict[str, Any] = {
            "facets": {name: list(self.facets[name]) for name in FACETS if self.facets.get(name)},
            "search": self.search,
            "sort": [list(pair) for pair in self.sort] if self.sort != SORT else [],
            "columns": list(self.columns) if self.columns != SHOWN_FIRST else [],
            "suppressed": self.suppressed,
            "findings": list(self.findings),
        }
        return {name: value for name, value in plain.items() if value}

    def code(self, findings: str = "findings", snapshot: str = "snapshot") -> str:
        """The Python that shows the same rows; `findings` and `snapshot` are the names of the variables."""
        if len(self.findings) > FEW_IDS:
            saved = f"wb.explore({findings}, {snapshot}, view='its name')"
            return f"# {len(self.findings):,} ids: save this view, then {saved}"
        plain = self.as_json()
        view = f", view={plain!r}" if plain else ""
        return f"wb.explore({findings}, {snapshot}{view})"

    def toggled(self, facet: str, value: str | None) -> Self:
        """The view with one more value chosen in a facet, or without it where it was."""
        before = self.facets.get(facet, ())
        values = tuple(other for other in before if other != value) if value in before else (*before, value)
        rest = {name: chosen for name, chosen in self.facets.items() if name != facet}
        return replace(self, facets={**rest, facet: values} if values else rest)


def several(value: str | Iterable[str | None] | None) -> Values:
    """One value or many as a tuple, each once."""
    if value is None or isinstance(value, str):
        return (value,)
    return tuple(dict.fromkeys(None if word is None else str(word) for word in value))


def known(kind: str, name: str, names: Iterable[str]) -> str:
    """The name; UnknownNameError where it is none of these."""
    words = list(names)
    if name not in words:
        raise UnknownNameError(kind, name, words)
    return name
