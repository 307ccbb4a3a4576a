/*---
table: applications
what: >
  Every line of a receipt that names a document: what it credits the customer with, and the tax on it where the lines
  without tax do not add up to the receipt (receipts of cash VAT). A credit note that was taken off is a line below
  zero, so that it is used up. SettlementAmount is the discount. A line that names several documents has one amount for
  all of them and is rejected. Lines of cancelled receipts and of payments made are left out. The cents that rounding
  leaves go to the last line.
rows_of: saft_payment_lines
---*/
with files as (
    select
        _source,
        max(period_to) as period_to
    from saft_files
    group by _source
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
),

valued as (
    select
        sided.*,
        figured.version,
        figured.copy,
        figured.role,
        figured.date,
        figured.source_id,
        figured.status,
        figured.gross_10,
        figured.lines,
        cast(sided.position as bigint) = figured.last_position as is_last,
        figured.company_id || '/' || figured.payment_no
        || case when figured.version > 1 then '~' || cast(figured.version as varchar) else '' end as receipt_id,
        figured.factor * (sided.net + coalesce(sided.tax, 0) * figured.with_tax) as value,
        figured.factor * (figured.net + figured.tax * figured.with_tax) as values_added
    from sided
    left join figured on sided._source = figured._source and sided.document = figured.document
)

select
    receipt_id || '/' || position as application_id,
    receipt_id,
    cast(null as varchar) as credit_invoice_id,
    case when more is null then company_id || '/' || invoice_no end as invoice_id,
    date as applied_on,
    coalesce(
        cast(
            try_cast(
                value + case
                    when is_last and abs(gross_10 - values_added) <= lines * cast(0.01 as decimal(2, 2))
                        then gross_10 - values_added
                    else 0
                end as decimal(18, 4)
            ) as varchar
        ),
        amount
    ) as amount,
    coalesce(cast(try_cast(try_cast(discount as decimal(28, 10)) as decimal(18, 4)) as varchar), discount)
        as discount_amount,
    source_id as applied_by,
    _source,
    _row
from valued
where
    receipt_id is null
    or (role = 'receipt' and invoice_no is not null and upper(coalesce(status, 'N')) not in ('A', 'F'))
order by copy, _source, _row
