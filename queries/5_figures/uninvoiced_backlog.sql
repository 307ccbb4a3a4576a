/*---
id: FIG-22
title: Un-invoiced backlog
form: total
unit: money
money: true
adds_up: true
parts: ["0-30", "31-60", "61-90", "over 90", no date]
controls: [COM-01]
formula: value of COM-01 findings (expected less billed) by days since delivery
source: conventions.md; control COM-01
says: >
  What was delivered by the as-of date and nobody has invoiced, at the order's prices. What is in the control's grace
  days is not in it, nor what has no price.
empty: nothing delivered is un-invoiced
needs:
  deliveries: [delivery_id, entity_id, customer_id, kind, status]
  delivery_lines: [delivery_line_id, delivery_id, quantity]
  order_lines: [order_line_id, order_id, quantity, unit_price]
  orders: [order_id, currency]
  invoices: [invoice_id, kind, status, invoice_date]
  invoice_lines: [invoice_line_id, invoice_id, quantity]
uses:
  deliveries: [shipped_on, delivered_on, order_id]
  delivery_lines: [order_line_id]
  order_lines: [discount_amount]
  invoice_lines: [delivery_line_id, order_line_id]
---*/
select
    asked.as_of,
    case
        when finding.event_date is null then 'no date'
        when days_between(finding.event_date, asked.as_of) <= 30 then '0-30'
        when days_between(finding.event_date, asked.as_of) <= 60 then '31-60'
        when days_between(finding.event_date, asked.as_of) <= 90 then '61-90'
        else 'over 90'
    end as part,
    'delivered, not invoiced' as role,
    finding.entity_id,
    finding.customer_id,
    finding.currency,
    finding.subject_table,
    finding.subject_id,
    finding.event_date,
    finding.expected_amount - finding.billed_amount as numerator,
    0 as denominator,
    finding.reason as remark
from asked
inner join findings as finding on asked.as_of = finding.as_of
where finding.control_id = 'COM-01' and finding.direction = 'under_billed'
