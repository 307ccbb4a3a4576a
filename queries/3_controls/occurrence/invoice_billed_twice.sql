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
  invoice_lines: [invoice_id, product_id, description, quantity, unit_price, period_from, period_to, delivery_line_id]
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
    select
        *,
        cast(gross_amount as varchar) as gross
    from documents
    where nullif(case when peers <> 1 then gross_amount end, 0) is not null
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
    where line.invoice_id in (select alike.invoice_id from alike)
    group by line.invoice_id
),

-- The number of a document as written and without leading zeros. What is longer than 40 characters is a remark and no
-- number.
numbered as (
    select *
    from (
        select
            *,
            plain as number
        from alike
        union all
        select
            *,
            bare as number
        from alike
        where plain <> bare
    ) as written
    where length(number) <= 40
),

lettered as (
    select
        *,
        unnest(range(length(number))) as place
    from numbered
),

-- What two documents may have in common, one row each; the proof is what has to hold besides. The weakest likeness has
-- no strength.
traits as (
    select
        invoice_id,
        customer_id,
        currency,
        invoice_date,
        turn,
        1 as strength,
        'same number' as likeness,
        'none' as proof,
        plain as number,
        plain as value
    from documents
    where
        (customer_id, currency, plain) in (
            select
                other.customer_id,
                other.currency,
                other.plain
            from documents as other
            group by other.customer_id, other.currency, other.plain
            having count(*) <> 1
        )
    union all
    select
        invoice_id,
        customer_id,
        currency,
        invoice_date,
        turn,
        1 as strength,
        'same number but for punctuation' as likeness,
        'one run of digits' as proof,
        plain as number,
        bare as value
    from documents
    where
        (customer_id, currency, bare) in (
            select
                other.customer_id,
                other.currency,
                other.bare
            from documents as other
            group by other.customer_id, other.currency, other.bare
            having count(*) <> 1
        )
    union all
    select
        invoice_id,
        customer_id,
        currency,
        invoice_date,
        turn,
        1 as strength,
        'same number and gross' as likeness,
        'none' as proof,
        plain as number,
        gross || ' ' || bare as value
    from alike
    union all
    select
        invoice_id,
        customer_id,
        currency,
        invoice_date,
        turn,
        2 as strength,
        'same gross and date' as likeness,
        'none' as proof,
        plain as number,
        gross || ' ' || cast(invoice_date as varchar) as value
    from alike
    union all
    select
        invoice_id,
        customer_id,
        currency,
        invoice_date,
        turn,
        3 as strength,
        'same gross and order' as likeness,
        'near' as proof,
        plain as number,
        gross || ' ' || order_id as value
    from alike
    union all
    select
        invoice_id,
        customer_id,
        currency,
        invoice_date,
        turn,
        3 as strength,
        'same gross and purchase order' as likeness,
        'near' as proof,
        plain as number,
        gross || ' ' || purchase_order as value
    from alike
    union all
    select
        alike.invoice_id,
        alike.customer_id,
        alike.currency,
        alike.invoice_date,
        alike.turn,
        3 as strength,
        'same gross and content' as likeness,
        'near' as proof,
        alike.plain as number,
        alike.gross || ' ' || contents.content as value
    from alike
    inner join contents on alike.invoice_id = contents.invoice_id
    -- Numbers one edit apart become the same when one character is left out of either or of both.
    union all
    select
        invoice_id,
        customer_id,
        currency,
        invoice_date,
        turn,
        null as strength,
        'same gross, numbers one edit apart' as likeness,
        'one edit' as proof,
        number,
        gross || ' ' || number as value
    from numbered
    union all
    select
        invoice_id,
        customer_id,
        currency,
        invoice_date,
        turn,
        null as strength,
        'same gross, numbers one edit apart' as likeness,
        'one edit' as proof,
        number,
        gross || ' ' || substr(number, 1, place) || substr(number, place + 2) as value
    from lettered
),

matched as (
    select
        earlier.invoice_id as earlier_id,
        later.invoice_id as later_id,
        later.strength,
        later.likeness,
        row_number() over (
            partition by earlier.invoice_id, later.invoice_id
            order by later.strength nulls last, later.likeness
        ) as turn
    from traits as later
    inner join traits as earlier
        on
            later.customer_id = earlier.customer_id
            and later.currency = earlier.currency
            and later.likeness = earlier.likeness
            and later.value = earlier.value
            and later.turn > earlier.turn
    where
        case later.proof
            when 'near' then days_between(earlier.invoice_date, later.invoice_date) <= $near_days
            when 'one edit' then one_edit(later.number, earlier.number)
            when 'one run of digits' then not (contains(later.number, '-') and contains(earlier.number, '-'))
            else true
        end
),

-- Two documents are a pair by the strongest that they have in common.
paired as (
    select
        earlier_id,
        later_id,
        strength,
        likeness
    from matched
    where turn = 1
),

-- What tells two documents apart, by the code of the suppression that it stands for.
marks as (
    select
        invoice_id,
        'recurring' as code,
        'period ' || cast(period_from as varchar) || ' ' || coalesce(cast(period_to as varchar), '') as value
    from invoice_lines
    where period_from is not null
    union all
    select
        invoice_id,
        'split_delivery' as code,
        'delivery line ' || delivery_line_id as value
    from invoice_lines
    where delivery_line_id is not null
),

marked as (
    select distinct
        invoice_id,
        code,
        value
    from marks
    where
        invoice_id in (
            select earlier_id from paired
            union all
            select later_id from paired
        )
),

codes as (
    select distinct
        invoice_id,
        code
    from marked
),

-- Pairs that both have marks of one kind, and none of them the same.
apart as (
    select
        paired.earlier_id,
        paired.later_id,
        later.code
    from paired
    inner join marked as later on paired.later_id = later.invoice_id
    inner join codes on paired.earlier_id = codes.invoice_id and later.code = codes.code
    left join marked as earlier on paired.earlier_id = earlier.invoice_id and later.value = earlier.value
    group by paired.earlier_id, paired.later_id, later.code
    having count(earlier.value) = 0
),

-- Of two codes the first by the alphabet.
explained as (
    select
        earlier_id,
        later_id,
        min(code) as code
    from apart
    group by earlier_id, later_id
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
        paired.*,
        coalesce(
            explained.code,
            case
                when coalesce(earlier_credited.invoice_id, later_credited.invoice_id) is not null then 'credited'
            end
        ) as suppressed_by
    from paired
    left join explained
        on paired.earlier_id = explained.earlier_id and paired.later_id = explained.later_id
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
                judged.suppressed_by is not null, judged.strength nulls last, judged.earlier_id
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
