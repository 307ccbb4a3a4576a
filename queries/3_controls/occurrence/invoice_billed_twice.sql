/*---
id: OCC-01
title: Invoice billed twice
severity: high
grain: invoice_id (the later)
subject: invoices
examines: live_invoices
needs:
  invoices: [invoice_id, invoice_number, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
uses:
  invoices: [order_id, purchase_order, created_at, original_invoice_id]
  invoice_lines: [invoice_line_id, invoice_id, product_id, quantity, unit_price, period_from, period_to, delivery_line_id]
parameters:
  near_days: {default: 14, unit: days, why: a document keyed again is keyed again within two weeks}
suppressions:
  recurring: the lines of both have periods, and they differ
  split_delivery: the lines of both have delivery lines, and they differ
  credited: either was credited in full
why: >
  A document that is sent twice is often paid twice, and the refund comes with an apology.
next_step: Lay both documents side by side; credit the later one when it bills the same thing.
---*/
with documents as (
    select
        *,
        nullif(plain_number(invoice_number), '') as plain,
        nullif(regexp_replace(lower(invoice_number), '[^\p{L}\p{N}]+', '', 'g'), '') as bare,
        row_number() over (
            partition by customer_id, currency
            order by invoice_date, coalesce(created_at, cast(invoice_date as timestamp)), invoice_id
        ) as turn,
        count(*) over (partition by customer_id, currency, gross_amount) as peers
    from live_invoices
    where kind <> 'credit_memo' and invoice_date <= $as_of
),

-- Only documents of an amount that comes more than once can repeat each other but for their number.
alike as (
    select * from documents
    where peers > 1 and gross_amount <> 0
),

contents as (
    select
        line.invoice_id,
        md5(
            string_agg(
                concat_ws(
                    '|', coalesce(line.product_id, line.description, ''), cast(line.quantity as varchar),
                    cast(line.unit_price as varchar)
                ),
                '/'
                order by
                    coalesce(line.product_id, line.description, ''), line.quantity, line.unit_price
            )
        ) as content
    from invoice_lines as line
    inner join alike on line.invoice_id = alike.invoice_id
    group by line.invoice_id
),

described as (
    select
        alike.*,
        contents.content
    from alike
    left join contents on alike.invoice_id = contents.invoice_id
),

-- Among very many documents of one amount only those are compared that share a number with one character left out.
spellings as (
    select distinct
        invoice_id,
        customer_id,
        currency,
        gross_amount,
        turn,
        bare,
        substr(bare, 1, place.place - 1) || substr(bare, place.place + 1) as spelling
    from alike
    inner join range(1, 41) as place (place) on length(bare) >= place.place - 1
    where peers > 100 and length(bare) <= 40
),

pairs as (
    select
        earlier.invoice_id as earlier_id,
        later.invoice_id as later_id,
        1 as strength,
        'same number' as likeness
    from documents as later
    inner join documents as earlier
        on
            later.customer_id = earlier.customer_id
            and later.currency = earlier.currency
            and later.plain = earlier.plain
    where later.turn > earlier.turn
    union all
    select
        earlier.invoice_id,
        later.invoice_id,
        case
            when later.bare = earlier.bare then 1
            when later.invoice_date = earlier.invoice_date then 2
            when one_edit(later.plain, earlier.plain) or one_edit(later.bare, earlier.bare) then 4
            else 3
        end,
        case
            when later.bare = earlier.bare then 'same number and gross'
            when later.invoice_date = earlier.invoice_date then 'same gross and date'
            when one_edit(later.plain, earlier.plain) or one_edit(later.bare, earlier.bare)
                then 'same gross, numbers one edit apart'
            when later.order_id = earlier.order_id then 'same gross and order'
            when later.purchase_order = earlier.purchase_order then 'same gross and purchase order'
            else 'same gross and content'
        end
    from described as later
    inner join described as earlier
        on
            later.customer_id = earlier.customer_id
            and later.currency = earlier.currency
            and later.gross_amount = earlier.gross_amount
            and later.turn > earlier.turn
            and (
                later.bare = earlier.bare
                or later.invoice_date = earlier.invoice_date
                or (
                    days_between(earlier.invoice_date, later.invoice_date) <= $near_days
                    and (
                        later.order_id = earlier.order_id
                        or later.purchase_order = earlier.purchase_order
                        or later.content = earlier.content
                    )
                )
                or (later.peers <= 100 and one_edit(later.plain, earlier.plain))
                or (later.peers <= 100 and one_edit(later.bare, earlier.bare))
            )
    union all
    select distinct
        earlier.invoice_id,
        later.invoice_id,
        4,
        'same gross, numbers one edit apart'
    from spellings as later
    inner join spellings as earlier
        on
            later.customer_id = earlier.customer_id
            and later.currency = earlier.currency
            and later.gross_amount = earlier.gross_amount
            and later.spelling = earlier.spelling
            and later.turn > earlier.turn
    where one_edit(later.bare, earlier.bare)
),

paired as (
    select
        earlier_id,
        later_id,
        min(strength) as strength,
        min_by(likeness, strength) as likeness
    from pairs
    group by earlier_id, later_id
),

marks as (
    select
        line.invoice_id,
        'period' as mark,
        cast(line.period_from as varchar) || ' ' || coalesce(cast(line.period_to as varchar), '') as value
    from invoice_lines as line
    where line.period_from is not null
    union all
    select
        line.invoice_id,
        'delivery' as mark,
        line.delivery_line_id as value
    from invoice_lines as line
    where line.delivery_line_id is not null
),

marked as (
    select distinct
        marks.invoice_id,
        marks.mark,
        marks.value
    from marks
    where marks.invoice_id in (select earlier_id from paired union all select later_id from paired)
),

compared as (
    select
        paired.earlier_id,
        paired.later_id,
        later.mark,
        count(case when later.value = earlier.value then 1 end) as shared
    from paired
    inner join marked as later on paired.later_id = later.invoice_id
    inner join marked as earlier on paired.earlier_id = earlier.invoice_id and later.mark = earlier.mark
    group by paired.earlier_id, paired.later_id, later.mark
),

credited as (
    select original.invoice_id
    from live_invoices as credit
    inner join invoices as original on credit.original_invoice_id = original.invoice_id
    where credit.kind = 'credit_memo' and credit.invoice_date <= $as_of
    group by original.invoice_id, original.gross_amount
    having sum(-credit.gross_amount) >= original.gross_amount
),

judged as (
    select
        paired.*,
        case
            when by_period.shared = 0 then 'recurring'
            when by_delivery.shared = 0 then 'split_delivery'
            when coalesce(earlier_credited.invoice_id, later_credited.invoice_id) is not null then 'credited'
        end as suppressed_by
    from paired
    left join compared as by_period
        on
            paired.earlier_id = by_period.earlier_id
            and paired.later_id = by_period.later_id
            and by_period.mark = 'period'
    left join compared as by_delivery
        on
            paired.earlier_id = by_delivery.earlier_id
            and paired.later_id = by_delivery.later_id
            and by_delivery.mark = 'delivery'
    left join credited as earlier_credited on paired.earlier_id = earlier_credited.invoice_id
    left join credited as later_credited on paired.later_id = later_credited.invoice_id
),

-- One finding for the later document: its strongest likeness that nothing explains.
ranked as (
    select
        judged.*,
        row_number() over (
            partition by judged.later_id
            order by
                case when judged.suppressed_by is null then 0 else 1 end, judged.strength, judged.earlier_id
        ) as turn
    from judged
)

select
    later.invoice_id as subject_id,
    later.entity_id,
    later.customer_id,
    later.invoice_date as event_date,
    later.currency,
    cast(0 as decimal(38, 4)) as expected_amount,
    later.gross_amount as billed_amount,
    later.invoice_number || ' of ' || cast(later.invoice_date as varchar) || ' and '
    || earlier.invoice_number || ' of ' || cast(earlier.invoice_date as varchar) || ': ' || ranked.likeness || ', '
    || amount_text(later.gross_amount, later.currency) || ' ' || later.currency as reason,
    ranked.suppressed_by,
    [earlier.invoice_id, later.invoice_id] as evidence_invoices
from ranked
inner join documents as later on ranked.later_id = later.invoice_id
inner join documents as earlier on ranked.earlier_id = earlier.invoice_id
where ranked.turn = 1
