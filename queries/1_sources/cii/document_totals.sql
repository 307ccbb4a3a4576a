/*---
tie_out: Document arithmetic
---*/
with loaded as (
    select
        lines._source,
        lines.document,
        sum(case lines.kind when 'line' then coalesce(line.net_amount, 0) else 0 end) as lines_net,
        sum(case lines.kind when 'allowance' then -coalesce(line.net_amount, 0) else 0 end) as allowances,
        sum(case lines.kind when 'charge' then coalesce(line.net_amount, 0) else 0 end) as charges,
        sum(case lines.kind when 'line' then 1 else 0 end) as lines
    from lines
    left join loaded_invoice_lines as line on lines._source = line._source and lines._row = line._row
    group by lines._source, lines.document
),

breakdowns as (
    select
        _source,
        document,
        sum(read_money(tax)) as tax
    from taxes
    group by _source, document
),

paid as (
    select
        _source,
        document,
        sum(read_money(amount)) as amount
    from payments
    group by _source, document
),

stated as (
    select
        documents._source,
        documents.document,
        invoice.invoice_id,
        invoice.currency,
        cast(documents.sign as integer) as factor,
        read_money(documents.lines_net) as lines_net,
        read_money(documents.allowances) as allowances,
        read_money(documents.charges) as charges,
        read_money(documents.net) as net,
        invoice.tax_amount * cast(documents.sign as integer) as tax,
        read_money(documents.gross) as gross,
        coalesce(read_money(documents.prepaid), 0) as prepaid,
        coalesce(read_money(documents.rounding), 0) as rounding,
        read_money(documents.payable) as payable,
        documents.customization like '%kosit:extension:xrechnung%' as has_third_parties
    from documents
    inner join loaded_invoices as invoice on documents._source = invoice._source and documents._row = invoice._row
),

compared as (
    select
        stated.*,
        loaded.lines,
        loaded.lines_net * stated.factor as found_lines_net,
        loaded.allowances * stated.factor as found_allowances,
        loaded.charges * stated.factor as found_charges,
        breakdowns.tax as found_tax,
        case when stated.has_third_parties then coalesce(paid.amount, 0) else 0 end as third_parties
    from stated
    left join loaded on stated._source = loaded._source and stated.document = loaded.document
    left join breakdowns on stated._source = breakdowns._source and stated.document = breakdowns.document
    left join paid on stated._source = paid._source and stated.document = paid.document
),

rules as (
    select
        invoice_id,
        'BT-106 sum of lines' as what,
        currency,
        lines_net as stated,
        found_lines_net as found
    from compared
    where lines > 0
    union all
    select
        invoice_id,
        'BT-107 sum of allowances' as what,
        currency,
        allowances as stated,
        coalesce(found_allowances, 0) as found
    from compared
    union all
    select
        invoice_id,
        'BT-108 sum of charges' as what,
        currency,
        charges as stated,
        coalesce(found_charges, 0) as found
    from compared
    union all
    select
        invoice_id,
        'BT-109 total without tax' as what,
        currency,
        net as stated,
        lines_net - coalesce(allowances, 0) + coalesce(charges, 0) as found
    from compared
    where lines_net is not null
    union all
    select
        invoice_id,
        'BT-110 total tax' as what,
        currency,
        tax as stated,
        found_tax as found
    from compared
    where found_tax is not null
    union all
    select
        invoice_id,
        'BT-112 total with tax' as what,
        currency,
        gross as stated,
        net + tax as found
    from compared
    union all
    select
        invoice_id,
        'BT-115 amount due' as what,
        currency,
        payable as stated,
        gross - prepaid + rounding + third_parties as found
    from compared
)

select
    invoice_id as subject,
    what,
    currency,
    stated,
    found
from rules
where stated is not null
