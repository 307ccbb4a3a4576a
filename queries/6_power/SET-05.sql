/*---
control: SET-05
plants: payouts after a change of bank details, of a negative net, or for orders that were credited and never refunded
sized: false
touches: [settlements, settlement_lines, bank_lines, partners]
---*/
create temporary table chosen as
with shared as (
    select bank_line_id
    from settlements
    where bank_line_id is not null
    group by bank_line_id
    having count(*) > 1
),

paid as (
    select settlement.*
    from settlements as settlement
    left join shared on settlement.bank_line_id = shared.bank_line_id
    where
        settlement.status = 'paid'
        and settlement.direction = 'payable'
        and settlement.net_amount > 0
        and settlement.paid_on <= getvariable('as_of')
        and settlement.period_to <= getvariable('as_of')
        and shared.bank_line_id is null
        and settlement.settlement_id not in (select subject_id from before)
        and settlement.settlement_id not in (select id from taken)
),

-- The only payout of its partner in the ten days before and after it.
lonely as (
    select
        settlement_id,
        partner_id,
        paid_on,
        coalesce(days_between(lag(paid_on) over partners, paid_on) > 10, true)
        and coalesce(days_between(paid_on, lead(paid_on) over partners) > 10, true) as is_lonely
    from settlements
    where status = 'paid' and direction = 'payable' and paid_on is not null
    window partners as (partition by partner_id order by paid_on, settlement_id)
),

negative as (
    select
        2 as kind,
        settlement_id
    from paid
),

-- The order of each live credit memo, as it stands in its head or in that of the invoice it corrects.
credits as (
    select
        coalesce(credit.order_id, original.order_id) as order_id,
        max(credit.invoice_date) as credited_on
    from live_invoices as credit
    left join invoices as original on credit.original_invoice_id = original.invoice_id
    where credit.kind = 'credit_memo' and credit.invoice_date < getvariable('as_of') - 35
    group by coalesce(credit.order_id, original.order_id)
),

arrived as (
    select
        order_id,
        min(delivered_on) as first_on
    from deliveries
    where kind = 'sale' and status = 'delivered' and order_id is not null
    group by order_id
),

known as (
    select distinct order_id
    from settlement_lines
    where order_id is not null and kind <> 'freight'
),

returned as (
    select
        credits.order_id,
        purchase.entity_id,
        purchase.currency,
        credits.credited_on,
        arrived.first_on
    from credits
    inner join orders as purchase on credits.order_id = purchase.order_id
    inner join arrived on credits.order_id = arrived.order_id
    left join known on credits.order_id = known.order_id
    where known.order_id is null and credits.order_id not in (select id from taken)
),

sellers as (
    select
        paid.settlement_id,
        paid.entity_id,
        paid.currency,
        paid.paid_on,
        paid.partner_id,
        min(line.order_id) as order_id
    from paid
    inner join settlement_lines as line on paid.settlement_id = line.settlement_id
    inner join partners as partner on paid.partner_id = partner.partner_id
    where
        line.kind = 'sale'
        and line.order_id is not null
        and line.delivery_id is null
        and partner.kind = 'seller'
        and line.order_id not in (select id from taken)
    group by paid.settlement_id, paid.entity_id, paid.currency, paid.paid_on, paid.partner_id
),

-- The last payout before the credit, late enough for the goods to have arrived, has the order in place of another.
kept as (
    select
        3 as kind,
        seller.settlement_id,
        seller.partner_id,
        greatest(seller.paid_on, returned.first_on) as late_on,
        seller.order_id,
        returned.order_id as credited_order_id
    from returned
    asof inner join sellers as seller
        on
            returned.entity_id = seller.entity_id
            and returned.currency = seller.currency
            and returned.credited_on > seller.paid_on
    where returned.first_on < returned.credited_on and days_between(seller.paid_on, returned.first_on) <= 20
    qualify
        row_number() over (
            partition by seller.settlement_id order by dice(returned.order_id, 3), returned.order_id
        ) = 1
),

-- One of a partner's lonely payouts; the details were changed that day or on one of the ten before it.
changes as (
    select
        1 as kind,
        paid.settlement_id,
        dice(paid.settlement_id, 1) % 11 as days
    from paid
    inner join lonely on paid.settlement_id = lonely.settlement_id and lonely.is_lonely
    inner join partners as partner on paid.partner_id = partner.partner_id
    where
        partner.partner_id not in (select id from taken)
        and partner.partner_id not in (select kept.partner_id from kept)
    qualify
        row_number() over (
            partition by paid.partner_id
            order by dice(paid.settlement_id, 2), paid.settlement_id
        ) = 1
),

possible as (
    select * from changes
    union all by name
    select * from negative
    union all by name
    select * from kept
),

-- The first and the last kind are few.
once as (
    select *
    from possible
    qualify
        row_number() over (
            partition by settlement_id order by dice(settlement_id, 4) % 3 = kind - 1 desc, kind = 2 asc, kind asc
        ) = 1
),

spread as (
    select
        once.* exclude (partner_id),
        paid.partner_id,
        paid.bank_line_id,
        paid.paid_on,
        paid.currency,
        paid.net_amount,
        cast(getvariable('size') * minor_unit(paid.currency) as decimal(18, 4)) as size,
        row_number() over (
            partition by once.kind, paid.currency order by dice(once.settlement_id, 5), once.settlement_id
        ) as turn
    from once
    inner join paid on once.settlement_id = paid.settlement_id
)

select
    *,
    case when kind = 2 then net_amount + size else 0 end as refund
from spread
order by turn, dice(kind || currency, 6), kind, currency
limit getvariable('errors');

update partners
set bank_changed_on = chosen.paid_on - cast(chosen.days as integer)
from chosen
where partners.partner_id = chosen.partner_id and chosen.kind = 1;

insert into settlement_lines by name
select
    settlement_id || '-SET-05' as settlement_line_id,
    settlement_id,
    'refund' as kind,
    refund as amount
from chosen
where kind = 2;

update settlements
set
    refunds_amount = settlements.refunds_amount + chosen.refund,
    net_amount = settlements.net_amount - chosen.refund
from chosen
where settlements.settlement_id = chosen.settlement_id and chosen.kind = 2;

update bank_lines
set amount = case when bank_lines.amount < 0 then -chosen.size else chosen.size end
from chosen
where bank_lines.bank_line_id = chosen.bank_line_id and chosen.kind = 2;

update settlements
set paid_on = chosen.late_on
from chosen
where settlements.settlement_id = chosen.settlement_id and chosen.kind = 3;

update bank_lines
set booked_on = greatest(bank_lines.booked_on, chosen.late_on)
from chosen
where bank_lines.bank_line_id = chosen.bank_line_id and chosen.kind = 3;

update settlement_lines
set order_id = chosen.credited_order_id
from chosen
where settlement_lines.settlement_id = chosen.settlement_id and settlement_lines.order_id = chosen.order_id;

insert into planted
select
    settlement_id as subject_id,
    0 as expected_amount,
    net_amount - refund as billed_amount,
    case kind
        when 1 then 'paid up to ten days after the bank details changed'
        when 2 then 'a negative net was paid'
        else 'an order was credited after the payout and not refunded'
    end as what
from chosen;

insert into taken
select settlement_id from chosen
union
select partner_id from chosen
where kind = 1
union
select order_id from chosen
where kind = 3
union
select credited_order_id from chosen
where kind = 3;
