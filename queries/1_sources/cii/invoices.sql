/*---
table: invoices
what: >
  One document each, by seller and number; another document of the same number has ~2, ~3 ... behind it, in the order
  of their dates, and the same document once more is rejected. Credit notes turn their sign; what then is less than
  nothing is a credit memo, whatever its type says. A pro forma (325) is a draft. The invoice that one refers to is
  named where it was loaded too. The last day of a period is inside it, so that it ends a day later. EN 16931 has no
  reason codes.
one_row_per: documents
---*/
with clashing as (
    select buyer_number
    from documents
    group by buyer_number
    having count(distinct seller_id) > 1 and count(distinct lower(buyer_name)) > 1
),

numbered as (
    select
        documents.*,
        case
            when documents.buyer_number is null then documents.buyer_id
            when clashing.buyer_number is null then documents.buyer_number
            else documents.seller_id || '/' || documents.buyer_number
        end as customer_id,
        dense_rank() over (
            partition by documents.seller_id, documents.number order by documents.issue_date, documents.content
        ) as turn
    from documents
    left join clashing on documents.buyer_number = clashing.buyer_number
),

keyed as (
    select
        *,
        seller_id || '/' || number || case when turn > 1 then '~' || cast(turn as varchar) else '' end as invoice_id
    from numbered
),

originals as (
    select
        keyed._source,
        keyed._row,
        original.invoice_id,
        row_number() over (
            partition by keyed._source, keyed._row
            order by
                preceding_invoices._row asc,
                case when preceding_invoices.issue_date = original.issue_date then 0 else 1 end asc,
                original.issue_date desc,
                original.invoice_id asc
        ) as turn
    from preceding_invoices
    inner join keyed
        on preceding_invoices._source = keyed._source and preceding_invoices.document = keyed.document
    inner join keyed as original
        on
            keyed.seller_id = original.seller_id
            and preceding_invoices.number = original.number
            and keyed.invoice_id <> original.invoice_id
),

taxes_stated as (
    select
        keyed._source,
        keyed._row,
        case
            when count(tax_totals.amount) = 0 then '0'
            when count(read_money(tax_totals.amount)) = count(tax_totals.amount)
                then cast(sum(read_money(tax_totals.amount)) as varchar)
            else min(tax_totals.amount)
        end as tax
    from keyed
    left join tax_totals
        on
            keyed._source = tax_totals._source
            and keyed.document = tax_totals.document
            and coalesce(tax_totals.currency, keyed.currency) = keyed.currency
    group by keyed._source, keyed._row
),

signed as (
    select
        keyed.*,
        taxes_stated.tax,
        originals.invoice_id as original_invoice_id,
        case
            when keyed.sign = '1' then keyed.net
            when keyed.net like '-%' then substr(keyed.net, 2)
            else '-' || keyed.net
        end as net_amount,
        case
            when keyed.sign = '1' then taxes_stated.tax
            when taxes_stated.tax like '-%' then substr(taxes_stated.tax, 2)
            else '-' || taxes_stated.tax
        end as tax_amount,
        case
            when keyed.sign = '1' then keyed.gross
            when keyed.gross like '-%' then substr(keyed.gross, 2)
            else '-' || keyed.gross
        end as gross_amount
    from keyed
    inner join taxes_stated on keyed._source = taxes_stated._source and keyed._row = taxes_stated._row
    left join originals on keyed._source = originals._source and keyed._row = originals._row and originals.turn = 1
)

select
    invoice_id,
    number as invoice_number,
    coalesce(nullif(regexp_replace(number, '[0-9]+$', ''), ''), 'main') as series,
    case
        when read_money(gross_amount) < 0 then 'credit_memo'
        when sign = '-1' and read_money(gross_amount) > 0 then 'debit_memo'
        when sign = '-1' then 'credit_memo'
        when type_code in ('80', '84', '383') then 'debit_memo'
        else 'invoice'
    end as kind,
    seller_id as entity_id,
    customer_id,
    contract as contract_id,
    sales_order as order_id,
    nullif(purchase_order, 'NA') as purchase_order,
    issue_date as invoice_date,
    due_date,
    period_from,
    coalesce(cast(cast(read_date(period_to) + interval 1 day as date) as varchar), period_to) as period_to,
    currency,
    net_amount,
    tax_amount,
    gross_amount,
    case when type_code = '325' then 'draft' else 'issued' end as status,
    original_invoice_id,
    _source,
    _row
from signed
order by _source, _row
