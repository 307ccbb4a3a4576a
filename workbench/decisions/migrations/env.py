"""Alembic's entry: it works on the connection and in the transaction that migrating.py hands it."""

from __future__ import annotations

from alembic import context

from workbench.decisions.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
