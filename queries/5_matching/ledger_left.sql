/*---
id: MAT-08
title: Lines of the ledger on the receivable, those of one source together
what: ledger
side: left
needs:
  gl_lines: [gl_line_id, entity_id, account, account_kind, posted_on, currency, amount]
uses:
  gl_lines: [source_kind, source_id]
cardinality: "m:1"
---*/
select
    coalesce(source_kind || ' ' || source_id, min(gl_line_id)) || ' ' || entity_id || ' ' || currency as id,
    coalesce(source_kind, 'manual') as kind,
    entity_id as entity,
    null as "group",
    currency,
    sum(amount) as amount,
    min(posted_on) as day,
    list_filter([source_id], lambda text: text is not null) as "references",
    null as name
from gl_lines
where account_kind = 'receivable' and posted_on <= $as_of
group by entity_id, currency, source_kind, source_id, case when source_id is null then gl_line_id end
