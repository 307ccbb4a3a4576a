/*---
note: Credit and debit notes that correct several documents, the first of which was taken
---*/
select
    document.company_id || '/' || document.invoice_no as subject,
    string_agg(distinct line.original, ', ' order by line.original) as note
from saft_invoices as document
inner join saft_invoice_lines as line on document._source = line._source and document.document = line.document
where document.kind <> 'invoice'
group by document._source, document._row, document.company_id, document.invoice_no
having count(distinct line.original) > 1
order by document._source, document._row
