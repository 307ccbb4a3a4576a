"""What one pack is about: a month, an entity, and names for both that are safe on every disk."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date

from workbench.engine import Engine
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.language.formats import MONTHS, day_in_words, month_in_words

EVERY = ""
NO_ENTITY = "no-entity"
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
DOCUMENTS = """
select entity_id, count(*) as documents
from (
    select entity_id, order_date as day from orders
    union all select entity_id, coalesce(delivered_on, shipped_on) from deliveries
    union all select entity_id, invoice_date from invoices
    union all select entity_id, received_on from receipts
) as document
where $first::date is null or (day >= $first::date and day < $end::date)
group by entity_id
order by entity_id
"""


@dataclass(frozen=True)
class Period:
    """A calendar month: from its first day to, half-open, the first day of the next, which is the as-of date too."""

    text: str
    first: date
    end: date

    @property
    def words(self) -> str:
        """The month as people say it, "March 2025"."""
        return month_in_words(self.first)

    @property
    def english(self) -> str:
        """The same in English, for errors."""
        return f"{MONTHS[self.first.month - 1]} {self.first.year}"


def read_period(text: str) -> Period:
    """A period from "YYYY-MM"; WorkbenchError where it is none."""
    found = re.fullmatch(r"(\d{4})-(\d{2})", text, re.ASCII)
    year, month = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (1 <= month <= 12 and 1 <= year < 9999):
        raise WorkbenchError(f"The period '{text}' is no month.", "give it as YYYY-MM, for example --period 2025-03")
    return Period(text, date(year, month, 1), date(year + month // 12, month % 12 + 1, 1))


def newest_period(database: Engine) -> Period:
    """The newest month with an invoice; WorkbenchError where there is none."""
    newest = database.query("select cast(max(invoice_date) as varchar) as day from invoices")["day"][0].as_py()
    if newest is None:
        raise WorkbenchError(
            "The snapshot holds no invoice, so there is no month to review.", "give a period as YYYY-MM"
        )
    return read_period(newest[:7])


def in_words(day: date) -> str:
    """A date as people read it, "1 April 2025"."""
    return day_in_words(day)


def safe_name(entity: str | None) -> str:
    """A file name for an entity; an id with anything but plain letters in it gets eight digits of its hash."""
    if entity is None:
        return NO_ENTITY
    if PLAIN.fullmatch(entity) and entity.lower() != NO_ENTITY:
        return entity
    plain = re.sub(r"[^A-Za-z0-9]+", "_", entity)[:40].strip("_")
    return f"{plain or 'entity'}-{hashlib.sha256(entity.encode()).hexdigest()[:8]}"


def entity_names(database: Engine) -> dict[str, str]:
    """The name of every entity by id."""
    rows = database.query("select entity_id, name from entities where entity_id is not null order by entity_id")
    return {row["entity_id"]: row["name"] or row["entity_id"] for row in rows.to_pylist()}


def require_entity(database: Engine, entity: str) -> None:
    """Raise UnknownNameError for an id that is neither among the entities nor on any document."""
    known = {*entity_names(database), *filter(None, documents(database))}
    if entity not in known:
        raise UnknownNameError("entity", entity, sorted(known))


def documents(database: Engine, period: Period | None = None) -> dict[str | None, int]:
    """Orders, deliveries, invoices and receipts per entity, of a period or of all time."""
    rows = database.query(DOCUMENTS, {"first": period and period.first, "end": period and period.end})
    return {row["entity_id"]: row["documents"] for row in rows.to_pylist()}
