/*---
view: cancelled_documents
what: >
  Both halves of each cancelled pair: a credit memo with reason_code cancel and the invoice it reverses in full. One
  credit memo cancels one invoice: the first.
kept: true
needs:
  invoices: [invoice_id, kind, status, gross_amount, currency, invoice_date]
uses:
  invoices: [reason_code, original_invoice_id]
---*/
with reversals as (
    select
        credit.invoice_id as credit_id,
        original.invoice_id as original_id,
        row_number() over (
            partition by original.invoice_id
            order by credit.invoice_date, credit.invoice_id
        ) as turn
    from invoices as credit
    inner join invoices as original on credit.original_invoice_id = original.invoice_id
    where
        credit.kind = 'credit_memo'
        and credit.reason_code = 'cancel'
        and credit.status not in ('cancelled', 'draft')
        and original.kind <> 'credit_memo'
        and original.currency = credit.currency
        and original.gross_amount = -credit.gross_amount
)

select credit_id as invoice_id from reversals
where turn = 1
union all
select original_id as invoice_id from reversals
where turn = 1
