/*---
id: VAL-04
title: Applied to a stranger's invoice
severity: high
grain: application_id
subject: applications
examines: applications
needs:
  receipts: [receipt_id, customer_id]
  invoices: [invoice_id, entity_id, customer_id, currency]
  applications: [application_id, receipt_id, invoice_id, applied_on, amount]
  customers: [customer_id]
uses:
  customers: [parent_id]
  receipts: [status]
why: >
  One customer's money closes another's debt: both accounts are wrong, and the one who paid will be asked again.
next_step: Move the application to the payer's own invoice, or record who belongs to whom.
---*/
-- Up to eight levels of parents. Where parents run in a circle nobody is at the top: the least of the circle stands
-- for it.
with parents as (
    select
        customer_id,
        max(parent_id) as parent_id
    from customers
    group by customer_id
),

chains as (
    select
        member.customer_id,
        coalesce(
            up_7.parent_id,
            up_6.parent_id,
            up_5.parent_id,
            up_4.parent_id,
            up_3.parent_id,
            up_2.parent_id,
            up_1.parent_id,
            member.parent_id
        ) as top_id,
        least(
            member.parent_id,
            up_1.parent_id,
            up_2.parent_id,
            up_3.parent_id,
            up_4.parent_id,
            up_5.parent_id,
            up_6.parent_id,
            up_7.parent_id
        ) as least_id
    from parents as member
    left join parents as up_1 on member.parent_id = up_1.customer_id
    left join parents as up_2 on up_1.parent_id = up_2.customer_id
    left join parents as up_3 on up_2.parent_id = up_3.customer_id
    left join parents as up_4 on up_3.parent_id = up_4.customer_id
    left join parents as up_5 on up_4.parent_id = up_5.customer_id
    left join parents as up_6 on up_5.parent_id = up_6.customer_id
    left join parents as up_7 on up_6.parent_id = up_7.customer_id
),

families as (
    select
        member.customer_id,
        coalesce(top.least_id, member.top_id) as family_id
    from chains as member
    left join chains as top on member.top_id = top.customer_id
),

-- Money that went back paid nothing.
paying as (
    select
        application.application_id,
        application.receipt_id,
        application.invoice_id,
        application.applied_on,
        application.amount,
        receipt.customer_id as payer_id,
        invoice.entity_id,
        invoice.customer_id as debtor_id,
        invoice.currency
    from applications as application
    inner join receipts as receipt
        on application.receipt_id = receipt.receipt_id and coalesce(receipt.status <> 'reversed', true)
    inner join invoices as invoice on application.invoice_id = invoice.invoice_id
    where application.applied_on <= $as_of and application.amount > 0
),

-- Few applications pay what somebody else owes: the rest is asked of these alone.
foreign_money as (
    select *
    from paying
    where payer_id <> debtor_id
),

pairs as (
    select
        receipt_id,
        invoice_id
    from foreign_money
    group by receipt_id, invoice_id
),

-- What stands of each receipt on each invoice: what was taken back paid nothing.
standing as (
    select
        application.receipt_id,
        application.invoice_id
    from applications as application
    inner join pairs using (receipt_id, invoice_id)
    where application.applied_on <= $as_of
    group by application.receipt_id, application.invoice_id
    having sum(application.amount) > 0
),

paid as (
    select foreign_money.*
    from foreign_money
    inner join standing
        on foreign_money.receipt_id = standing.receipt_id and foreign_money.invoice_id = standing.invoice_id
)

select
    paid.application_id as subject_id,
    paid.entity_id,
    paid.debtor_id as customer_id,
    paid.applied_on as event_date,
    paid.currency,
    cast(null as decimal(38, 4)) as expected_amount,
    cast(null as decimal(38, 4)) as billed_amount,
    amount_text(paid.amount, paid.currency) || ' ' || paid.currency || ' of receipt ' || paid.receipt_id
    || ' from ' || paid.payer_id || ' applied to invoice ' || paid.invoice_id || ' of ' || paid.debtor_id
    || '; they have no parent in common' as reason,
    cast(null as varchar) as suppressed_by,
    paid.application_id as evidence_applications,
    paid.receipt_id as evidence_receipts,
    paid.invoice_id as evidence_invoices,
    [paid.payer_id, paid.debtor_id] as evidence_customers
from paid
left join families as payer on paid.payer_id = payer.customer_id
left join families as debtor on paid.debtor_id = debtor.customer_id
where coalesce(payer.family_id, paid.payer_id) <> coalesce(debtor.family_id, paid.debtor_id)
