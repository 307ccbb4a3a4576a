"""The database itself refuses to change or remove what was decided, and to add what does not continue the chain."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

REFUSED = "decisions are only ever added"
BROKEN = "an entry continues the chain or is none"
GENESIS = "0" * 64
SQLITE_REFUSE = """
create trigger {table}_never_{change} before {change} on {table}
begin
    select raise(abort, '{words}');
end
"""
# "insert or replace" removes rows past the delete trigger; an entry that must be the next one replaces none.
SQLITE_CHAIN = f"""
create trigger decision_entry_in_chain before insert on decision_entry
when
    new.number is not (select coalesce(max(number), 0) + 1 from decision_entry)
    or new.previous_hash is not coalesce(
        (select entry_hash from decision_entry order by number desc limit 1), '{GENESIS}'
    )
    or exists (select 1 from decision_entry where entry_hash = new.entry_hash)
    or exists (select 1 from decision_entry where finding_id = new.finding_id and after = new.after)
begin
    select raise(abort, '{BROKEN}');
end
"""
SQLITE_ONE = """
create trigger decision_store_one before insert on decision_store
begin
    select raise(abort, 'a store has one id');
end
"""
POSTGRESQL_REFUSE = f"""
create function decisions_refused() returns trigger language plpgsql as $$
begin
    raise exception '{REFUSED}';
end
$$
"""
POSTGRESQL_CHAIN = f"""
create function decisions_in_chain() returns trigger language plpgsql as $$
begin
    if new.number is distinct from (select coalesce(max(number), 0) + 1 from decision_entry)
        or new.previous_hash is distinct from coalesce(
            (select entry_hash from decision_entry order by number desc limit 1), '{GENESIS}'
        )
    then
        raise exception '{BROKEN}';
    end if;
    return new;
end
$$
"""


def upgrade() -> None:
    """Make the triggers of SQLite or PostgreSQL."""
    statements = _sqlite() if op.get_bind().dialect.name == "sqlite" else _postgresql()
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def _sqlite() -> list[str]:
    tables = ("decision_entry", "decision_store")
    refused = [
        SQLITE_REFUSE.format(table=table, change=change, words=REFUSED)
        for table in tables
        for change in ("update", "delete")
    ]
    return [*refused, SQLITE_CHAIN, SQLITE_ONE]


def _postgresql() -> list[str]:
    chained = "create trigger in_chain before insert on decision_entry for each row execute function"
    kept = (
        f"create trigger never_{when.replace(' ', '_')} before {when} on {table} for each {each} "
        "execute function decisions_refused()"
        for table in ("decision_entry", "decision_store")
        for when, each in (("update or delete", "row"), ("truncate", "statement"))
    )
    one = "create trigger one before insert on decision_store for each row execute function decisions_refused()"
    return [POSTGRESQL_REFUSE, POSTGRESQL_CHAIN, f"{chained} decisions_in_chain()", *kept, one]
