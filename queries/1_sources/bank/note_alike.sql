/*---
note: Statements of two accounts with the same balances, days and number of entries; the same one may be counted twice
---*/
with entries as (
    select
        _source,
        cast(statement as bigint) as statement_row,
        count(*) as entries
    from movements
    group by _source, statement
),

grouped as (
    select
        min(statement.statement_key) as subject,
        string_agg(
            distinct statement.account || ' (' || statement._source || ')', ', '
            order by statement.account || ' (' || statement._source || ')'
        ) as note,
        count(distinct statement.account) as accounts
    from statements as statement
    inner join entries
        on
            statement._source = entries._source
            and statement._row = entries.statement_row
    where read_money(statement.opening) <> read_money(statement.closing)
    group by
        statement.currency,
        read_money(statement.opening),
        read_money(statement.closing),
        statement.closing_on,
        entries.entries
)

select
    subject,
    note
from grouped
where accounts > 1
order by subject
