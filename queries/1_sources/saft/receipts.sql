/*---
table: receipts
what: >
  Every payment of a customer, and every document that is a receipt as well: an invoice-receipt (FR) over the whole of
  it, a simplified invoice or cash sale (FS, VD, TV) over what it states as paid. The amount is the gross total, with
  what was withheld as tax. Cancelled ones (A) are reversed; else what the lines set against documents decides. Payments
  in several files are treated as invoices are. Payments made to suppliers are left out.
rows_of: saft_payments
---*/
with files as (
    select
        _source,
        max(period_to) as period_to
    from saft_files
    group by _source
),

clashing as (
    select customer_id
    from saft_customers
    group by customer_id
    having count(distinct company_id) > 1 and count(distinct lower(name)) > 1
),

documents as (
    select
        payment.*,
        case
            when payment.customer_id is null and payment.supplier_id is not null then 'payment made'
            when payment.kind = 'payment' or payment.type in ('FR', 'FS', 'VD', 'TV') then 'receipt'
            else 'invoice'
        end as role,
        dense_rank() over (
            partition by payment.company_id, payment.payment_no, payment.kind order by payment.date, payment.content
        ) as version,
        row_number() over (
            partition by payment.company_id, payment.payment_no, payment.kind, payment.content
            order by coalesce(files.period_to, '') desc, payment._source desc, payment._row desc
        ) as copy
    from saft_payments as payment
    left join files on payment._source = files._source
),

-- What each line credits the customer with, and the tax on it where its amount is without.
sided as (
    select
        *,
        try_cast(amount as decimal(28, 10)) * case side when 'D' then -1 else 1 end as net,
        case
            when tax_amount is not null then abs(try_cast(tax_amount as decimal(28, 10)))
            else
                round(
                    cast(
                        abs(try_cast(amount as decimal(18, 4))) + coalesce(try_cast(discount as decimal(18, 4)), 0)
                        as decimal(19, 4)
                    )
                    * try_cast(tax_percentage as decimal(9, 4)) * cast(0.01 as decimal(2, 2)),
                    2
                )
        end * case side when 'D' then -1 else 1 end as tax
    from saft_payment_lines
),

added as (
    select
        _source,
        document,
        count(*) as lines,
        max(cast(position as bigint)) as last_position,
        sum(net) as net,
        sum(coalesce(tax, 0)) as tax,
        count(invoice_no) as named,
        count(case when more is null then invoice_no end) as applied
    from sided
    group by _source, document
),

figured as (
    select
        documents.*,
        added.lines,
        added.named,
        added.applied,
        added.last_position,
        case when documents.kind = 'payment' then try_cast(documents.gross as decimal(28, 10)) else added.net end
            as gross_10,
        case
            when documents.kind = 'payment' and added.net < 0 and coalesce(documents.gross, '0') not like '-%'
                then -1
            else 1
        end as factor,
        case
            when documents.kind <> 'payment' then 0
            when abs(added.net) = abs(try_cast(documents.gross as decimal(28, 10))) then 0
            else 1
        end as with_tax,
        added.net,
        added.tax
    from documents
    left join added on documents._source = added._source and documents.document = added.document
)

select
    figured.company_id || '/' || figured.payment_no
    || case when figured.version > 1 then '~' || cast(figured.version as varchar) else '' end as receipt_id,
    figured.company_id as entity_id,
    case
        when clashing.customer_id is null then figured.customer_id
        else figured.company_id || '/' || figured.customer_id
    end as customer_id,
    figured.date as received_on,
    figured.home_currency as currency,
    coalesce(
        cast(
            try_cast(
                coalesce(
                    figured.gross_10,
                    case when figured.gross is null then figured.factor * (figured.net + figured.tax) end
                ) as decimal(18, 4)
            ) as varchar
        ),
        figured.gross
    ) as amount,
    figured.method,
    figured.payment_no as reference,
    case
        when upper(figured.status) in ('A', 'F') then 'reversed'
        when figured.status is not null and upper(figured.status) not in ('N', 'S', 'R') then figured.status
        when figured.customer_id is null then 'unidentified'
        when coalesce(figured.named, 0) = 0 then 'on_account'
        when figured.applied < figured.lines then 'unapplied'
        when
            figured.gross_10 - figured.lines * cast(0.01 as decimal(2, 2))
            > figured.factor * (figured.net + figured.tax * figured.with_tax)
            then 'unapplied'
        else 'applied'
    end as status,
    figured._source,
    figured._row
from figured
left join clashing on figured.customer_id = clashing.customer_id
where figured.role = 'receipt'
order by figured.copy, figured._source, figured._row
