/*---
tie_out: Opening balance and the closing balance of the statement before
---*/
with lines as (
    select
        movement.statement_key,
        count(line.bank_line_id) as accepted
    from movements as movement
    left join loaded_bank_lines as line
        on
            movement._source = line._source
            and movement._row = line._row
    group by movement.statement_key
),

pages as (
    select
        statement.*,
        row_number() over (partition by statement.statement_key order by statement._source, statement._row) as copy
    from statements as statement
    left join lines on statement.statement_key = lines.statement_key
    where
        lines.accepted is null
        or lines.accepted > 0
),

once as (
    select
        account,
        currency,
        number,
        opening_on,
        closing_on,
        min(statement_key) as statement_key,
        min(lpad(coalesce(page, ''), 20, '0')) as page,
        min(_source) as _source,
        read_money(opening) as opening,
        read_money(closing) as closing
    from pages
    where copy = 1
    group by account, currency, number, opening_on, closing_on, read_money(opening), read_money(closing)
),

in_order as (
    select
        *,
        lag(closing) over (
            partition by account, currency
            order by closing_on, opening_on, lpad(coalesce(number, ''), 40, '0'), page, _source
        ) as closed_before
    from once
)

select
    statement_key as subject,
    'opening balance' as what,
    currency,
    opening as stated,
    closed_before as found
from in_order
where
    opening is not null
    and closed_before is not null
