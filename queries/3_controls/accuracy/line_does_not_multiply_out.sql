/*---
id: ACC-02
title: Line does not multiply out
severity: high
grain: invoice_line_id
subject: invoice_lines
examines: live_lines
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency]
  invoice_lines: [invoice_line_id, invoice_id, quantity, unit_price, net_amount]
uses:
  invoice_lines: [discount_amount, tax_rate]
suppressions:
  other_rounding: halves to the even neighbour or toward plus infinity, or cutting off, gives the stated amount
why: >
  An amount that quantity, price and discount do not give was typed over or computed from something not shown.
next_step: Ask what the amount was computed from; the printed line must prove it.
---*/
with computed as (
    select
        *,
        times_price(quantity, unit_price) - coalesce(discount_amount, 0) as exact_amount
    from live_lines
    where invoice_date <= $as_of
),

-- To round takes longer than all else: only what the stated amount is not is rounded.
unlike as (
    select
        *,
        round_money(exact_amount, currency) as owed_amount
    from computed
    where not is_rounded(net_amount, exact_amount, currency)
),

off as (
    select
        *,
        case
            when net_amount = round_money_upward(exact_amount, currency) then 'halves toward plus infinity'
            when net_amount = round_money_even(exact_amount, currency) then 'halves to even'
            when net_amount = truncate_money(exact_amount, currency) then 'cut off'
        end as rounding
    from unlike
),

explained as (
    select
        *,
        case
            when rounding is not null then rounding
            when net_amount = round_money(times_price(quantity, unit_price), currency) then 'without its discount'
            when net_amount = round_money(times_rate(owed_amount, 1 + tax_rate), currency) then 'with its tax'
            when owed_amount = round_money(times_rate(net_amount, 1 + tax_rate), currency)
                then 'less the tax in its price'
        end as convention
    from off
)

select
    invoice_line_id as subject_id,
    entity_id,
    customer_id,
    invoice_date as event_date,
    currency,
    owed_amount as expected_amount,
    net_amount as billed_amount,
    number_text(quantity) || ' x ' || number_text(unit_price)
    || coalesce(' - ' || amount_text(nullif(discount_amount, 0), currency), '')
    || ' = ' || amount_text(owed_amount, currency)
    || ', stated ' || amount_text(net_amount, currency)
    || coalesce(' (' || convention || ')', '') as reason,
    case when rounding is not null then 'other_rounding' end as suppressed_by,
    convention,
    invoice_line_id as evidence_invoice_lines,
    invoice_id as evidence_invoices
from explained
