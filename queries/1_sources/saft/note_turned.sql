/*---
note: Documents whose lines add up to the other sign, and were turned
---*/
with added as (
    select
        _source,
        document,
        sum(try_cast(amount as decimal(28, 10)) * case side when 'D' then -1 else 1 end) as net
    from saft_invoice_lines
    group by _source, document
)

select
    document.company_id || '/' || document.invoice_no as subject,
    coalesce(document.type, 'no type') || ' over ' || coalesce(document.gross, document.net) || ', lines of '
    || cast(cast(added.net as decimal(28, 2)) as varchar) as note
from saft_invoices as document
inner join added on document._source = added._source and document.document = added.document
where
    (
        (document.kind = 'credit_memo' or try_cast(coalesce(document.gross, document.net) as decimal(28, 10)) < 0)
        and added.net > 0
    )
    or (
        document.kind <> 'credit_memo'
        and try_cast(coalesce(document.gross, document.net) as decimal(28, 10)) > 0
        and added.net < 0
    )
order by document._source, document._row
