/*---
id: FIG-27
title: Account revenue forecast
form: forecast
unit: money
money: true
formula: >
  net billed per customer and calendar month, foreseen for the three months after the as-of date; error is WAPE, the sum
  of absolute errors / sum of actuals, of a back-test from rolling origins
source: conventions.md; Hyndman and Athanasopoulos, Forecasting, Principles and Practice, 5.8 and 5.10
parameters:
  months: {default: 3, unit: months, why: a quarter is what an account plan looks ahead}
  origins: {default: 6, unit: months, why: half a year of forecasts that can be compared with what came}
says: >
  Whole months up to the as-of date count. Each currency has the method that was least wrong on its accounts' own last
  months: median or mean of the year, or the same month of the year or of the quarters before. The error is that of the
  same choice, made without the months it is measured on; a bias below zero foresees too little.
empty: there are fewer than six whole months of sales
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
    0 as denominator
from asked
inner join invoices as document
    on
        -- The month of the as-of date is whole when that is its last day.
        month_of(asked.as_of + 1) > document.invoice_date
        and asked.as_of >= case $clock
            when 'known' then coalesce(document.posted_on, document.invoice_date) else document.invoice_date
        end
where document.status not in ('cancelled', 'draft')
