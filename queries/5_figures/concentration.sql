/*---
id: FIG-26
title: Concentration of sales
form: concentration
unit: percent
money: true
formula: >
  share of the n largest customers in net sales x 100; Herfindahl-Hirschman index, the sum of the squares of the
  customers' shares in percent
source: conventions.md; US Department of Justice, Herfindahl-Hirschman Index (shares of 30, 30, 20, 20 make 2,600)
parameters:
  top: {default: 10, unit: customers, why: as many as a head of sales knows by name}
says: >
  Net of tax and less credit memos, by invoice date in the period. A customer whose credits exceed its invoices counts
  as nothing. The index runs from near 0 to 10,000, which is one customer.
empty: no customer has net sales in the period
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, net_amount]
uses:
  invoices: [posted_on]
---*/
select
    asked.as_of,
    '' as part,
    document.kind as role,
    document.entity_id,
    document.customer_id,
    document.currency,
    'invoices' as subject_table,
    document.invoice_id as subject_id,
    document.invoice_date as event_date,
    document.net_amount as numerator,
    document.net_amount as denominator
from asked
inner join invoices as document
    on
        asked.from_date <= document.invoice_date
        and asked.to_date > document.invoice_date
        and asked.as_of >= case $clock
            when 'known' then coalesce(document.posted_on, document.invoice_date) else document.invoice_date
        end
where document.status not in ('cancelled', 'draft')
