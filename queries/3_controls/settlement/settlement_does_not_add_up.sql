/*---
id: SET-01
title: Settlement does not add up
severity: high
grain: settlement_id
subject: settlements
examines: settlements
needs:
  settlements:
    [settlement_id, entity_id, partner_id, period_from, period_to, currency, gross_amount, fees_amount, refunds_amount,
     reserve_amount, tax_amount, net_amount, status]
  settlement_lines: [settlement_line_id, settlement_id, kind, amount]
uses:
  settlements: [paid_on]
why: >
  A statement that does not follow from its own lines pays the partner something nobody agreed to.
next_step: Ask the partner for the lines behind the head, and hold the difference back until they agree.
---*/
with footed as (
    select
        settlement_id,
        sum(case when kind in ('sale', 'freight', 'surcharge') then amount else 0 end) as gross,
        sum(case when kind = 'fee' then amount else 0 end) as fees,
        sum(case when kind = 'refund' then amount else 0 end) as refunds,
        sum(case when kind = 'reserve' then amount else 0 end) as reserve,
        sum(case when kind = 'tax' then amount else 0 end) as tax
    from settlement_lines
    group by settlement_id
),

compared as (
    select
        settlement.*,
        coalesce(footed.gross, 0) as gross,
        coalesce(footed.fees, 0) as fees,
        coalesce(footed.refunds, 0) as refunds,
        coalesce(footed.reserve, 0) as reserve,
        coalesce(footed.tax, 0) as tax
    from settlements as settlement
    left join footed on settlement.settlement_id = footed.settlement_id
    where
        settlement.status not in ('draft', 'cancelled')
        and least(settlement.paid_on, settlement.period_to - 1, settlement.period_from + 1) <= $as_of
),

off as (
    select
        *,
        gross - fees - refunds - reserve + tax as net
    from compared
    where
        net_amount <> gross_amount - fees_amount - refunds_amount - reserve_amount + tax_amount
        or gross_amount <> gross
        or fees_amount <> fees
        or refunds_amount <> refunds
        or reserve_amount <> reserve
        or tax_amount <> tax
),

own as (
    select
        line.settlement_id,
        list(line.settlement_line_id) as settlement_line_ids
    from settlement_lines as line
    inner join off on line.settlement_id = off.settlement_id
    group by line.settlement_id
)

select
    off.settlement_id as subject_id,
    off.entity_id,
    cast(null as varchar) as customer_id,
    coalesce(off.paid_on, off.period_to) as event_date,
    off.currency,
    off.net as expected_amount,
    off.net_amount as billed_amount,
    'stated gross ' || amount_text(off.gross_amount, off.currency)
    || ' - fees ' || amount_text(off.fees_amount, off.currency)
    || ' - refunds ' || amount_text(off.refunds_amount, off.currency)
    || ' - reserve ' || amount_text(off.reserve_amount, off.currency)
    || ' + tax ' || amount_text(off.tax_amount, off.currency)
    || ' = net ' || amount_text(off.net_amount, off.currency)
    || '; its lines give ' || amount_text(off.gross, off.currency)
    || ' - ' || amount_text(off.fees, off.currency)
    || ' - ' || amount_text(off.refunds, off.currency)
    || ' - ' || amount_text(off.reserve, off.currency)
    || ' + ' || amount_text(off.tax, off.currency)
    || ' = ' || amount_text(off.net, off.currency) as reason,
    cast(null as varchar) as suppressed_by,
    off.settlement_id as evidence_settlements,
    own.settlement_line_ids as evidence_settlement_lines
from off
left join own on off.settlement_id = own.settlement_id
