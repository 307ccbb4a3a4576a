"""The topics by name, each with the class that knows its controls and its own views."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import UnknownNameError
from workbench.progress import Report, quiet
from workbench.snapshot import Snapshot
from workbench.topics.consignments import Consignments
from workbench.topics.credits import Credits
from workbench.topics.customers import Customers
from workbench.topics.cut_off import CutOff
from workbench.topics.duplicates import Duplicates
from workbench.topics.offline import Offline
from workbench.topics.prices import Prices
from workbench.topics.services import Services
from workbench.topics.topic import Topic
from workbench.workspace import open as open_books

TOPICS: dict[str, type[Topic]] = {
    each.name: each for each in (Duplicates, Prices, Consignments, Services, Credits, CutOff, Offline, Customers)
}


def topic(
    name: str, snapshot: Snapshot | str | Path = "", *, period: str = "", entity: str = "", progress: Report = quiet
) -> Topic:
    """One topic of a snapshot (default: that of the settings, else the example company's).

    `period` is empty (all), "2025", "2025-03" or "2025-03-01/2025-04-01" (half-open), on the day of the event;
    `entity` an entity_id, empty for all. Raises UnknownNameError for a topic or an entity that is none, WorkbenchError
    for a period that is none.

    Example:
        >>> prices = wb.topic("prices", wb.open(), period="2025-03")
        >>> prices.why
    """
    if name not in TOPICS:
        raise UnknownNameError("topic", name, TOPICS)
    books = snapshot if isinstance(snapshot, Snapshot) else open_books(snapshot)
    return TOPICS[name](books, period=period, entity=entity, progress=progress)
