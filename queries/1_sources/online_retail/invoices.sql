/*---
table: invoices
what: >
  One document per InvoiceNo; C before the number is a credit note. Both kinds share one range of numbers. The
  export has neither tax nor status: amounts are net, documents are issued. A document without a customer gets one
  of its own that is in no customers row, so that it is counted as a reference that points nowhere. An amount is
  left empty, and so the document rejected, when one of its lines has no number that can be read.
---*/
with lines as (
    select
        plain_value(invoiceno) as invoice_id,
        regexp_replace(plain_value(customerid), '\.0+$', '') as customer_id,
        plain_value(invoicedate) as created_at,
        cast(read_quantity(plain_value(quantity)) as decimal(19, 6))
        * cast(read_price(plain_value(unitprice)) as decimal(18, 8)) as net_amount,
        _source,
        _row,
        row_number() over (partition by plain_value(invoiceno) order by _source, _row) as turn
    from online_retail_lines
),

documents as (
    select
        invoice_id,
        min(customer_id) as customer_id,
        min(created_at) as created_at,
        case when count(net_amount) = count(*) then sum(net_amount) end as net_amount,
        max(case when turn = 1 then _source end) as _source,
        max(case when turn = 1 then _row end) as _row
    from lines
    where invoice_id is not null
    group by invoice_id
)

select
    invoice_id,
    invoice_id as invoice_number,
    'main' as series,
    case when invoice_id like 'C%' then 'credit_memo' else 'invoice' end as kind,
    'UK' as entity_id,
    coalesce(customer_id, 'none/' || invoice_id) as customer_id,
    substr(created_at, 1, 10) as invoice_date,
    'GBP' as currency,
    net_amount,
    '0' as tax_amount,
    net_amount as gross_amount,
    'issued' as status,
    created_at,
    _source,
    _row
from documents
order by _source, _row
