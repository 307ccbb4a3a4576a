/*---
table: invoice_lines
what: >
  Every line of a document. What it credits is above zero and what it debits below, with the quantity's sign; the price
  is above zero and, in Portugal, already without discounts: SettlementAmount only informs. Where the lines add up to
  the other sign than their document, all of them are turned, and a note says so. Shipping is a negative discount. A
  line without a quantity is one piece. Tax codes are those of tax_rates. A line of a document that is broken is
  rejected.
one_row_per: saft_invoice_lines
---*/
with files as (
    select
        _source,
        max(period_to) as period_to
    from saft_files
    group by _source
),

clashing as (
    select product_id
    from saft_products
    group by product_id
    having count(distinct company_id) > 1 and count(distinct lower(name)) > 1
),

added as (
    select
        _source,
        document,
        sum(try_cast(amount as decimal(28, 10)) * case side when 'D' then -1 else 1 end) as net
    from saft_invoice_lines
    group by _source, document
),

documents as (
    select
        document.*,
        case
            when
                added.net > 0
                and (
                    document.kind = 'credit_memo'
                    or try_cast(coalesce(document.gross, document.net) as decimal(28, 10)) < 0
                )
                then -1
            when
                document.kind <> 'credit_memo'
                and try_cast(coalesce(document.gross, document.net) as decimal(28, 10)) > 0
                and added.net < 0
                then -1
            else 1
        end as factor,
        dense_rank() over (
            partition by document.company_id, document.invoice_no order by document.date, document.content
        ) as version,
        row_number() over (
            partition by document.company_id, document.invoice_no, document.content
            order by coalesce(files.period_to, '') desc, document._source desc, document._row desc
        ) as copy
    from saft_invoices as document
    left join files on document._source = files._source
    left join added on document._source = added._source and document.document = added.document
),

signed as (
    select
        line.*,
        documents.copy,
        clashing.product_id is not null as clashes,
        documents.company_id || '/' || documents.invoice_no
        || case when documents.version > 1 then '~' || cast(documents.version as varchar) else '' end as invoice_id,
        try_cast(line.amount as decimal(28, 10))
        * documents.factor * case line.side when 'D' then -1 else 1 end as net,
        try_cast(line.shipping as decimal(28, 10))
        * documents.factor * case line.side when 'D' then -1 else 1 end as shipping_given
    from saft_invoice_lines as line
    left join documents on line._source = documents._source and line.document = documents.document
    left join clashing on line.product_id = clashing.product_id
),

texts as (
    select
        *,
        case when net < 0 then '-' when net = 0 and quantity like '-%' then '-' else '' end as sign,
        cast(try_cast(net + coalesce(shipping_given, 0) as decimal(18, 4)) as varchar) as net_text
    from signed
)

select
    invoice_id || '/' || position as invoice_line_id,
    invoice_id,
    position as line_number,
    case when clashes then company_id || '/' || product_id else product_id end as product_id,
    coalesce(description, product_name) as description,
    sign || ltrim(
        coalesce(
            cast(try_cast(try_cast(quantity as decimal(28, 10)) as decimal(18, 6)) as varchar), quantity, '1'
        ),
        '+-'
    ) as quantity,
    ltrim(
        coalesce(
            cast(try_cast(try_cast(unit_price as decimal(34, 16)) as decimal(18, 8)) as varchar),
            unit_price,
            case when quantity is null then cast(try_cast(net as decimal(18, 4)) as varchar) end
        ),
        '+-'
    ) as unit_price,
    case
        when shipping is not null then coalesce(cast(try_cast(-shipping_given as decimal(18, 4)) as varchar), shipping)
    end as discount_amount,
    coalesce(net_text, amount) as net_amount,
    case when length(tax_country) > 2 then tax_country || ' ' else '' end
    || tax_code
    || case when tax_code = 'OUT' then ' ' || tax_percentage else '' end as tax_code,
    coalesce(
        cast(try_cast(tax_percentage as decimal(14, 6)) * cast(0.01 as decimal(2, 2)) as varchar),
        tax_percentage
    ) as tax_rate,
    case
        when tax_amount is not null
            then
                sign || ltrim(
                    coalesce(
                        cast(try_cast(try_cast(tax_amount as decimal(28, 10)) as decimal(18, 4)) as varchar), tax_amount
                    ),
                    '+-'
                )
    end as tax_amount,
    period_from,
    coalesce(cast(cast(read_date(period_to) + interval 1 day as date) as varchar), period_to) as period_to,
    _source,
    _row
from texts
order by copy, _source, _row
