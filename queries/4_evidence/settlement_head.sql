/*---
query: settlement_head
what: >
  One settlement with its partner and entity, what its lines come to by kind, and what the bank moved for it. Amounts
  are in the settlement's currency and without a sign of direction.
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
    where settlement_id = $settlement
    group by settlement_id
)

select
    settlement.*,
    partner.name as partner_name,
    partner.kind as partner_kind,
    partner.bank_changed_on,
    entity.name as entity_name,
    coalesce(parts.lines, 0) as lines,
    coalesce(parts.sales, 0) as sales,
    coalesce(parts.freight, 0) as freight,
    coalesce(parts.surcharges, 0) as surcharges,
    coalesce(parts.fees, 0) as fees,
    coalesce(parts.refunds, 0) as refunds,
    coalesce(parts.reserve, 0) as reserve,
    coalesce(parts.tax, 0) as tax,
    bank.booked_on,
    bank.currency as bank_currency,
    bank.amount as bank_amount,
    bank.counterparty,
    bank.reference as bank_reference
from settlements as settlement
left join parts on settlement.settlement_id = parts.settlement_id
left join partners as partner on settlement.partner_id = partner.partner_id
left join entities as entity on settlement.entity_id = entity.entity_id
left join bank_lines as bank on settlement.bank_line_id = bank.bank_line_id
where settlement.settlement_id = $settlement
