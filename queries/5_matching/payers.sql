/*---
id: MAT-03
title: Who may pay for whom, a customer's parent and the parents above it
what: receipts
side: payers
needs:
  customers: [customer_id, parent_id]
---*/
with recursive above as (
    select
        customer_id,
        parent_id,
        1 as steps
    from customers
    where parent_id is not null and parent_id <> customer_id
    union
    select
        above.customer_id,
        parent.parent_id,
        above.steps + 1 as steps
    from above
    inner join customers as parent on above.parent_id = parent.customer_id
    -- Parents that go round in a circle end here.
    where parent.parent_id is not null and above.steps < 12
)

select distinct
    customer_id as "group",
    parent_id as payer
from above
where customer_id <> parent_id
