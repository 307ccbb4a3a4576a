/*---
id: FIG-10
title: What a reader of the open items should know
formula: rows that contradict each other, counted, with their amount in their own currency and up to five of them
source: what users of open ERP systems report of ageing on past dates
unit: a kind of contradiction, in one currency
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
uses:
  invoices: [reason_code, original_invoice_id]
  receipts: [receipt_id, entity_id, customer_id, received_on, currency, amount, status]
  applications: [application_id, receipt_id, credit_invoice_id, invoice_id, applied_on, posted_on, amount]
reads: [open_items]
parameters:
  last_day: {unit: date, why: the newest of the days asked; what comes later is not looked at}
  clock: {unit: known or dated, why: as for the open items}
---*/
with known as (
    select * from applications
    where
        case $clock when 'known' then coalesce(posted_on, applied_on) else applied_on end <= $last_day
),

-- Credits are few, so that the join with every document is of receipts alone.
paired as (
    select
        application.application_id,
        application.amount,
        coalesce(target.currency, receipt.currency) as currency,
        target.status in ('cancelled', 'draft') as is_of_void,
        receipt.status = 'reversed' as is_of_returned,
        receipt.receipt_id is null as is_without_receipt,
        false as is_without_credit,
        target.invoice_id is null as is_without_invoice,
        receipt.currency <> target.currency as is_across_currencies,
        receipt.entity_id <> target.entity_id as is_across_entities,
        receipt.customer_id <> target.customer_id as is_across_customers,
        false as is_of_both
    from known as application
    left join invoices as target on application.invoice_id = target.invoice_id
    left join receipts as receipt on application.receipt_id = receipt.receipt_id
    where application.credit_invoice_id is null
    union all
    select
        application.application_id,
        application.amount,
        coalesce(target.currency, credit.currency) as currency,
        target.status in ('cancelled', 'draft') or credit.status in ('cancelled', 'draft') as is_of_void,
        false as is_of_returned,
        false as is_without_receipt,
        credit.invoice_id is null as is_without_credit,
        target.invoice_id is null as is_without_invoice,
        credit.currency <> target.currency as is_across_currencies,
        credit.entity_id <> target.entity_id as is_across_entities,
        credit.customer_id <> target.customer_id as is_across_customers,
        application.receipt_id is not null as is_of_both
    from known as application
    left join invoices as target on application.invoice_id = target.invoice_id
    left join invoices as credit on application.credit_invoice_id = credit.invoice_id
    where application.credit_invoice_id is not null
),

noted as (
    select
        unnest([
            case when is_of_void then 'application_of_void_document' end,
            case when is_of_returned then 'application_of_returned_receipt' end,
            case when is_without_receipt then 'application_without_receipt' end,
            case when is_without_credit then 'application_without_credit' end,
            case when is_without_invoice then 'application_without_invoice' end,
            case when is_of_both then 'application_of_both' end,
            case when is_across_currencies then 'application_across_currencies' end,
            case when is_across_entities then 'application_across_entities' end,
            case when is_across_customers then 'application_across_customers' end
        ]) as code,
        application_id as subject_id,
        currency,
        amount
    from paired
    where
        is_of_void or is_of_returned or is_without_receipt or is_without_credit or is_without_invoice or is_of_both
        or is_across_currencies or is_across_entities or is_across_customers
    union all
    select
        case
            when item_kind = 'receipt' and customer_id is null then 'receipt_without_customer'
            when item_kind = 'receipt' and open_amount > 0 then 'receipt_applied_over'
            when item_kind = 'credit_memo' and open_amount > 0 then 'credit_applied_over'
            when item_kind in ('invoice', 'debit_memo') and open_amount < 0 and document_date > as_of
                then 'settled_before_its_date'
            when item_kind in ('invoice', 'debit_memo') and open_amount < 0 then 'invoice_applied_over'
        end as code,
        item_id as subject_id,
        currency,
        open_amount as amount
    from open_items
    where as_of = $last_day
    union all
    select
        'cancelled_and_open' as code,
        item.item_id as subject_id,
        item.currency,
        item.open_amount as amount
    from open_items as item
    inner join cancelled_documents as cancelled on item.item_id = cancelled.invoice_id
    where item.as_of = $last_day and item.item_kind <> 'receipt'
)

select
    code,
    currency,
    count(*) as rows_noted,
    sum(amount) as amount,
    list_slice(list_sort(list(subject_id)), 1, 5) as examples
from noted
where code is not null
group by code, currency
order by code, currency
