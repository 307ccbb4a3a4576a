/*---
id: FIG-02
title: Open items of invoices that are due in parts
formula: >
  What an invoice was settled by settles its parts in the order in which they are due; the last part takes what the
  parts and the gross amount differ by.
source: the order in which payment terms are settled in ERPNext and in Oracle Receivables, oldest due date first
unit: an open item, or a part of one, and a day
needs:
  instalments: [invoice_id, part, due_date, amount]
reads: [open_items]
parameters: {}
---*/
-- Of a part, applied_amount is all that settled it.
with terms as (
    select
        invoice_id,
        part,
        due_date,
        sum(amount) over (partition by invoice_id order by due_date, part) as reached,
        row_number() over (partition by invoice_id order by due_date desc, part desc) = 1 as is_last
    from instalments
),

invoices_in_parts as (
    select distinct invoice_id from instalments
),

-- How much of the invoice is due up to and with each part: never less than before, never more than there is.
reached as (
    select
        item.* exclude (part, due_date),
        term.part,
        term.due_date,
        term.is_last,
        item.original_amount - item.open_amount as settled,
        case
            when term.is_last then item.original_amount
            else
                least(
                    item.original_amount,
                    greatest(0, max(term.reached) over (
                        partition by item.as_of, item.item_id
                        order by term.due_date, term.part
                    ))
                )
        end as due_with_it
    from open_items as item
    inner join terms as term on item.item_id = term.invoice_id
    where item.item_kind in ('invoice', 'debit_memo') and item.open_amount > 0
),

measured as (
    select
        *,
        due_with_it - coalesce(
            lag(due_with_it) over (partition by as_of, item_id order by due_date, part), 0
        ) as part_amount
    from reached
),

opened as (
    select
        *,
        greatest(0, least(part_amount, due_with_it - settled))
        + case when is_last then greatest(0, -settled) else 0 end as part_open
    from measured
)

select
    as_of,
    item_kind,
    item_id,
    item_number,
    entity_id,
    customer_id,
    document_date,
    due_date,
    currency,
    cast(part_amount as decimal(38, 4)) as original_amount,
    cast(part_open - part_amount as decimal(38, 4)) as applied_amount,
    cast(0 as decimal(38, 4)) as discount_amount,
    cast(0 as decimal(38, 4)) as adjusted_amount,
    cast(part_open as decimal(38, 4)) as open_amount,
    as_of - due_date as days_overdue,
    age_days,
    bucket,
    part
from opened
where part_open <> 0
union all
select item.*
from open_items as item
left join invoices_in_parts as in_parts
    on item.item_id = in_parts.invoice_id and item.item_kind in ('invoice', 'debit_memo') and item.open_amount > 0
where in_parts.invoice_id is null
