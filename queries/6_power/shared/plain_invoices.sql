/*---
view: plain_invoices
what: >
  Invoices that no recipe has touched and nothing hangs on but at most one receipt for them alone, whose lines are taxed
  each for itself: when a line changes, its document, the ledger and what the customer paid can change with it.
---*/
with exact_lines as (
    select
        line.invoice_id,
        sum(line.net_amount) as net_amount,
        sum(coalesce(line.tax_amount, 0)) as tax_amount
    from invoice_lines as line
    inner join invoices as invoice on line.invoice_id = invoice.invoice_id
    group by line.invoice_id
    having
        bool_and(
            coalesce(
                line.tax_amount = round_money(times_rate(line.net_amount, line.tax_rate), invoice.currency), true
            )
        )
),

used as (
    select
        application.receipt_id,
        count(*) as applications
    from applications as application
    group by application.receipt_id
),

paid as (
    select
        application.invoice_id,
        count(*) as applications,
        min(application.receipt_id) as receipt_id,
        sum(application.amount) as amount,
        min(receipt.amount) as receipt_amount,
        max(used.applications) as uses
    from applications as application
    left join receipts as receipt on application.receipt_id = receipt.receipt_id
    left join used on application.receipt_id = used.receipt_id
    group by application.invoice_id
)

select
    invoice.invoice_id,
    invoice.order_id,
    invoice.contract_id,
    invoice.customer_id,
    invoice.invoice_date,
    invoice.currency,
    paid.receipt_id
from live_invoices as invoice
inner join exact_lines on invoice.invoice_id = exact_lines.invoice_id
left join paid on invoice.invoice_id = paid.invoice_id
where
    invoice.kind = 'invoice'
    and invoice.invoice_date <= getvariable('as_of')
    and invoice.net_amount = exact_lines.net_amount
    and invoice.tax_amount = exact_lines.tax_amount
    and invoice.gross_amount = invoice.net_amount + invoice.tax_amount
    and (
        paid.invoice_id is null
        or (
            paid.applications = 1 and paid.uses = 1
            and paid.amount = invoice.gross_amount and paid.receipt_amount = invoice.gross_amount
        )
    )
    and invoice.invoice_id not in (select other.invoice_id from adjustments as other)
    and invoice.invoice_id not in (select other.invoice_id from promises as other)
    and invoice.invoice_id not in (
        select other.original_invoice_id
        from invoices as other
        where other.original_invoice_id is not null
    )
    and invoice.invoice_id not in (select taken.id from taken)
    and coalesce(invoice.order_id not in (select taken.id from taken), true)
    and coalesce(invoice.contract_id not in (select taken.id from taken), true)
    and coalesce(paid.receipt_id not in (select taken.id from taken), true)
