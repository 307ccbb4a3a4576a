/*---
view: clearings
what: >
  What was applied, given as discount and adjusted, by the item it changes: the invoice or memo it was applied to (or
  adjusted), the credit memo and the receipt it was taken from. The amount is what it adds to what is left of the item:
  an application to an invoice < 0, one of a credit memo > 0, one of a receipt < 0; the discount is the invoice's alone.
  known_on is the day the books knew it by.
needs:
  applications: [application_id, invoice_id, applied_on, amount]
uses:
  applications: [receipt_id, credit_invoice_id, discount_amount, posted_on]
  adjustments: [adjustment_id, invoice_id, adjusted_on, posted_on, amount]
---*/
select
    'invoices' as subject_table,
    invoice_id as subject_id,
    applied_on as moved_on,
    coalesce(posted_on, applied_on) as known_on,
    -amount - coalesce(discount_amount, 0) as amount,
    application_id,
    cast(null as varchar) as adjustment_id
from applications
union all
select
    'invoices' as subject_table,
    credit_invoice_id as subject_id,
    applied_on as moved_on,
    coalesce(posted_on, applied_on) as known_on,
    amount,
    application_id,
    cast(null as varchar) as adjustment_id
from applications
where credit_invoice_id is not null
union all
select
    'invoices' as subject_table,
    invoice_id as subject_id,
    adjusted_on as moved_on,
    coalesce(posted_on, adjusted_on) as known_on,
    amount,
    cast(null as varchar) as application_id,
    adjustment_id
from adjustments
union all
select
    'receipts' as subject_table,
    receipt_id as subject_id,
    applied_on as moved_on,
    coalesce(posted_on, applied_on) as known_on,
    -amount as amount,
    application_id,
    cast(null as varchar) as adjustment_id
from applications
where receipt_id is not null
