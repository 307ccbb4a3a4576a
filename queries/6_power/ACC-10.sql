/*---
control: ACC-10
plants: vouchers that are unknown, over, another customer's or product's, used up, or not approved in time
sized: false
touches: [invoice_lines, vouchers]
---*/
create temp table wrong as
with eligible as (
    select
        line.invoice_line_id,
        line.invoice_id,
        line.order_id,
        line.customer_id,
        line.product_id,
        line.invoice_date,
        line.currency,
        line.voucher_id,
        line.discount_amount,
        line.net_amount,
        round_money(times_price(line.quantity, line.unit_price), line.currency) as full_amount,
        dice(line.invoice_line_id, 2) % 6 as kind,
        row_number() over (partition by line.invoice_id order by line.invoice_line_id) as line_of_invoice,
        count(*) over (partition by line.invoice_id) as redeemed_lines
    from billed_lines as line
    inner join vouchers as voucher on line.voucher_id = voucher.voucher_id
    where
        line.quantity > 0
        and line.discount_amount > 0
        and line.invoice_date <= getvariable('as_of')
        and line.customer_id is not null
        and line.product_id is not null
        and voucher.approved_by is not null
        and voucher.approved_on is not null
        and line.invoice_line_id not in (select before.subject_id from before)
        and line.invoice_id not in (select taken.id from taken)
        and coalesce(line.order_id not in (select taken.id from taken), true)
),

turns as (
    select
        eligible.*,
        row_number() over (
            partition by eligible.kind
            order by dice(eligible.invoice_line_id, 1), eligible.invoice_line_id
        ) as turn
    from eligible
    where eligible.redeemed_lines = 1
)

select
    turns.*,
    turns.voucher_id || ' of ' || turns.invoice_line_id as own_voucher_id
from turns
order by turns.turn, dice(turns.invoice_line_id, 1), turns.invoice_line_id
limit getvariable('errors');

-- Each wrong line has a voucher of its own, so that no other line is judged by it.
insert into vouchers
select
    voucher.* replace (
        wrong.own_voucher_id as voucher_id,
        case wrong.kind when 1 then 'not ' || wrong.customer_id else voucher.customer_id end as customer_id,
        case wrong.kind when 2 then 'not ' || wrong.product_id else voucher.product_id end as product_id,
        case wrong.kind when 3 then wrong.discount_amount - minor_unit(wrong.currency) else voucher.max_amount end
            as max_amount,
        case wrong.kind when 4 then wrong.invoice_date else voucher.valid_to end as valid_to,
        case wrong.kind when 5 then wrong.invoice_date + 1 else voucher.approved_on end as approved_on
    )
from wrong
inner join vouchers as voucher on wrong.voucher_id = voucher.voucher_id
where wrong.kind > 0;

update invoice_lines set voucher_id = wrong.own_voucher_id
from wrong
where invoice_lines.invoice_line_id = wrong.invoice_line_id;

insert into planted
select
    wrong.invoice_line_id as subject_id,
    wrong.full_amount as expected_amount,
    wrong.net_amount as billed_amount,
    case wrong.kind
        when 0 then 'an unknown voucher'
        when 1 then 'the voucher of another customer'
        when 2 then 'the voucher of another product'
        when 3 then 'a voucher over its amount'
        when 4 then 'a voucher that had ended'
        else 'a voucher approved too late'
    end as what
from wrong;

insert into taken
select taken_id.id
from (
    select unnest([wrong.invoice_id, wrong.order_id]) as id
    from wrong
) as taken_id
where taken_id.id is not null
