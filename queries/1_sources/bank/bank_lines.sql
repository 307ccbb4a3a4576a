/*---
table: bank_lines
what: >
  One line per booked entry. A statement that is read twice gives the same ids, so that its second copy is rejected
  as a repeat; one that came under another number, or in another format, is the same when account, currency, page,
  both balances, the closing day and the number of entries are. Without a row in bank_rules.yml the holder that the
  statement names, else the account, stands for the entity.
one_row_per: movements
---*/
with entries as (
    select
        statement_key,
        _source,
        cast(statement as bigint) as statement_row,
        count(*) as entries
    from movements
    group by statement_key, _source, statement
),

named as (
    select
        statement.statement_key,
        first_value(statement.statement_key) over (
            partition by
                statement.account,
                statement.currency,
                coalesce(nullif(ltrim(statement.page, '0'), ''), '1'),
                read_money(statement.opening),
                read_money(statement.closing),
                statement.closing_on,
                entries.entries
            order by statement._source, statement._row
        ) as first_key
    from statements as statement
    inner join entries
        on
            statement._source = entries._source
            and statement._row = entries.statement_row
    where read_money(statement.opening) <> read_money(statement.closing)
),

known as (
    select
        statement_key,
        min(first_key) as first_key
    from named
    group by statement_key
),

owners as (
    select
        account,
        min(entity) as entity_id
    from bank_rules
    where kind = 'accounts'
    group by account
)

select
    coalesce(known.first_key, movement.statement_key) || '/' || movement.position as bank_line_id,
    coalesce(owners.entity_id, movement.holder, movement.account) as entity_id,
    movement.account,
    movement.booked_on,
    movement.currency,
    movement.amount,
    movement.counterparty,
    movement.reference,
    movement._source,
    movement._row
from movements as movement
left join known on movement.statement_key = known.statement_key
left join owners on upper(replace(movement.account, ' ', '')) = owners.account
order by movement._source, movement._row
