"""The tables of the decision store, mapped by SQLAlchemy: everything is text or a whole number, so hashes repeat."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import BigInteger, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from workbench.decisions.entry import Entry


class Base(DeclarativeBase):
    """The store's tables."""


class StoreRow(Base):
    """The one row that says which store this is."""

    __tablename__ = "decision_store"

    store_id: Mapped[str] = mapped_column(Text, primary_key=True)
    made_at: Mapped[str] = mapped_column(Text)


class EntryRow(Base):
    """One entry of the chain as it is stored; columns as in Entry, and its hash.

    The database itself keeps the chain from forking: a number, a hash before and a finding's entry before come once.
    """

    __tablename__ = "decision_entry"
    __table_args__ = (UniqueConstraint("finding_id", "after", name="one_after_another"),)

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    previous_hash: Mapped[str] = mapped_column(Text, unique=True)
    entry_hash: Mapped[str] = mapped_column(Text, unique=True)
    at: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    act: Mapped[str] = mapped_column(Text)
    after: Mapped[int] = mapped_column(BigInteger)
    finding_id: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str | None] = mapped_column(Text)
    remedy: Mapped[str | None] = mapped_column(Text)
    amount: Mapped[str | None] = mapped_column(Text)
    currency: Mapped[str | None] = mapped_column(Text)
    root_cause: Mapped[str | None] = mapped_column(Text)
    owner: Mapped[str | None] = mapped_column(Text)
    due_on: Mapped[str | None] = mapped_column(Text)
    remark: Mapped[str | None] = mapped_column(Text)
    refers: Mapped[int | None] = mapped_column(BigInteger)
    authority: Mapped[str | None] = mapped_column(Text)
    scope: Mapped[str | None] = mapped_column(Text)
    expires_on: Mapped[str | None] = mapped_column(Text)
    via: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def of(cls, entry: Entry) -> EntryRow:
        """The row of an entry."""
        return cls(entry_hash=entry.hash, **{field.name: getattr(entry, field.name) for field in fields(Entry)})

    def entry(self) -> Entry:
        """The entry of a row, as it is stored."""
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(Entry)}
        return Entry(**values)
