/*---
id: MAT-04
title: Lines of the bank statement
what: bank
side: left
needs:
  bank_lines: [bank_line_id, entity_id, account, booked_on, currency, amount]
uses:
  bank_lines: [counterparty, reference]
cardinality: "1:1"
---*/
select
    bank_line_id as id,
    'bank_line' as kind,
    entity_id as entity,
    'bank' as "group",
    currency,
    amount,
    booked_on as day,
    list_filter([reference, bank_line_id], lambda text: text is not null) as "references",
    counterparty as name
from bank_lines
where booked_on <= $as_of
