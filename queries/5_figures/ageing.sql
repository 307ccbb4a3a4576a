/*---
id: FIG-04
title: Ageing
formula: not due + 1-30 + 31-60 + 61-90 + 91-120 + over 120 + no due date + credits + unapplied cash = open items
source: conventions.md, As of a date
unit: an account, a bucket and a day, in one currency
needs: {}
reads: [open_items]
parameters: {}
---*/
select
    as_of,
    entity_id,
    currency,
    customer_id,
    bucket,
    count(*) as items,
    sum(open_amount) as amount
from open_items
group by as_of, entity_id, currency, customer_id, bucket
order by as_of, entity_id, currency, customer_id, bucket
