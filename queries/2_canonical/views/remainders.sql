/*---
view: remainders
what: >
  What is left of an item in the end (uncleared, on the last day there is), and what each clearing took from it, given
  back on its day: what was left on a day is the sum of the rows after it.
needs:
  applications: [application_id, invoice_id, applied_on, amount]
uses:
  invoices: [invoice_id, gross_amount]
  receipts: [receipt_id, amount]
  applications: [receipt_id, credit_invoice_id, discount_amount]
  adjustments: [adjustment_id, invoice_id, adjusted_on, amount]
---*/
select
    subject_table,
    subject_id,
    date '9999-12-31' as moved_on,
    amount
from uncleared
union all
select
    subject_table,
    subject_id,
    moved_on,
    -amount as amount
from clearings
