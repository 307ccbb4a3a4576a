-- Changes to open balances without cash. A remainder is written off half a year overdue, on a day when the customer has
-- no cash waiting; where he has, it is forgiven with approval.
create table adjustment as
with settled as (
    select
        way.*,
        paid.received,
        paid.received + paid.lag as applied
    from settlement_way as way
    inner join payment as paid on way.doc = paid.doc and paid.receipt = 4 * way.doc
    where way.way in ('short', 'remainder', 'allowed', 'overpaid') and paid.received + paid.lag <= getvariable('last_day')
),

dated as (
    select
        * exclude (day),
        case way
            when 'short' then applied + 1 + lag % 5
            when 'overpaid' then applied
            when 'allowed' then pays_on - 1
            else due + 185 + mix(doc, 821) % 40
        end as day
    from settled
),

remainders as (
    select doc, day, customer_no as payer_no from dated
    where way = 'remainder'
    union
    select doc, day, payer_no from dated
    where way = 'remainder'
),

waiting as (
    select distinct remainders.doc
    from remainders
    inner join payment as other on remainders.payer_no = other.payer_no
    where remainders.day >= other.received and remainders.day < other.received + other.lag
)

select
    dated.doc,
    dated.family,
    dated.entity_no,
    dated.authority,
    dated.day,
    case dated.way
        when 'short' then 'billing_adjustment'
        when 'overpaid' then 'refund'
        when 'allowed' then 'discount'
        else case when waiting.doc is null then 'write_off' else 'billing_adjustment' end
    end as kind,
    case when dated.way = 'overpaid' then dated.difference else -dated.difference end as amount,
    case dated.way
        when 'short' then 'small_difference'
        when 'overpaid' then 'overpayment'
        when 'allowed' then 'late_delivery'
        else 'uncollectible'
    end as reason,
    case when dated.way = 'short' then 'U-SYSTEM' else clerk(dated.entity_no, dated.doc) end as created_by,
    case when dated.way <> 'short' then approver(dated.entity_no, dated.difference, dated.authority, dated.doc) end as approved_by
from dated
left join waiting on dated.doc = waiting.doc
where dated.day <= getvariable('last_day');
