/*---
tie_out: Opening balance, movements and closing balance
---*/
-- Pages of one statement may all carry its balances; they are added up together. A copy, none of whose entries was
-- accepted, was counted where it was read first.
with lines as (
    select
        movement.statement_key,
        count(*) as held,
        count(line.bank_line_id) as accepted,
        coalesce(sum(line.amount), 0) as moved
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
        coalesce(lines.moved, 0) as moved,
        coalesce(lines.held, 0) as held,
        coalesce(lines.accepted, 0) as accepted,
        row_number() over (partition by statement.statement_key order by statement._source, statement._row) as copy
    from statements as statement
    left join lines on statement.statement_key = lines.statement_key
)

select
    min(statement_key) as subject,
    'closing balance' as what,
    currency,
    read_money(closing) as stated,
    read_money(opening) + sum(moved) as found
from pages
where
    copy = 1
    and (held = 0 or accepted > 0)
    and read_money(opening) is not null
    and read_money(closing) is not null
group by account, currency, number, opening_on, closing_on, read_money(opening), read_money(closing)
