/*---
id: MAT-01
title: Money that is not applied
what: receipts
side: left
needs:
  receipts: [receipt_id, entity_id, received_on, currency, amount, status]
uses:
  receipts: [customer_id, posted_on, reference, bank_reference]
  customers: [customer_id, name]
reads: the temporary table open_items (FIG-01) of one day
cardinality: "1:1"
---*/
select
    item.item_id as id,
    receipt.status as kind,
    item.entity_id as entity,
    item.customer_id as "group",
    item.currency,
    -item.open_amount as amount,
    item.document_date as day,
    list_filter([receipt.reference, receipt.bank_reference], lambda text: text is not null) as "references",
    customer.name
from open_items as item
inner join receipts as receipt on item.item_id = receipt.receipt_id
left join customers as customer on item.customer_id = customer.customer_id
where item.item_kind = 'receipt'
