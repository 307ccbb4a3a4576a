/*---
id: OCC-07
title: Receipt booked twice
severity: high
grain: receipt_id (the later)
subject: receipts
examines: receipts
needs:
  receipts: [receipt_id, entity_id, received_on, currency, amount, status]
uses:
  receipts: [customer_id, posted_on, bank_reference, reference]
parameters:
  near_days: {default: 3, unit: days, why: a statement that is booked again is booked again over a weekend at most}
suppressions:
  reversed: one of the two was reversed, so that only one counts
why: >
  Money that came once and is booked twice closes an invoice that nobody paid, and the bank never agrees again.
next_step: Look for both on the bank statement; reverse the one that is not there.
---*/
-- Only receipts of an amount that comes more than once can be one receipt booked twice. Two receipts of nobody known
-- have the same customer.
with repeated as (
    select
        coalesce(customer_id, '') as payer_id,
        currency,
        amount
    from receipts
    group by coalesce(customer_id, ''), currency, amount
    having count(*) <> 1
),

booked as (
    select
        receipt.receipt_id,
        receipt.entity_id,
        receipt.customer_id,
        receipt.received_on,
        receipt.currency,
        receipt.amount,
        receipt.bank_reference,
        receipt.reference,
        repeated.payer_id,
        coalesce(receipt.posted_on, receipt.received_on) as booked_on,
        receipt.status = 'reversed' as is_reversed
    from receipts as receipt
    inner join repeated
        on
            coalesce(receipt.customer_id, '') = repeated.payer_id
            and receipt.currency = repeated.currency
            and receipt.amount = repeated.amount
    where receipt.received_on <= $as_of
),

marks as (
    select
        receipt_id,
        payer_id,
        currency,
        amount,
        'bank reference' as mark,
        trim(bank_reference) as value
    from booked
    union all
    select
        receipt_id,
        payer_id,
        currency,
        amount,
        'reference' as mark,
        trim(reference) as value
    from booked
),

again as (
    select
        payer_id,
        currency,
        amount,
        mark,
        value
    from marks
    where value <> ''
    group by payer_id, currency, amount, mark, value
    having count(*) <> 1
),

marked as (
    select
        booked.*,
        marks.mark,
        marks.value
    from again
    inner join marks using (payer_id, currency, amount, mark, value)
    inner join booked on marks.receipt_id = booked.receipt_id
),

-- The receipt before it, and the one before it that was not reversed either. The nearest is enough.
in_order as (
    select
        *,
        lag(receipt_id) over of_all as id_before,
        lag(received_on) over of_all as received_before,
        lag(receipt_id) over of_standing as standing_id_before,
        lag(received_on) over of_standing as standing_received_before
    from marked
    window
        of_all as (
            partition by mark, value, payer_id, currency, amount
            order by received_on, booked_on, length(receipt_id), receipt_id
        ),
        of_standing as (
            partition by mark, value, payer_id, currency, amount, is_reversed
            order by received_on, booked_on, length(receipt_id), receipt_id
        )
),

judged as (
    select
        *,
        not is_reversed
        and coalesce(days_between(standing_received_before, received_on) <= $near_days, false) as is_booked_twice
    from in_order
    where days_between(received_before, received_on) <= $near_days
),

-- One row for the later receipt: by the mark that nothing explains, the bank's before the customer's.
ranked as (
    select
        *,
        case when is_booked_twice then standing_id_before else id_before end as earlier_id,
        case when is_booked_twice then standing_received_before else received_before end as earlier_on,
        row_number() over (
            partition by receipt_id
            order by not is_booked_twice, mark
        ) as turn
    from judged
)

select
    receipt_id as subject_id,
    entity_id,
    customer_id,
    received_on as event_date,
    currency,
    cast(0 as decimal(38, 4)) as expected_amount,
    amount as billed_amount,
    receipt_id || ' of ' || cast(received_on as varchar) || ' and ' || earlier_id || ' of '
    || cast(earlier_on as varchar) || ': same ' || mark || ' ' || value || ', '
    || amount_text(amount, currency) || ' ' || currency as reason,
    case when not is_booked_twice then 'reversed' end as suppressed_by,
    [earlier_id, receipt_id] as evidence_receipts
from ranked
where turn = 1
