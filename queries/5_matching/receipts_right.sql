/*---
id: MAT-02
title: Documents that are open, and with an amount of 0 those that are closed and can only be named
what: receipts
side: right
needs:
  invoices: [invoice_id, invoice_number, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
uses:
  invoices: [due_date, posted_on, purchase_order, contract_id]
  contracts: [contract_id, discount_percent, discount_days]
  customers: [customer_id, name]
reads: the temporary table open_items (FIG-01) of one day
cardinality: "1:1"
---*/
-- A discount is owed on a whole document: once something is paid or credited, what is left of it is a matter to agree.
select
    document.invoice_id as id,
    document.kind,
    document.entity_id as entity,
    document.customer_id as "group",
    document.currency,
    coalesce(item.open_amount, 0) as amount,
    document.invoice_date as day,
    list_filter([document.invoice_number, document.purchase_order], lambda text: text is not null) as "references",
    customer.name,
    case
        when document.kind = 'invoice' and item.open_amount = document.gross_amount and contract.discount_percent > 0
            then round_money(
                times_rate(
                    document.gross_amount,
                    cast(contract.discount_percent * cast(0.01 as decimal(3, 2)) as decimal(18, 8))
                ),
                document.currency
            )
    end as discount,
    document.invoice_date + cast(contract.discount_days as integer) as discount_until
from invoices as document
left join open_items as item on document.invoice_id = item.item_id and item.item_kind <> 'receipt'
left join contracts as contract on document.contract_id = contract.contract_id
left join customers as customer on document.customer_id = customer.customer_id
where document.invoice_date <= $as_of
