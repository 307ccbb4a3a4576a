/*---
id: AUT-03
title: No reason or no document
severity: medium
grain: adjustment_id, or invoice_id for credit memos
subject: adjustments
examines: reductions
needs:
  invoices:
    [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount, reason_code,
    original_invoice_id]
if_there:
  adjustments: [adjustment_id, invoice_id, kind, amount, adjusted_on, reason_code, document_reference]
why: >
  A reduction that nobody can explain later cannot be defended before an auditor, nor told from theft.
next_step: Ask whoever entered it for the reason and the document, and have both recorded.
---*/
with judged as (
    select
        *,
        coalesce(trim(reason_code), '') = '' as lacks_reason,
        coalesce(trim(document_reference), '') = '' as lacks_document
    from reductions
    where event_date <= $as_of
)

select
    judged.subject_table,
    judged.subject_id,
    judged.entity_id,
    judged.customer_id,
    judged.event_date,
    judged.currency,
    cast(null as decimal(38, 4)) as expected_amount,
    cast(null as decimal(38, 4)) as billed_amount,
    judged.action || ' of ' || amount_text(abs(judged.amount), judged.currency) || coalesce(' ' || judged.currency, '')
    || case when judged.lacks_reason then ' has no reason code' else '' end
    || case when judged.lacks_reason and judged.lacks_document then ' and' else '' end
    || case
        when not judged.lacks_document then ''
        when judged.adjustment_id is null then ' names no invoice that it corrects'
        else ' names no document'
    end as reason,
    cast(null as varchar) as suppressed_by,
    judged.adjustment_id as evidence_adjustments,
    judged.invoice_id as evidence_invoices
from judged
where judged.lacks_reason or judged.lacks_document
