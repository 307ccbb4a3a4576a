/*---
view: uncleared
what: >
  Documents and receipts, of whatever kind and status, of which something is left or too much was taken by all that was
  ever applied, given as discount and adjusted. The amount is what is left, in the sign of the item. What was left on a
  day: remainders.
kept: when named
by: clearings.subject_id
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
    sum(amount) as amount
from (
    select
        'invoices' as subject_table,
        invoice_id as subject_id,
        gross_amount as amount
    from invoices
    union all
    select
        'receipts' as subject_table,
        receipt_id as subject_id,
        amount
    from receipts
    union all
    select
        subject_table,
        subject_id,
        amount
    from clearings
) as movement
group by subject_table, subject_id
having sum(amount) <> 0
