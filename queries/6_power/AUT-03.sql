/*---
control: AUT-03
plants: credits and adjustments without a reason or a document
sized: false
touches: [adjustments, invoices]
---*/
create temp table wrong as
with eligible as (
    select
        reduction.subject_table,
        reduction.subject_id,
        reduction.invoice_id,
        reduction.currency,
        dice(reduction.subject_id, 2) % 3 as kind
    from reductions as reduction
    left join invoices as original
        on reduction.document_reference = original.invoice_id and reduction.subject_table = 'invoices'
    where
        reduction.event_date <= getvariable('as_of')
        and trim(reduction.reason_code) <> ''
        and trim(reduction.document_reference) <> ''
        -- A reversal, a service credit and a credit in full mean something to other controls, too.
        and (
            reduction.subject_table = 'adjustments'
            or (
                reduction.reason_code not in ('cancel', 'sla_credit')
                and -reduction.amount < original.gross_amount
                and reduction.invoice_id not in (
                    select line.invoice_id
                    from invoice_lines as line
                    where line.order_line_id is not null or line.contract_line_id is not null
                )
            )
        )
        and reduction.subject_id not in (select before.subject_id from before)
        and reduction.subject_id not in (select taken.id from taken)
        and reduction.invoice_id not in (select taken.id from taken)
        and coalesce(reduction.document_reference not in (select taken.id from taken), true)
),

turns as (
    select
        eligible.*,
        row_number() over (
            partition by eligible.kind, eligible.subject_table
            order by dice(eligible.subject_id, 1), eligible.subject_id
        ) as turn
    from eligible
)

select turns.* from turns
order by turns.turn, dice(turns.subject_id, 1), turns.subject_id
limit getvariable('errors');

update adjustments
set
    reason_code = case wrong.kind when 0 then null when 1 then '  ' else adjustments.reason_code end,
    document_reference = case wrong.kind when 2 then null else adjustments.document_reference end
from wrong
where wrong.subject_table = 'adjustments' and adjustments.adjustment_id = wrong.subject_id;

update invoices
set
    reason_code = case wrong.kind when 0 then null when 1 then '  ' else invoices.reason_code end,
    original_invoice_id = case wrong.kind when 2 then null else invoices.original_invoice_id end
from wrong
where wrong.subject_table = 'invoices' and invoices.invoice_id = wrong.subject_id;

insert into planted
select
    wrong.subject_id,
    null as expected_amount,
    null as billed_amount,
    case wrong.subject_table when 'invoices' then 'a credit memo' else 'an adjustment' end
    || case wrong.kind when 0 then ' without a reason' when 1 then ' with a blank reason' else ' without a document' end
        as what
from wrong;

insert into taken
select unnest([wrong.subject_id, wrong.invoice_id]) as id
from wrong
