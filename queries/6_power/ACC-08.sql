/*---
control: ACC-08
plants: due dates some days before or after what the terms say
sized: false
touches: [invoices]
---*/
create temp table wrong as
with agreed as (
    select
        invoice.invoice_id,
        invoice.due_date,
        coalesce(contract.payment_terms_days, customer.payment_terms_days) as days
    from live_invoices as invoice
    left join contracts as contract on invoice.contract_id = contract.contract_id
    left join customers as customer on invoice.customer_id = customer.customer_id
    where
        invoice.kind <> 'credit_memo'
        and invoice.invoice_date <= getvariable('as_of')
        and invoice.due_date
        = invoice.invoice_date + cast(coalesce(contract.payment_terms_days, customer.payment_terms_days) as integer)
        and coalesce(invoice.order_id not in (select taken.id from taken), true)
        and coalesce(invoice.contract_id not in (select taken.id from taken), true)
),

-- Where a discount, a write-off or dunning hangs on the due date, another control would speak of it.
plain as (
    select agreed.*
    from agreed
    where
        agreed.invoice_id not in (select taken.id from taken)
        and agreed.invoice_id not in (select before.subject_id from before)
        and agreed.invoice_id not in (select other.invoice_id from adjustments as other)
        and agreed.invoice_id not in (
            select other.invoice_id
            from applications as other
            where other.discount_amount <> 0
        )
        and (
            agreed.due_date > getvariable('as_of') - 200
            or agreed.invoice_id in (select other.invoice_id from applications as other)
        )
)

select
    invoice_id,
    cast(1 + dice(invoice_id, 2) % 9 as integer) * case dice(invoice_id, 3) % 2 when 0 then 1 else -1 end as days
from plain
where days > 9
order by dice(invoice_id, 1), invoice_id
limit getvariable('errors');

update invoices set due_date = invoices.due_date + wrong.days
from wrong
where invoices.invoice_id = wrong.invoice_id;

insert into planted
select
    wrong.invoice_id as subject_id,
    null as expected_amount,
    null as billed_amount,
    case when wrong.days > 0 then 'due later than agreed' else 'due earlier than agreed' end as what
from wrong;

insert into taken
select wrong.invoice_id from wrong
