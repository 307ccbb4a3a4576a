/*---
id: MAT-05
title: What the books say went through the bank, money out below 0
what: bank
side: right
needs:
  receipts: [receipt_id, entity_id, received_on, currency, amount, status]
uses:
  receipts: [customer_id, reference, bank_reference]
  customers: [customer_id, name]
  settlements: [settlement_id, entity_id, partner_id, direction, currency, net_amount, status, paid_on, bank_line_id]
  partners: [partner_id, name]
  adjustments: [adjustment_id, invoice_id, kind, amount, adjusted_on, document_reference]
  invoices: [invoice_id, entity_id, currency]
---*/
-- A receipt that bounced went in and out again; the day it went out is not in the books.
select
    receipt.receipt_id as id,
    'receipt' as kind,
    receipt.entity_id as entity,
    'bank' as "group",
    receipt.currency,
    receipt.amount,
    receipt.received_on as day,
    list_filter([receipt.bank_reference, receipt.reference], lambda text: text is not null) as "references",
    customer.name
from receipts as receipt
left join customers as customer on receipt.customer_id = customer.customer_id
where receipt.received_on <= $as_of
union all
select
    receipt_id || '/return' as id,
    'return' as kind,
    entity_id as entity,
    'bank' as "group",
    currency,
    -amount as amount,
    received_on as day,
    list_filter([bank_reference, reference], lambda text: text is not null) as "references",
    null as name
from receipts
where status = 'reversed' and received_on <= $as_of
union all
select
    settlement.settlement_id as id,
    'settlement' as kind,
    settlement.entity_id as entity,
    'bank' as "group",
    settlement.currency,
    case settlement.direction when 'payable' then -settlement.net_amount else settlement.net_amount end as amount,
    settlement.paid_on as day,
    list_filter([settlement.bank_line_id, settlement.settlement_id], lambda text: text is not null) as "references",
    partner.name
from settlements as settlement
left join partners as partner on settlement.partner_id = partner.partner_id
where settlement.status = 'paid' and settlement.paid_on <= $as_of
union all
select
    adjustment.adjustment_id as id,
    'refund' as kind,
    document.entity_id as entity,
    'bank' as "group",
    document.currency,
    -adjustment.amount as amount,
    adjustment.adjusted_on as day,
    list_filter([adjustment.document_reference, adjustment.adjustment_id], lambda text: text is not null)
        as "references",
    null as name
from adjustments as adjustment
inner join invoices as document on adjustment.invoice_id = document.invoice_id
where adjustment.kind = 'refund' and adjustment.adjusted_on <= $as_of
