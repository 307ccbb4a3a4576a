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
with summed as (
    select
        invoice_id,
        sum(net_amount) as net_amount,
        sum(tax_amount) as tax_amount
    from invoice_lines
    group by invoice_id
),

compared as (
    select
        document.invoice_id,
        document.entity_id,
        document.customer_id,
        document.invoice_date,
        document.currency,
        document.net_amount,
        document.tax_amount,
        document.gross_amount,
        coalesce(summed.net_amount, 0) as lines_net,
        summed.tax_amount as lines_tax
    from live_invoices as document
    left join summed on document.invoice_id = summed.invoice_id
    where document.invoice_date <= $as_of
),

-- Most documents are the sums of their lines; only the others are footed rate by rate.
-- by invoices.invoice_id
doubtful as (
    select
        *,
        net_amount <> lines_net or gross_amount <> net_amount + tax_amount as is_off
    from compared
    where
        net_amount <> lines_net
        or gross_amount <> net_amount + tax_amount
        or coalesce(tax_amount <> lines_tax, true)
),

per_rate as (
    select
        line.invoice_id,
        line.tax_rate,
        sum(line.net_amount) as net_amount,
        sum(line.tax_amount) as tax_amount,
        count(*) as lines,
        count(line.tax_amount) as taxed_lines,
        sum(
            coalesce(line.tax_amount, round_money(times_rate(line.net_amount, line.tax_rate), doubtful.currency))
        ) as lines_tax
    from invoice_lines as line
    inner join doubtful on line.invoice_id = doubtful.invoice_id
    group by line.invoice_id, line.tax_rate
),

footed as (
    select
        document.invoice_id,
        document.entity_id,
        document.customer_id,
        document.invoice_date,
        document.currency,
        document.net_amount,
        document.tax_amount,
        document.gross_amount,
        document.lines_net,
        document.is_off,
        coalesce(sum(per_rate.lines), 0) as lines,
        sum(per_rate.taxed_lines) as taxed_lines,
        count(per_rate.tax_rate) as rates,
        sum(per_rate.lines_tax) as lines_tax,
        sum(
            coalesce(
                round_money(times_rate(per_rate.net_amount, per_rate.tax_rate), document.currency),
                per_rate.tax_amount
            )
        ) as rates_tax,
        sum(
            coalesce(
                round_money_upward(times_rate(per_rate.net_amount, per_rate.tax_rate), document.currency),
                per_rate.tax_amount
            )
        ) as rates_tax_upward
    from doubtful as document
    left join per_rate on document.invoice_id = per_rate.invoice_id
    group by
        document.invoice_id,
        document.entity_id,
        document.customer_id,
        document.invoice_date,
        document.currency,
        document.net_amount,
        document.tax_amount,
        document.gross_amount,
        document.lines_net,
        document.is_off
),

-- The tax of a document is the sum of its lines' or is rounded once per rate, halves away from zero or toward plus
-- infinity; lines that name a rate alone may
-- have been rounded each. It stands where no line speaks of tax.
recomputed as (
    select
        *,
        case
            when lines = 0 then 0
            when taxed_lines = 0 and rates = 0 then tax_amount
            when tax_amount = rates_tax_upward then rates_tax_upward
            when tax_amount = rates_tax or (taxed_lines = 0 and tax_amount <> lines_tax) then rates_tax
            else lines_tax
        end as owed_tax
    from footed
),

off as (
    select *
    from recomputed
    where is_off or tax_amount <> owed_tax
),

own as (
    select
        invoice_id,
        list(invoice_line_id) as invoice_line_ids
    from invoice_lines
    where invoice_id in (select off.invoice_id from off)
    group by invoice_id
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
