/*---
control: SET-03
plants: orders that a partner was settled for twice, before their delivery, or not at all
sized: false
touches: [settlements, settlement_lines, bank_lines]
---*/
-- A line is copied or moved to the partner's settlement after or before its own, or taken out; heads and bank follow.
create temporary table chosen as
with sound as (
    select
        *,
        coalesce(paid_on, period_to) as settled_on
    from settlements
    where
        status = 'paid'
        and direction = 'payable'
        and net_amount > 0
        and period_to <= getvariable('as_of')
        and coalesce(paid_on <= getvariable('as_of'), true)
        and settlement_id not in (select id from taken)
    qualify bank_line_id is null or count(*) over (partition by bank_line_id) = 1
),

neighbours as (
    select
        *,
        lag(settlement_id) over partners as earlier_id,
        lag(settled_on) over partners as earlier_on,
        lead(settlement_id) over partners as later_id
    from sound
    window partners as (partition by entity_id, partner_id, currency order by settled_on, settlement_id)
),

alone as (
    select
        line.settlement_line_id,
        line.settlement_id,
        line.kind as line_kind,
        line.order_id,
        line.delivery_id,
        line.amount,
        settlement.partner_id
    from settlement_lines as line
    inner join settlements as settlement on line.settlement_id = settlement.settlement_id
    where line.order_id is not null
    qualify
        count(*) over (partition by line.order_id, settlement.partner_id, line.kind) = 1
        and sum(case when line.kind in ('sale', 'freight') then 1 else 0 end) over (
            partition by line.order_id, settlement.partner_id
        ) = 1
),

moved as (
    select
        order_id,
        partner_id,
        count(*) as consignments,
        bool_and(status = 'delivered' and coalesce(freight_payer, 'own') = 'own') as is_ours,
        max(delivered_on) as delivered_on
    from deliveries
    where order_id is not null and status <> 'cancelled'
    group by order_id, partner_id
),

arrived as (
    select
        order_id,
        min(delivered_on) as first_on,
        bool_and(delivered_on is not null) as is_known
    from deliveries
    where order_id is not null and status <> 'cancelled' and kind = 'sale'
    group by order_id
),

-- What was credited must stay with the settlement it was paid in, and be returned there.
credited as (
    select distinct coalesce(credit.order_id, original.order_id, ordered.order_id) as order_id
    from invoices as credit
    left join invoices as original on credit.original_invoice_id = original.invoice_id
    left join invoice_lines as line on credit.invoice_id = line.invoice_id
    left join order_lines as ordered on line.order_line_id = ordered.order_line_id
    where credit.kind = 'credit_memo'
),

possible as (
    select
        alone.*,
        neighbours.currency,
        neighbours.earlier_id,
        neighbours.later_id,
        neighbours.net_amount,
        coalesce(
            alone.line_kind = 'freight'
            and alone.delivery_id is not null
            and moved.consignments = 1
            and moved.is_ours
            and partner.kind = 'carrier'
            and moved.delivered_on < getvariable('as_of') - 35
            and neighbours.net_amount > alone.amount,
            false
        ) as may_be_left_out,
        coalesce(
            neighbours.earlier_on < arrived.first_on
            and arrived.is_known
            and neighbours.net_amount > alone.amount,
            false
        ) as may_be_early,
        coalesce(neighbours.settled_on >= arrived.first_on, false) and neighbours.later_id is not null as may_be_twice
    from alone
    inner join neighbours on alone.settlement_id = neighbours.settlement_id
    left join partners as partner on alone.partner_id = partner.partner_id
    left join moved on alone.order_id = moved.order_id and alone.partner_id = moved.partner_id
    left join arrived on alone.order_id = arrived.order_id
    left join credited on alone.order_id = credited.order_id
    where
        alone.line_kind in ('sale', 'freight')
        and alone.amount > 0
        and credited.order_id is null
        and alone.order_id not in (select id from taken)
        and alone.order_id || '/' || alone.partner_id not in (select subject_id from before)
),

kinds as (
    select
        *,
        case
            when may_be_early and (dice(order_id, 1) % 2 = 0 or not (may_be_left_out or may_be_twice)) then 2
            when may_be_left_out and dice(order_id, 2) % 2 = 0 then 3
            when may_be_twice then 1
            when may_be_left_out then 3
        end as kind
    from possible
),

-- One error for a settlement, its own or the one before; what follows is shared by no more than two.
once as (
    select *
    from kinds
    where kind is not null
    qualify row_number() over (partition by settlement_id order by dice(settlement_line_id, 3), settlement_line_id) = 1
),

spread as (
    select
        *,
        case kind when 1 then later_id when 2 then earlier_id end as other_id,
        row_number() over (
            partition by kind, line_kind, currency order by dice(settlement_line_id, 4), settlement_line_id
        ) as turn
    from once
)

select *
from spread
order by turn, dice(kind || line_kind || currency, 5), kind, line_kind, currency
limit getvariable('errors');

create temporary table changes as
with part as (
    select
        settlement_id,
        -amount as amount
    from chosen
    where kind in (2, 3)
    union all
    select
        other_id as settlement_id,
        amount
    from chosen
    where kind in (1, 2)
)

select
    settlement_id,
    sum(amount) as amount
from part
group by settlement_id;

insert into settlement_lines by name
select
    line.* replace (
        line.settlement_line_id || '-SET-03' as settlement_line_id,
        chosen.other_id as settlement_id
    )
from settlement_lines as line
inner join chosen on line.settlement_line_id = chosen.settlement_line_id
where chosen.kind = 1;

update settlement_lines
set settlement_id = chosen.other_id
from chosen
where settlement_lines.settlement_line_id = chosen.settlement_line_id and chosen.kind = 2;

delete from settlement_lines
where settlement_line_id in (
    select chosen.settlement_line_id
    from chosen
    where chosen.kind = 3
);

update settlements
set
    gross_amount = settlements.gross_amount + changes.amount,
    net_amount = settlements.net_amount + changes.amount
from changes
where settlements.settlement_id = changes.settlement_id;

update bank_lines
set amount = case when bank_lines.amount < 0 then -settlement.net_amount else settlement.net_amount end
from settlements as settlement
inner join changes on settlement.settlement_id = changes.settlement_id
where bank_lines.bank_line_id = settlement.bank_line_id;

-- What is owed for a consignment that was never settled is what its line said, which the rate card confirms.
insert into planted
select
    order_id || '/' || partner_id as subject_id,
    case
        when kind = 1 then amount
        when kind = 2 then 0
        when (select count(*) from rate_cards) > 0 then amount
    end as expected_amount,
    case kind
        when 1 then 2 * amount
        when 2 then amount
        else 0
    end as billed_amount,
    case kind
        when 1 then 'settled twice'
        when 2 then 'settled before the delivery'
        else 'never settled'
    end as what
from chosen;

insert into taken
select settlement_id from chosen
union
select other_id from chosen
where other_id is not null
union
select order_id from chosen;
