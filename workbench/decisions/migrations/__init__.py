"""The versions of the decision store, made and brought up to date by Alembic."""
