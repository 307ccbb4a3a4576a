/*---
query: settlement_neighbours
what: The settlements of the same partner, entity and currency, the newest first.
---*/
select
    settlement_id,
    period_from,
    period_to,
    currency,
    net_amount,
    status,
    paid_on
from settlements
where partner_id = $partner and entity_id = $entity and currency = $currency
order by period_from desc, settlement_id desc
