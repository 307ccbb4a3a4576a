/*---
id: ACC-01
title: Document does not add up
severity: high
grain: invoice_id
subject: invoices
examines: live_invoices
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, net_amount, tax_amount, gross_amount]
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
        document.currency,
        coalesce(sum(per_rate.lines), 0) as lines,
        coalesce(sum(per_rate.taxed_lines), 0) as taxed_lines,
        coalesce(sum(per_rate.rated_lines), 0) as rated_lines,
        coalesce(sum(per_rate.net_amount), 0) as lines_net,
        coalesce(sum(per_rate.tax_amount), 0) as lines_tax,
        sum(round_money(times_rate(per_rate.net_amount, coalesce(per_rate.tax_rate, 0)), document.currency)) as rates_tax
    from live_invoices as document
    left join per_rate on document.invoice_id = per_rate.invoice_id
    where document.invoice_date <= $as_of
    group by document.invoice_id, document.currency
),

-- The tax of a document is the sum of its lines' or is rounded once per rate; where no line says anything of tax, it stands.
recomputed as (
    select
        document.*,
        footed.lines,
        footed.lines_net,
        case
            when footed.lines = 0 then 0
            when footed.taxed_lines = 0 and footed.rated_lines = 0 then document.tax_amount
            when footed.taxed_lines > 0 and document.tax_amount = footed.lines_tax then document.tax_amount
            when footed.rated_lines = footed.lines and document.tax_amount = footed.rates_tax then document.tax_amount
            when footed.taxed_lines = 0 then footed.rates_tax
            else footed.lines_tax
        end as owed_tax
    from live_invoices as document
    inner join footed on document.invoice_id = footed.invoice_id
)

select
    recomputed.invoice_id as subject_id,
    recomputed.entity_id,
    recomputed.customer_id,
    recomputed.invoice_date as event_date,
    recomputed.currency,
    recomputed.lines_net + recomputed.owed_tax as expected_amount,
    recomputed.gross_amount as billed_amount,
    'stated net ' || amount_text(recomputed.net_amount, recomputed.currency)
    || ' + tax ' || amount_text(recomputed.tax_amount, recomputed.currency)
    || ' = gross ' || amount_text(recomputed.gross_amount, recomputed.currency)
    || '; its ' || cast(recomputed.lines as varchar) || ' lines give net '
    || amount_text(recomputed.lines_net, recomputed.currency)
    || ' + tax ' || amount_text(recomputed.owed_tax, recomputed.currency)
    || ' = ' || amount_text(recomputed.lines_net + recomputed.owed_tax, recomputed.currency) as reason,
    cast(null as varchar) as suppressed_by,
    recomputed.invoice_id as evidence_invoices,
    own.invoice_line_ids as evidence_invoice_lines
from recomputed
left join (
    select
        line.invoice_id,
        list(line.invoice_line_id) as invoice_line_ids
    from invoice_lines as line
    inner join recomputed as wrong on line.invoice_id = wrong.invoice_id
    where
        wrong.net_amount <> wrong.lines_net
        or wrong.tax_amount <> wrong.owed_tax
        or wrong.gross_amount <> wrong.net_amount + wrong.tax_amount
    group by line.invoice_id
) as own on recomputed.invoice_id = own.invoice_id
where
    recomputed.net_amount <> recomputed.lines_net
    or recomputed.tax_amount <> recomputed.owed_tax
    or recomputed.gross_amount <> recomputed.net_amount + recomputed.tax_amount
