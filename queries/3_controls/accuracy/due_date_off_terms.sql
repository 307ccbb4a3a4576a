/*---
id: ACC-08
title: Due date off the terms
severity: medium
grain: invoice_id
subject: invoices
examines: live_invoices
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, due_date, currency]
either: [contracts, customers]
uses:
  invoices: [contract_id]
  contracts: [contract_id, payment_terms_days]
  customers: [customer_id, payment_terms_days]
  contract_lines: [contract_line_id, contract_id]
  invoice_lines: [invoice_id, contract_line_id]
suppressions:
  terms_of_lines: it names no contract, and is due by the terms of the contract that its lines belong to
why: >
  A due date that nobody agreed makes money come late, or reminds a customer who is on time.
next_step: Correct the terms where the due date is made; tell the customer the right day.
---*/
-- Two records of one contract or customer with two terms settle nothing.
with contract_terms as (
    select
        contract_id,
        min(payment_terms_days) as days
    from contracts
    group by contract_id
    having min(payment_terms_days) = max(payment_terms_days)
),

customer_terms as (
    select
        customer_id,
        min(payment_terms_days) as days
    from customers
    group by customer_id
    having min(payment_terms_days) = max(payment_terms_days)
),

agreed as (
    select
        document.*,
        days_between(document.invoice_date, document.due_date) as given_days,
        coalesce(contract.days, customer.days) as agreed_days,
        contract.contract_id as agreed_by_contract,
        case when contract.contract_id is null then customer.customer_id end as agreed_by_customer
    from live_invoices as document
    left join contract_terms as contract on document.contract_id = contract.contract_id
    left join customer_terms as customer on document.customer_id = customer.customer_id
    where document.kind <> 'credit_memo' and document.invoice_date <= $as_of
),

off as (
    select *
    from agreed
    where given_days <> agreed_days
),

terms_of_lines as (
    select
        off.invoice_id,
        min(contract.contract_id) as contract_id,
        min(contract.days) as days
    from off
    inner join invoice_lines as line on off.invoice_id = line.invoice_id
    inner join contract_lines as charge on line.contract_line_id = charge.contract_line_id
    inner join contract_terms as contract on charge.contract_id = contract.contract_id
    where off.contract_id is null
    group by off.invoice_id
    having min(contract.days) = max(contract.days)
)

select
    off.invoice_id as subject_id,
    off.entity_id,
    off.customer_id,
    off.invoice_date as event_date,
    off.currency,
    cast(null as decimal(38, 4)) as expected_amount,
    cast(null as decimal(38, 4)) as billed_amount,
    'due ' || cast(off.due_date as varchar) || ', ' || cast(off.given_days as varchar) || ' days after '
    || cast(off.invoice_date as varchar) || '; the terms of '
    || coalesce('contract ' || off.agreed_by_contract, 'customer ' || off.agreed_by_customer)
    || ' are ' || cast(off.agreed_days as varchar) || ' days: '
    || cast(abs(off.given_days - off.agreed_days) as varchar)
    || case sign(off.given_days - off.agreed_days) when 1 then ' too many' else ' too few' end as reason,
    case when off.given_days = implied.days then 'terms_of_lines' end as suppressed_by,
    off.invoice_id as evidence_invoices,
    coalesce(off.agreed_by_contract, implied.contract_id) as evidence_contracts,
    off.agreed_by_customer as evidence_customers
from off
left join terms_of_lines as implied on off.invoice_id = implied.invoice_id
