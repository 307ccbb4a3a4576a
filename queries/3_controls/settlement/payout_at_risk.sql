/*---
id: SET-05
title: Payout at risk
severity: high
grain: settlement_id
subject: settlements
examines: settlements
standing: true
needs:
  settlements:
    [settlement_id, entity_id, partner_id, direction, period_from, period_to, currency, net_amount, status, paid_on]
uses:
  partners: [partner_id, bank_changed_on]
  settlement_lines: [settlement_line_id, settlement_id, kind, order_id, delivery_id]
  deliveries: [delivery_id, order_id]
  invoices:
    [invoice_id, kind, status, invoice_date, currency, gross_amount, reason_code, order_id, original_invoice_id]
  invoice_lines: [invoice_id, order_line_id, delivery_line_id]
  delivery_lines: [delivery_line_id, order_line_id]
  order_lines: [order_line_id, order_id]
parameters:
  days: {default: 10, unit: days, why: a changed account is confirmed by a call back before it is paid to}
  refund_days: {default: 35, unit: days, why: what was credited comes back with the next monthly settlement}
why: >
  Money sent to a stranger's account, or to a seller who owes it back, is seldom seen again.
next_step: Call the partner on the number known before the change; take what was credited off the next payout.
---*/
with paid as (
    select
        settlement_id,
        entity_id,
        partner_id,
        direction,
        currency,
        net_amount,
        paid_on,
        coalesce(paid_on, period_to) as settled_on
    from settlements
    where
        status = 'paid'
        and least(paid_on, period_to - 1, period_from + 1) <= $as_of
),

changed as (
    select
        paid.settlement_id,
        max(partner.bank_changed_on) as bank_changed_on
    from paid
    inner join partners as partner on paid.partner_id = partner.partner_id
    where
        paid.direction = 'payable'
        and paid.paid_on >= partner.bank_changed_on
        and days_between(partner.bank_changed_on, paid.paid_on) <= $days
    group by paid.settlement_id
),

moved as (
    select
        line.settlement_id,
        settlement.partner_id,
        settlement.status,
        least(settlement.paid_on, settlement.period_to) as settled_on,
        line.kind,
        coalesce(line.order_id, delivery.order_id) as order_id
    from settlement_lines as line
    inner join settlements as settlement on line.settlement_id = settlement.settlement_id
    left join deliveries as delivery on line.delivery_id = delivery.delivery_id
    where line.kind in ('sale', 'refund')
),

settled as (
    select distinct
        moved.order_id,
        paid.settlement_id,
        paid.partner_id,
        paid.paid_on
    from moved
    inner join paid on moved.settlement_id = paid.settlement_id
    where moved.kind = 'sale' and paid.direction = 'payable'
),

refunded as (
    select distinct
        partner_id,
        order_id,
        settled_on
    from moved
    where kind = 'refund' and status not in ('draft', 'cancelled')
),

credits as (
    select
        credit.invoice_id,
        credit.invoice_date,
        credit.original_invoice_id,
        -credit.gross_amount >= original.gross_amount as is_whole,
        coalesce(credit.order_id, original.order_id) as order_id
    from live_invoices as credit
    left join invoices as original on credit.original_invoice_id = original.invoice_id
    where credit.kind = 'credit_memo'
),

-- The orders of the lines of credit memos, and of what they correct.
ordered_lines as (
    select distinct
        line.invoice_id,
        ordered.order_id
    from invoice_lines as line
    left join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
    inner join order_lines as ordered on coalesce(line.order_line_id, item.order_line_id) = ordered.order_line_id
    where
        line.invoice_id in (
            select credits.invoice_id from credits
            where credits.order_id is null
            union all
            select credits.original_invoice_id from credits
            where credits.order_id is null
        )
),

own as (
    select distinct invoice_id
    from ordered_lines
),

billed as (
    select
        *,
        count(*) over (partition by invoice_id) as orders
    from ordered_lines
),

-- The order of a credit memo is the one in its head, else that of the invoice it corrects, else those of its lines,
-- else of the lines it corrects: their only one, or all where all is given back.
credited as (
    select
        invoice_id,
        invoice_date,
        order_id
    from credits
    where order_id is not null
    union
    select
        credits.invoice_id,
        credits.invoice_date,
        ordered.order_id
    from credits
    inner join ordered_lines as ordered on credits.invoice_id = ordered.invoice_id
    where credits.order_id is null
    union
    select
        credits.invoice_id,
        credits.invoice_date,
        billed.order_id
    from credits
    inner join billed on credits.original_invoice_id = billed.invoice_id
    left join own on credits.invoice_id = own.invoice_id
    where credits.order_id is null and own.invoice_id is null and (credits.is_whole or billed.orders = 1)
),

owing as (
    select
        settled.settlement_id,
        settled.partner_id,
        settled.order_id,
        credited.invoice_id,
        credited.invoice_date
    from settled
    inner join credited on settled.order_id = credited.order_id
    where
        credited.invoice_date > settled.paid_on
        and days_between(credited.invoice_date, $as_of) > $refund_days
),

-- A refund long before was for something else that came back.
kept as (
    select
        owing.settlement_id,
        min(owing.order_id) as order_id,
        count(distinct owing.order_id) as orders,
        list(owing.order_id) as order_ids,
        list(owing.invoice_id) as invoice_ids
    from owing
    left join refunded
        on
            owing.partner_id = refunded.partner_id
            and owing.order_id = refunded.order_id
            and abs(days_between(owing.invoice_date, refunded.settled_on)) <= $refund_days
    where refunded.order_id is null
    group by owing.settlement_id
)

select
    paid.settlement_id as subject_id,
    paid.entity_id,
    cast(null as varchar) as customer_id,
    paid.settled_on as event_date,
    paid.currency,
    cast(0 as decimal(38, 4)) as expected_amount,
    paid.net_amount as billed_amount,
    amount_text(paid.net_amount, paid.currency) || ' ' || paid.currency
    || ' paid to ' || paid.partner_id || ' on ' || cast(paid.settled_on as varchar)
    || case when paid.net_amount < 0 then '; the net is negative' else '' end
    || coalesce('; bank details changed on ' || cast(changed.bank_changed_on as varchar), '')
    || coalesce(
        '; ' || cast(kept.orders as varchar) || ' of its orders credited afterwards and not refunded by the partner, '
        || kept.order_id || ' among them',
        ''
    ) as reason,
    cast(null as varchar) as suppressed_by,
    paid.settlement_id as evidence_settlements,
    case when changed.settlement_id is not null then paid.partner_id end as evidence_partners,
    kept.order_ids as evidence_orders,
    kept.invoice_ids as evidence_invoices
from paid
left join changed on paid.settlement_id = changed.settlement_id
left join kept on paid.settlement_id = kept.settlement_id
where
    paid.net_amount < 0
    or changed.settlement_id is not null
    or kept.settlement_id is not null
