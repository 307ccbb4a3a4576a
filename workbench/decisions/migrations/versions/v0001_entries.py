"""The store and its entries."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TEXTS = "finding_id state remedy amount currency root_cause owner due_on remark authority scope expires_on via".split()


def upgrade() -> None:
    """Make both tables, and give the store its id."""
    store = op.create_table(
        "decision_store",
        sa.Column("store_id", sa.Text, primary_key=True),
        sa.Column("made_at", sa.Text, nullable=False),
    )
    op.create_table(
        "decision_entry",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("previous_hash", sa.Text, nullable=False, unique=True),
        sa.Column("entry_hash", sa.Text, nullable=False, unique=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("after", sa.BigInteger, nullable=False),
        sa.Column("refers", sa.BigInteger),
        *(sa.Column(name, sa.Text) for name in TEXTS),
        sa.UniqueConstraint("finding_id", "after", name="one_after_another"),
    )
    made_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    op.bulk_insert(store, [{"store_id": uuid.uuid4().hex, "made_at": made_at}])
