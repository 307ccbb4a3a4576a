/*---
control: ACC-07
plants: documents in a currency that nobody agreed, and discounts finer than the currency
sized: false
touches: [invoices, invoice_lines, gl_lines]
---*/
-- Open invoices of goods; the new currency has as many digits as the old one, so that nothing is rounded otherwise.
create temp table wrong as
with eligible as (
    select
        invoice.invoice_id,
        invoice.order_id,
        invoice.currency,
        min(line.invoice_line_id) as invoice_line_id,
        case
            when dice(invoice.invoice_id, 2) % 2 = 1 and minor_units(invoice.currency) < 4 then 'precision'
            when minor_units(invoice.currency) = 0 then case invoice.currency when 'KRW' then 'JPY' else 'KRW' end
            when minor_units(invoice.currency) = 3 then case invoice.currency when 'BHD' then 'KWD' else 'BHD' end
            when minor_units(invoice.currency) = 2 then case invoice.currency when 'USD' then 'EUR' else 'USD' end
        end as kind
    from live_invoices as invoice
    inner join customers as customer on invoice.customer_id = customer.customer_id
    inner join invoice_lines as line on invoice.invoice_id = line.invoice_id
    left join products as product on line.product_id = product.product_id
    where
        invoice.kind = 'invoice'
        and invoice.contract_id is null
        and customer.currency = invoice.currency
        and invoice.invoice_date between getvariable('as_of') - 200 and getvariable('as_of')
        and invoice.invoice_id not in (select before.subject_id from before)
        and invoice.invoice_id not in (select other.invoice_id from applications as other)
        and invoice.invoice_id not in (select other.invoice_id from adjustments as other)
        and invoice.invoice_id not in (select other.invoice_id from promises as other)
        and invoice.invoice_id not in (
            select other.invoice_id from cases as other
            where other.invoice_id is not null
        )
        and invoice.invoice_id not in (
            select other.original_invoice_id
            from invoices as other
            where other.original_invoice_id is not null
        )
        and invoice.invoice_id not in (select taken.id from taken)
        and coalesce(invoice.order_id not in (select taken.id from taken), true)
    group by invoice.invoice_id, invoice.order_id, invoice.currency
    having
        bool_and(coalesce(line.discount_amount, 0) = 0 and line.contract_line_id is null)
        and not bool_or(coalesce(product.is_offline, false))
        and bool_and(line.net_amount = times_price(line.quantity, line.unit_price))
),

unlisted as (
    select eligible.*
    from eligible
    where eligible.kind is not null and eligible.kind not in (select price.currency from price_list as price)
),

turns as (
    select
        unlisted.*,
        row_number() over (
            partition by unlisted.currency, unlisted.kind
            order by dice(unlisted.invoice_id, 1), unlisted.invoice_id
        ) as turn
    from unlisted
)

select turns.* from turns
order by turns.turn, dice(turns.invoice_id, 1), turns.invoice_id
limit getvariable('errors');

update invoices set currency = wrong.kind
from wrong
where invoices.invoice_id = wrong.invoice_id and wrong.kind <> 'precision';

update gl_lines set currency = wrong.kind
from wrong
where
    gl_lines.source_kind = 'invoice'
    and gl_lines.source_id = wrong.invoice_id
    and wrong.kind <> 'precision';

-- Less than half a coin off leaves the rounded amount of the line as it is.
update invoice_lines set discount_amount = minor_unit(wrong.currency) * cast(0.4 as decimal(2, 1))
from wrong
where invoice_lines.invoice_line_id = wrong.invoice_line_id and wrong.kind = 'precision';

insert into planted
select
    wrong.invoice_id as subject_id,
    null as expected_amount,
    null as billed_amount,
    case wrong.kind when 'precision' then 'a discount finer than the currency' else 'another currency' end as what
from wrong;

insert into taken
select taken_id.id
from (
    select unnest([wrong.invoice_id, wrong.order_id]) as id
    from wrong
) as taken_id
where taken_id.id is not null
