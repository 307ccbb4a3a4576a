/*---
id: PRO-04
title: Manual invoice beside a system one
severity: high
grain: invoice_id (the manual)
subject: invoices
examines: live_invoices
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount, origin]
  invoice_lines: [invoice_line_id, invoice_id, product_id]
uses:
  invoices: [invoice_number, contract_id, order_id, period_from, period_to, reason_code, original_invoice_id]
  invoice_lines: [contract_line_id, order_line_id, delivery_line_id, period_from, period_to]
  contract_lines: [contract_line_id, contract_id]
  order_lines: [order_line_id, order_id]
  delivery_lines: [delivery_line_id, order_line_id]
suppressions:
  credited: the manual or the system invoice was credited in full
why: >
  Somebody billed by hand what the system bills by itself, and the customer is asked twice.
next_step: Credit the manual invoice, or find out why the system's one was not enough.
---*/
with documents as (
    select
        invoice_id,
        customer_id,
        contract_id,
        order_id,
        period_from,
        period_to,
        coalesce(origin = 'manual', false) as is_manual
    from live_invoices
    where kind = 'invoice' and invoice_date <= $as_of
),

-- What was billed by hand to whom: nothing else can be beside it.
by_hand as (
    select distinct
        document.customer_id,
        line.product_id
    from documents as document
    inner join invoice_lines as line using (invoice_id)
    where document.is_manual
),

written as (
    select
        line.invoice_line_id,
        line.invoice_id,
        line.product_id,
        line.contract_line_id,
        line.order_line_id,
        line.delivery_line_id,
        document.customer_id,
        document.is_manual,
        coalesce(document.contract_id, charge.contract_id) as contract_id,
        coalesce(document.order_id, ordered.order_id) as order_id,
        coalesce(line.period_from, document.period_from) as period_from,
        case when line.period_from is null then document.period_to else line.period_to end as period_to
    from documents as document
    inner join invoice_lines as line on document.invoice_id = line.invoice_id
    left join contract_lines as charge on line.contract_line_id = charge.contract_line_id
    left join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
    left join order_lines as ordered on coalesce(line.order_line_id, item.order_line_id) = ordered.order_line_id
    where
        (document.customer_id, line.product_id) in (
            select
                by_hand.customer_id,
                by_hand.product_id
            from by_hand
        )
),

manual as (
    select * from written
    where is_manual
),

-- Without a period on both sides only an order that both name can make them the same, and only in the same lines.
covered as (
    select
        manual.invoice_id,
        manual.invoice_line_id,
        manual.product_id,
        automatic.invoice_id as system_id,
        automatic.invoice_line_id as system_line_id
    from manual
    inner join written as automatic
        on manual.customer_id = automatic.customer_id and manual.product_id = automatic.product_id
    where
        not automatic.is_manual
        and (manual.contract_id is null or manual.contract_id = automatic.contract_id)
        and (manual.order_id is null or manual.order_id = automatic.order_id)
        and coalesce(manual.contract_line_id = automatic.contract_line_id, true)
        and coalesce(manual.order_line_id = automatic.order_line_id, true)
        and coalesce(manual.delivery_line_id = automatic.delivery_line_id, true)
        and case
            when manual.period_from is null or automatic.period_from is null then manual.order_id is not null
            else
                manual.period_from < coalesce(automatic.period_to, date '9999-12-31')
                and automatic.period_from < coalesce(manual.period_to, date '9999-12-31')
        end
),

credited as (
    select original.invoice_id
    from live_invoices as credit
    inner join invoices as original
        on credit.original_invoice_id = original.invoice_id and credit.currency = original.currency
    where credit.kind = 'credit_memo' and credit.invoice_date <= $as_of
    group by original.invoice_id, original.gross_amount
    having sum(-credit.gross_amount) >= original.gross_amount
),

judged as (
    select
        covered.*,
        case when manual_credit.invoice_id is null and system_credit.invoice_id is null then 0 else 1 end as is_credited
    from covered
    left join credited as manual_credit on covered.invoice_id = manual_credit.invoice_id
    left join credited as system_credit on covered.system_id = system_credit.invoice_id
),

summed as (
    select
        invoice_id,
        min(is_credited) as is_credited,
        min(product_id) as product_id,
        min(case when is_credited = 0 then system_id end) as open_system_id,
        min(system_id) as system_id,
        list(invoice_line_id) as invoice_line_ids,
        list(system_line_id) as system_line_ids,
        list(system_id) as system_ids
    from judged
    group by invoice_id
)

select
    manual.invoice_id as subject_id,
    manual.entity_id,
    manual.customer_id,
    manual.invoice_date as event_date,
    manual.currency,
    cast(0 as decimal(38, 4)) as expected_amount,
    manual.gross_amount as billed_amount,
    manual.invoice_id || ' of ' || cast(manual.invoice_date as varchar) || ', written by hand, bills '
    || amount_text(manual.gross_amount, manual.currency) || ' ' || manual.currency || '; '
    || automatic.invoice_id || ' of ' || cast(automatic.invoice_date as varchar)
    || ' from the system covers ' || summed.product_id || ' as well' as reason,
    case when summed.is_credited = 1 then 'credited' end as suppressed_by,
    list_append(summed.system_ids, manual.invoice_id) as evidence_invoices,
    list_concat(summed.invoice_line_ids, summed.system_line_ids) as evidence_invoice_lines
from summed
inner join invoices as manual on summed.invoice_id = manual.invoice_id
inner join invoices as automatic
    on coalesce(summed.open_system_id, summed.system_id) = automatic.invoice_id
