/*---
query: payouts
what: >
  Every settlement known on the as-of date: what its head states, what its lines add up to by kind, and what the bank
  moved for it. Amounts are in the settlement's currency and without a sign of direction.
---*/
with parts as (
    select
        settlement_id,
        count(*) as lines,
        sum(case when kind = 'sale' then amount else 0 end) as sales,
        sum(case when kind = 'freight' then amount else 0 end) as freight,
        sum(case when kind = 'surcharge' then amount else 0 end) as surcharges,
        sum(case when kind = 'fee' then amount else 0 end) as fees,
        sum(case when kind = 'refund' then amount else 0 end) as refunds,
        sum(case when kind = 'reserve' then amount else 0 end) as reserve,
        sum(case when kind = 'tax' then amount else 0 end) as tax
    from settlement_lines
    group by settlement_id
)

select
    settlement.settlement_id,
    settlement.entity_id,
    settlement.partner_id,
    partner.name as partner_name,
    partner.kind as partner_kind,
    settlement.direction,
    settlement.status,
    settlement.period_from,
    settlement.period_to,
    settlement.paid_on,
    settlement.currency,
    coalesce(parts.lines, 0) as lines,
    coalesce(parts.sales, 0) as sales,
    coalesce(parts.freight, 0) as freight,
    coalesce(parts.surcharges, 0) as surcharges,
    settlement.gross_amount,
    coalesce(parts.fees, 0) as fees,
    settlement.fees_amount,
    coalesce(parts.refunds, 0) as refunds,
    settlement.refunds_amount,
    coalesce(parts.reserve, 0) as reserve,
    settlement.reserve_amount,
    coalesce(parts.tax, 0) as tax,
    settlement.tax_amount,
    settlement.net_amount,
    settlement.bank_line_id,
    bank.booked_on,
    bank.currency as bank_currency,
    bank.amount as bank_amount
from settlements as settlement
left join parts on settlement.settlement_id = parts.settlement_id
left join partners as partner on settlement.partner_id = partner.partner_id
left join bank_lines as bank
    on
        settlement.bank_line_id = bank.bank_line_id
        and bank.booked_on <= $as_of
where
    settlement.status <> 'cancelled'
    and least(settlement.paid_on, settlement.period_to - 1) <= $as_of
order by settlement.partner_id, settlement.currency, settlement.period_from, settlement.settlement_id
