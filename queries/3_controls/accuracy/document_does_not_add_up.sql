/*---
id: ACC-01
title: Document does not add up
severity: high
grain: invoice_id
subject: invoices
examines: live_invoices
needs:
  invoices:
    [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, net_amount, tax_amount, gross_amount]
  invoice_lines: [invoice_line_id, invoice_id, net_amount]
uses:
  invoice_lines: [tax_rate, tax_amount]
why: >
  A header that its lines do not carry was changed by hand, cut short on export, or summed by something else.
next_step: Sum the lines as printed; reissue the document or find the line that is missing.
---*/
with per_rate as (
    select
        invoice_id,
        tax_rate,
        sum(net_amount) as net_amount,
        sum(tax_amount) as tax_amount,
        count(*) as lines,
        count(tax_amount) as taxed_lines,
        count(tax_rate) as rated_lines
    from invoice_lines
    group by invoice_id, tax_rate
),

footed as (
    select
        document.invoice_id,
        coalesce(sum(per_rate.lines), 0) as lines,
        sum(per_rate.taxed_lines) as taxed_lines,
        sum(per_rate.rated_lines) as rated_lines,
        coalesce(sum(per_rate.net_amount), 0) as lines_net,
        sum(per_rate.tax_amount) as lines_tax,
        sum(
            coalesce(
                round_money(times_rate(per_rate.net_amount, per_rate.tax_rate), document.currency),
                per_rate.tax_amount,
                0
            )
        ) as rates_tax
    from live_invoices as document
    left join per_rate on document.invoice_id = per_rate.invoice_id
    where document.invoice_date <= $as_of
    group by document.invoice_id
),

-- The tax of a document is the sum of its lines' or is rounded once per rate; it stands where no line speaks of tax.
recomputed as (
    select
        document.*,
        footed.lines,
        footed.lines_net,
        case
            when footed.lines = 0 then 0
            when footed.taxed_lines = 0 and footed.rated_lines = 0 then document.tax_amount
            when footed.taxed_lines = 0 or document.tax_amount = footed.rates_tax then footed.rates_tax
            else footed.lines_tax
        end as owed_tax
    from live_invoices as document
    inner join footed on document.invoice_id = footed.invoice_id
),

off as (
    select *
    from recomputed
    where
        net_amount <> lines_net
        or tax_amount <> owed_tax
        or gross_amount <> net_amount + tax_amount
),

own as (
    select
        line.invoice_id,
        list(line.invoice_line_id) as invoice_line_ids
    from invoice_lines as line
    inner join off on line.invoice_id = off.invoice_id
    group by line.invoice_id
)

select
    off.invoice_id as subject_id,
    off.entity_id,
    off.customer_id,
    off.invoice_date as event_date,
    off.currency,
    off.lines_net + off.owed_tax as expected_amount,
    off.gross_amount as billed_amount,
    'stated net ' || amount_text(off.net_amount, off.currency)
    || ' + tax ' || amount_text(off.tax_amount, off.currency)
    || ' = gross ' || amount_text(off.gross_amount, off.currency)
    || '; its ' || cast(off.lines as varchar) || ' lines give net ' || amount_text(off.lines_net, off.currency)
    || ' + tax ' || amount_text(off.owed_tax, off.currency)
    || ' = ' || amount_text(off.lines_net + off.owed_tax, off.currency) as reason,
    cast(null as varchar) as suppressed_by,
    off.invoice_id as evidence_invoices,
    own.invoice_line_ids as evidence_invoice_lines
from off
left join own on off.invoice_id = own.invoice_id
