/*---
id: FIG-03
title: Movements of the customers' accounts
formula: >
  invoiced + reversed + credited + received + applied + discounted + written off + refunded + adjusted, each as it moves
  the account; an application moves two items and, where both are of one account, the account by nothing.
source: the movements of a receivables roll-forward (AS 1105.10, completeness of what the company produced)
unit: a movement of an item, in the item's currency
needs:
  invoices: [invoice_id, invoice_number, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
uses:
  invoices: [posted_on, reason_code, original_invoice_id]
  receipts: [receipt_id, entity_id, customer_id, received_on, posted_on, currency, amount, reference, status]
  applications:
    [application_id, receipt_id, credit_invoice_id, invoice_id, applied_on, posted_on, amount, discount_amount]
  adjustments: [adjustment_id, invoice_id, kind, adjusted_on, posted_on, amount]
parameters: {}
---*/
-- dated_on is the business date, known_on the day it entered the books; a movement without one has the other's.
with documents as (
    select
        document.*,
        coalesce(document.reason_code = 'cancel' and cancelled.invoice_id is not null, false) as is_reversal
    from invoices as document
    left join cancelled_documents as cancelled on document.invoice_id = cancelled.invoice_id
    where document.status not in ('cancelled', 'draft')
),

money_in as (
    select * from receipts
    where status <> 'reversed'
),

void_documents as (
    select invoice_id from invoices
    where status in ('cancelled', 'draft')
),

returned_receipts as (
    select receipt_id from receipts
    where status = 'reversed'
),

counted as (
    select
        application.*,
        coalesce(application.posted_on, application.applied_on) as known_on
    from applications as application
    left join void_documents as void on application.invoice_id = void.invoice_id
    left join void_documents as void_credit on application.credit_invoice_id = void_credit.invoice_id
    left join returned_receipts as returned on application.receipt_id = returned.receipt_id
    where void.invoice_id is null and void_credit.invoice_id is null and returned.receipt_id is null
)

select
    'invoices' as item_table,
    invoice_id as item_id,
    invoice_number as item_number,
    entity_id,
    customer_id,
    currency,
    invoice_date as dated_on,
    coalesce(posted_on, invoice_date) as known_on,
    case
        when kind <> 'credit_memo' then 'invoiced'
        when is_reversal then 'reversed'
        else 'credited'
    end as effect,
    gross_amount as amount,
    'invoices' as source_table,
    invoice_id as source_id
from documents
union all
select
    'receipts' as item_table,
    receipt_id as item_id,
    coalesce(reference, receipt_id) as item_number,
    entity_id,
    customer_id,
    currency,
    received_on as dated_on,
    coalesce(posted_on, received_on) as known_on,
    'received' as effect,
    -amount as amount,
    'receipts' as source_table,
    receipt_id as source_id
from money_in
union all
select
    'invoices' as item_table,
    document.invoice_id as item_id,
    document.invoice_number as item_number,
    document.entity_id,
    document.customer_id,
    document.currency,
    application.applied_on as dated_on,
    application.known_on,
    'applied' as effect,
    -application.amount as amount,
    'applications' as source_table,
    application.application_id as source_id
from counted as application
inner join documents as document on application.invoice_id = document.invoice_id
union all
select
    'invoices' as item_table,
    document.invoice_id as item_id,
    document.invoice_number as item_number,
    document.entity_id,
    document.customer_id,
    document.currency,
    application.applied_on as dated_on,
    application.known_on,
    'discounted' as effect,
    -application.discount_amount as amount,
    'applications' as source_table,
    application.application_id as source_id
from counted as application
inner join documents as document on application.invoice_id = document.invoice_id
where application.discount_amount <> 0
union all
select
    'invoices' as item_table,
    document.invoice_id as item_id,
    document.invoice_number as item_number,
    document.entity_id,
    document.customer_id,
    document.currency,
    application.applied_on as dated_on,
    application.known_on,
    'applied' as effect,
    application.amount,
    'applications' as source_table,
    application.application_id as source_id
from counted as application
inner join documents as document on application.credit_invoice_id = document.invoice_id
union all
select
    'receipts' as item_table,
    receipt.receipt_id as item_id,
    coalesce(receipt.reference, receipt.receipt_id) as item_number,
    receipt.entity_id,
    receipt.customer_id,
    receipt.currency,
    application.applied_on as dated_on,
    application.known_on,
    'applied' as effect,
    application.amount,
    'applications' as source_table,
    application.application_id as source_id
from counted as application
inner join money_in as receipt on application.receipt_id = receipt.receipt_id
where application.credit_invoice_id is null
union all
select
    'invoices' as item_table,
    document.invoice_id as item_id,
    document.invoice_number as item_number,
    document.entity_id,
    document.customer_id,
    document.currency,
    adjustment.adjusted_on as dated_on,
    coalesce(adjustment.posted_on, adjustment.adjusted_on) as known_on,
    case adjustment.kind
        when 'write_off' then 'written_off'
        when 'refund' then 'refunded'
        when 'discount' then 'discounted'
        else 'adjusted'
    end as effect,
    adjustment.amount,
    'adjustments' as source_table,
    adjustment.adjustment_id as source_id
from adjustments as adjustment
inner join documents as document on adjustment.invoice_id = document.invoice_id
