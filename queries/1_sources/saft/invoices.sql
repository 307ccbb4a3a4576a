/*---
table: invoices
what: >
  Every document of SalesInvoices, by company and number. One that several files hold alike is the same document, whose
  state the file of the latest period says; the others are rejected as repeats. One that differs in more than its state
  has ~2, ~3 ... behind its number. Types that say credit, and whatever is below zero, are credit memos; a credit
  memo's amounts are below zero, whatever their sign in the file. A and F (cancelled; billed again in another document)
  are cancelled. Amounts are in the company's currency, with at most four decimals; shipping belongs to the net amount.
  What a document does not add up by itself is the sum of its lines. The original is the first that its lines name.
one_row_per: saft_invoices
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

added as (
    select
        _source,
        document,
        sum(try_cast(amount as decimal(28, 10)) * case side when 'D' then -1 else 1 end) as net,
        sum(try_cast(shipping as decimal(28, 10)) * case side when 'D' then -1 else 1 end) as shipping,
        sum(abs(try_cast(tax_amount as decimal(28, 10))) * case side when 'D' then -1 else 1 end) as tax,
        min(order_no) as order_no
    from saft_invoice_lines
    group by _source, document
),

referring as (
    select
        _source,
        document,
        original,
        reason,
        row_number() over (partition by _source, document order by original is null, _row) as turn
    from saft_invoice_lines
    where coalesce(original, reason) is not null
),

numbered as (
    select
        document.*,
        added.tax as lines_tax,
        added.order_no,
        referring.original,
        coalesce(referring.reason, document.reason) as reason_given,
        clashing.customer_id is not null as clashes,
        coalesce(try_cast(document.net as decimal(28, 10)), case when document.net is null then added.net end)
        + coalesce(
            try_cast(document.shipping as decimal(28, 10)),
            case when document.shipping is null then added.shipping end,
            0
        ) as net_10,
        try_cast(document.tax as decimal(28, 10)) as tax_10,
        try_cast(document.gross as decimal(28, 10)) as gross_10,
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
    left join referring
        on document._source = referring._source and document.document = referring.document and referring.turn = 1
    left join clashing on document.customer_id = clashing.customer_id
),

-- Tax that is stated nowhere is what the gross amount has more than the net one.
completed as (
    select
        *,
        coalesce(
            tax_10,
            case when tax is null then lines_tax end,
            case when tax is null then gross_10 - net_10 end,
            case when coalesce(tax, gross) is null then 0 end
        ) as tax_given
    from numbered
),

texts as (
    select
        *,
        case
            when kind = 'credit_memo' or coalesce(gross_10, net_10 + tax_given) < 0 then 'credit_memo'
            else kind
        end as kind_given,
        coalesce(cast(try_cast(net_10 as decimal(18, 4)) as varchar), net) as net_text,
        coalesce(cast(try_cast(tax_given as decimal(18, 4)) as varchar), tax) as tax_text,
        coalesce(
            cast(
                try_cast(coalesce(gross_10, case when gross is null then net_10 + tax_given end) as decimal(18, 4))
                as varchar
            ),
            gross
        ) as gross_text
    from completed
)

select
    company_id || '/' || invoice_no
    || case when version > 1 then '~' || cast(version as varchar) else '' end as invoice_id,
    invoice_no as invoice_number,
    coalesce(nullif(regexp_replace(invoice_no, '[ /]*[0-9]+$', ''), ''), 'main') as series,
    kind_given as kind,
    company_id as entity_id,
    coalesce(case when clashes then company_id || '/' || customer_id else customer_id end, 'none') as customer_id,
    order_no as purchase_order,
    date as invoice_date,
    coalesce(due, case when type in ('FR', 'FS', 'VD', 'TV') and coalesce(home_country, '') <> 'LT' then date end)
        as due_date,
    posted as posted_on,
    home_currency as currency,
    case kind_given when 'credit_memo' then '-' || ltrim(net_text, '+-') else net_text end as net_amount,
    case kind_given when 'credit_memo' then '-' || ltrim(tax_text, '+-') else tax_text end as tax_amount,
    case kind_given when 'credit_memo' then '-' || ltrim(gross_text, '+-') else gross_text end as gross_amount,
    case
        when upper(status) in ('A', 'F') or upper(type) = 'AN' then 'cancelled'
        when status is null or upper(status) in ('N', 'S', 'R') then 'issued'
        else status
    end as status,
    case when billing in ('P', 'I') then 'system' when billing = 'M' then 'manual' end as origin,
    case when kind_given <> 'invoice' then company_id || '/' || original end as original_invoice_id,
    reason_given as reason_code,
    source_id as created_by,
    entered_at as created_at,
    _source,
    _row
from texts
order by copy, _source, _row
