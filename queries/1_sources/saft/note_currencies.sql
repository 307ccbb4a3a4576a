/*---
note: Documents issued in another currency, loaded in the currency of the company as the file states them
---*/
select
    company_id || '/' || invoice_no as subject,
    coalesce(currency_amount || ' ', '') || currency as note
from saft_invoices
where currency <> home_currency
order by _source, _row
