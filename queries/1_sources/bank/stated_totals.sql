/*---
tie_out: Numbers and sums of entries that a statement states
---*/
-- What the bank has not booked is in the totals of some banks and not in those of others: of all entries and the booked
-- ones, those count that make the total.
with told as (
    select
        movement.statement_key,
        line.amount,
        true as is_booked
    from movements as movement
    inner join loaded_bank_lines as line
        on
            movement._source = line._source
            and movement._row = line._row
    union all
    select
        statement_key,
        read_money(amount) as amount,
        false as is_booked
    from pending
),

scopes as (
    select
        'all' as scope,
        statement_key,
        amount
    from told
    union all
    select
        'booked' as scope,
        statement_key,
        amount
    from told
    where is_booked
),

kinds as (
    select 'all' as name
    union all
    select 'booked' as name
),

found as (
    select
        scope,
        statement_key,
        count(*) as entries,
        sum(abs(amount)) as entries_sum,
        sum(amount) as entries_net,
        sum(case when amount > 0 then 1 else 0 end) as credits,
        sum(case when amount > 0 then amount else 0 end) as credits_sum,
        sum(case when amount < 0 then 1 else 0 end) as debits,
        sum(case when amount < 0 then -amount else 0 end) as debits_sum
    from scopes
    group by scope, statement_key
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
        scope.name as scope,
        coalesce(found.entries, 0) as found_entries,
        coalesce(found.entries_sum, 0) as found_sum,
        coalesce(found.entries_net, 0) as found_net,
        coalesce(found.credits, 0) as found_credits,
        coalesce(found.credits_sum, 0) as found_credits_sum,
        coalesce(found.debits, 0) as found_debits,
        coalesce(found.debits_sum, 0) as found_debits_sum
    from copies
    cross join kinds as scope
    left join found on copies.statement_key = found.statement_key and scope.name = found.scope
    left join entries on copies.statement_key = entries.statement_key
    where
        copies.copy = 1
        and (found.entries is not null or entries.entries is null)
),

stated as (
    select
        statement_key,
        scope,
        'entries' as what,
        null as currency,
        entries as stated,
        found_entries as found
    from once
    union all
    select
        statement_key,
        scope,
        'sum of entries' as what,
        currency,
        entries_sum as stated,
        found_sum as found
    from once
    union all
    select
        statement_key,
        scope,
        'net of entries' as what,
        currency,
        entries_net as stated,
        found_net as found
    from once
    union all
    select
        statement_key,
        scope,
        'credits' as what,
        null as currency,
        credits as stated,
        found_credits as found
    from once
    union all
    select
        statement_key,
        scope,
        'sum of credits' as what,
        currency,
        credits_sum as stated,
        found_credits_sum as found
    from once
    union all
    select
        statement_key,
        scope,
        'debits' as what,
        null as currency,
        debits as stated,
        found_debits as found
    from once
    union all
    select
        statement_key,
        scope,
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
    coalesce(
        max(case when found = read_money(stated) then found end), max(case when scope = 'all' then found end), 0
    ) as found
from stated
where read_money(stated) is not null
group by statement_key, what, currency, stated
