/*---
control: CUT-04
plants: credit memos that came in the month of their invoice, dated one or two months later
sized: false
touches: [invoices, applications, gl_lines, revenue]
---*/
-- Credit memos, one for an invoice, with the day on which they could have come instead.
create temp table plain as
with credits as (
    select
        *,
        count(*) over (partition by original_invoice_id) as peers
    from invoices
    where kind = 'credit_memo'
),

left_out as (
    select line.invoice_id
    from invoice_lines as line
    inner join products as product on line.product_id = product.product_id
    where product.is_offline
    union
    select invoice_id from adjustments
    union
    select invoice_id from promises
),

settled as (
    select order_id from settlement_lines
    where order_id is not null
    union
    select delivery.order_id
    from settlement_lines as line
    inner join deliveries as delivery on line.delivery_id = delivery.delivery_id
    where delivery.order_id is not null
),

passing as (
    select user_id
    from users
    where active_to is not null
)

select
    credit.invoice_id,
    credit.original_invoice_id,
    credit.order_id,
    credit.currency,
    credit.gross_amount,
    credit.invoice_date,
    dice(credit.invoice_id, 1) % 2 as kind,
    add_months_to(month_of(credit.invoice_date), cast(1 + dice(credit.invoice_id, 1) % 2 as integer))
    + cast(dice(credit.invoice_id, 2) % 25 as integer) as dated_on
from credits as credit
inner join invoices as original on credit.original_invoice_id = original.invoice_id
left join left_out as of_credit on credit.invoice_id = of_credit.invoice_id
left join left_out as of_original on original.invoice_id = of_original.invoice_id
left join settled on coalesce(credit.order_id, original.order_id) = settled.order_id
left join passing on credit.approved_by = passing.user_id
where
    credit.status = 'issued'
    and credit.peers = 1
    and coalesce(credit.reason_code, '') not in ('cancel', 'sla_credit')
    and credit.gross_amount < 0
    and original.kind <> 'credit_memo'
    and month_of(original.invoice_date) = month_of(credit.invoice_date)
    and coalesce(of_credit.invoice_id, of_original.invoice_id, settled.order_id, passing.user_id) is null
    and credit.invoice_id not in (select subject_id from before)
    and credit.invoice_id not in (select id from taken)
    and original.invoice_id not in (select id from taken)
    and credit.customer_id not in (select id from taken)
    and coalesce(credit.order_id not in (select id from taken), true)
    and coalesce(credit.contract_id not in (select id from taken), true);

create temp table late as
with changing as (
    select distinct plain.invoice_id
    from plain
    inner join invoice_lines as line on plain.invoice_id = line.invoice_id
    inner join tax_rates as rate
        on
            line.tax_code = rate.tax_code
            and plain.invoice_date < rate.valid_from
            and plain.dated_on >= rate.valid_from
),

ranked as (
    select
        plain.*,
        row_number() over (
            partition by plain.kind, plain.currency
            order by dice(plain.invoice_id, 3), plain.invoice_id
        ) as turn
    from plain
    left join changing on plain.invoice_id = changing.invoice_id
    where changing.invoice_id is null and plain.dated_on <= getvariable('as_of')
)

select
    *,
    cast(days_between(invoice_date, dated_on) as integer) as days
from ranked
order by turn, dice(invoice_id, 4), invoice_id
limit getvariable('errors');

update invoices
set
    invoice_date = late.dated_on,
    due_date = invoices.due_date + late.days,
    posted_on = greatest(invoices.posted_on, late.dated_on),
    created_at = invoices.created_at + to_days(late.days),
    approved_at = invoices.approved_at + to_days(late.days)
from late
where invoices.invoice_id = late.invoice_id;

update gl_lines
set posted_on = greatest(gl_lines.posted_on, late.dated_on), entered_at = gl_lines.entered_at + to_days(late.days)
from late
where gl_lines.source_id = late.invoice_id;

-- It is set against its invoice on the day it came, and what it takes back leaves the month it came in.
update applications
set
    applied_on = greatest(applications.applied_on, late.dated_on),
    posted_on = greatest(applications.posted_on, late.dated_on)
from late
where applications.credit_invoice_id = late.invoice_id;

update revenue set month = month_of(late.dated_on)
from late
inner join invoice_lines as line on late.invoice_id = line.invoice_id
where revenue.invoice_line_id = line.invoice_line_id;

insert into planted by name
select
    invoice_id as subject_id,
    0 as expected_amount,
    gross_amount as billed_amount,
    case kind
        when 0 then 'credited in the month after the close'
        else 'credited two months after the invoice'
    end as what
from late;

insert into taken
select unnest([invoice_id, original_invoice_id, order_id])
from late
