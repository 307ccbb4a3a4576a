/*---
tie_out: Numbers and sums of entries that a statement states
---*/
-- What the bank has not booked may be in its totals, so it is counted beside what was accepted.
with told as (
    select
        movement.statement_key,
        line.amount
    from movements as movement
    inner join loaded_bank_lines as line
        on
            movement._source = line._source
            and movement._row = line._row
    union all
    select
        statement_key,
        read_money(amount) as amount
    from pending
),

found as (
    select
        statement_key,
        count(*) as entries,
        sum(abs(amount)) as entries_sum,
        sum(amount) as entries_net,
        sum(case when amount > 0 then 1 else 0 end) as credits,
        sum(case when amount > 0 then amount else 0 end) as credits_sum,
        sum(case when amount < 0 then 1 else 0 end) as debits,
        sum(case when amount < 0 then -amount else 0 end) as debits_sum
    from told
    group by statement_key
),

entries as (
    select
        statement_key,
        count(*) as entries
    from movements
    group by statement_key
),

copies as (
    select
        *,
        row_number() over (partition by statement_key order by _source, _row) as copy
    from statements
),

once as (
    select
        copies.*,
        coalesce(found.entries, 0) as found_entries,
        coalesce(found.entries_sum, 0) as found_sum,
        coalesce(found.entries_net, 0) as found_net,
        coalesce(found.credits, 0) as found_credits,
        coalesce(found.credits_sum, 0) as found_credits_sum,
        coalesce(found.debits, 0) as found_debits,
        coalesce(found.debits_sum, 0) as found_debits_sum
    from copies
    left join found on copies.statement_key = found.statement_key
    left join entries on copies.statement_key = entries.statement_key
    where
        copies.copy = 1
        and (found.entries is not null or entries.entries is null)
),

stated as (
    select
        statement_key,
        'entries' as what,
        null as currency,
        entries as stated,
        found_entries as found
    from once
    union all
    select
        statement_key,
        'sum of entries' as what,
        currency,
        entries_sum as stated,
        found_sum as found
    from once
    union all
    select
        statement_key,
        'net of entries' as what,
        currency,
        entries_net as stated,
        found_net as found
    from once
    union all
    select
        statement_key,
        'credits' as what,
        null as currency,
        credits as stated,
        found_credits as found
    from once
    union all
    select
        statement_key,
        'sum of credits' as what,
        currency,
        credits_sum as stated,
        found_credits_sum as found
    from once
    union all
    select
        statement_key,
        'debits' as what,
        null as currency,
        debits as stated,
        found_debits as found
    from once
    union all
    select
        statement_key,
        'sum of debits' as what,
        currency,
        debits_sum as stated,
        found_debits_sum as found
    from once
)

select
    statement_key as subject,
    what,
    currency,
    read_money(stated) as stated,
    found
from stated
where read_money(stated) is not null
