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
  invoices: [series, order_id, purchase_order, created_at, original_invoice_id]
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
        invoice_id,
        hash64(customer_id, currency) as payer,
        nullif(gross_amount, 0) as gross,
        invoice_date,
        order_id,
        purchase_order,
        replace(nullif(regexp_replace(lower(invoice_number), '[^\p{L}\p{N}]+', '', 'g'), ''), '0', '') as signs
    from live_invoices
    where kind <> 'credit_memo' and invoice_date <= $as_of
),

-- Who gets twenty documents a day, many of one amount, is a till or everybody who pays in cash: there amounts that are
-- the same say nothing, and a document is repeated only by its number.
crowds as (
    select payer
    from (
        select
            payer,
            gross,
            invoice_date,
            count(*) as documents
        from documents
        where
            payer in (
                select busy.payer
                from documents as busy
                group by busy.payer
                having count(*) >= 20 * count(distinct busy.invoice_date)
            )
        group by payer, gross, invoice_date
    ) as daily
    group by payer
    having 20 * sum(case when documents > 1 then documents else 0 end) >= sum(documents)
),

-- Only documents of an amount that comes more than once can repeat each other but for their number.
alike as (
    select
        *,
        hash64(payer, gross) as amount,
        row_number() over (partition by payer, gross order by invoice_date, invoice_id) as place,
        lag(invoice_date) over (partition by payer, gross order by invoice_date, invoice_id) as day_before,
        lead(invoice_date) over (partition by payer, gross order by invoice_date, invoice_id) as day_after
    from documents
    where
        (payer, gross) in (
            select
                other.payer,
                other.gross
            from documents as other
            where other.payer not in (select crowds.payer from crowds)
            group by other.payer, other.gross
            having count(*) <> 1
        )
),

near as (
    select *
    from alike
    where
        days_between(day_before, invoice_date) <= $near_days
        or days_between(invoice_date, day_after) <= $near_days
),

contents as (
    select
        near.invoice_id,
        near.place,
        near.amount,
        string_agg(
            concat_ws(
                '|', coalesce(line.product_id, line.description, ''), cast(line.quantity as varchar),
                cast(line.unit_price as varchar)
            ),
            '/'
            order by
                coalesce(line.product_id, line.description, ''), line.quantity, line.unit_price
        ) as content
    from near
    inner join invoice_lines as line on near.invoice_id = line.invoice_id
    group by near.invoice_id, near.place, near.amount
),

-- Documents can be alike only where they have a key in common. Numbers that are the same or one edit apart have the
-- same signs once zeros and punctuation are gone, or signs one edit apart, which is quick to find and says little.
keys as (
    select
        invoice_id,
        place,
        hash64(amount, trait) as key,
        is_telling
    from (
        select
            invoice_id,
            place,
            amount,
            unnest(all_but_one(signs)) as trait,
            false as is_telling
        from alike
        union all
        select
            invoice_id,
            place,
            amount,
            cast(invoice_date as varchar) as trait,
            true as is_telling
        from alike
        union all
        select
            invoice_id,
            place,
            amount,
            unnest([order_id, purchase_order]) as trait,
            true as is_telling
        from near
        union all
        select
            invoice_id,
            place,
            amount,
            content as trait,
            true as is_telling
        from contents
    ) as traits
    where trait is not null
),

numbers as (
    select
        invoice_id,
        hash64(payer, signs) as key
    from documents
    where signs is not null
),

shared as (
    select
        keys.invoice_id,
        keys.key,
        keys.is_telling
    from keys
    where
        keys.key in (
            select other.key
            from keys as other
            group by other.key
            having min(other.place) <> max(other.place)
        )
    union all
    select
        numbers.invoice_id,
        numbers.key,
        false as is_telling
    from numbers
    where
        numbers.key in (
            select other.key
            from numbers as other
            group by other.key
            having count(*) <> 1
        )
),

-- A number as written and without leading zeros. What is longer than 40 characters is a remark and no number.
suspects as (
    select
        *,
        list_distinct(list_filter([plain, bare], lambda number: length(number) <= 40)) as numbers,
        row_number() over (
            partition by customer_id, currency
            order by invoice_date, coalesce(created_at, cast(invoice_date as timestamp)), invoice_id
        ) as turn
    from (
        select
            document.*,
            alike.gross,
            contents.content,
            nullif(plain_number(document.invoice_number), '') as plain,
            nullif(regexp_replace(lower(document.invoice_number), '[^\p{L}\p{N}]+', '', 'g'), '') as bare
        from invoices as document
        left join alike on document.invoice_id = alike.invoice_id
        left join contents on document.invoice_id = contents.invoice_id
        where document.invoice_id in (select shared.invoice_id from shared)
    ) as described
),

numbered as (
    select *
    from suspects
    where
        invoice_id in (
            select shared.invoice_id
            from shared
            where not shared.is_telling
        )
),

written as (
    select
        *,
        unnest(numbers) as number
    from numbered
    where gross is not null
),

spelled as (
    select
        *,
        unnest(all_but_one(number)) as letters
    from written
),

sharing as (
    select
        invoice_id,
        shared.key,
        suspects.customer_id,
        suspects.currency,
        suspects.turn
    from shared
    inner join suspects using (invoice_id)
    where shared.is_telling
    union all
    select
        invoice_id,
        hash64(gross, letters) as key,
        customer_id,
        currency,
        turn
    from spelled
    union all
    select
        invoice_id,
        hash64(bare, null) as key,
        customer_id,
        currency,
        turn
    from numbered
    union all
    select
        invoice_id,
        hash64(plain, null) as key,
        customer_id,
        currency,
        turn
    from numbered
),

together as (
    select distinct
        earlier.invoice_id as earlier_id,
        later.invoice_id as later_id
    from sharing as later
    inner join sharing as earlier using (customer_id, currency, key)
    where later.turn > earlier.turn
),

-- The strongest that two documents have in common.
likened as (
    select
        together.earlier_id,
        together.later_id,
        case
            when
                later.plain = earlier.plain
                and (
                    later.gross_amount = earlier.gross_amount
                    or (
                        later.entity_id = earlier.entity_id
                        and coalesce(later.series = earlier.series, true)
                    )
                )
                then 'same number'
            when later.gross = earlier.gross
                then case
                    when later.bare = earlier.bare then 'same number and gross'
                    when later.invoice_date = earlier.invoice_date then 'same gross and date'
                    when
                        later.content = earlier.content
                        and days_between(earlier.invoice_date, later.invoice_date) <= $near_days
                        then 'same gross and content'
                    when
                        later.order_id = earlier.order_id
                        and days_between(earlier.invoice_date, later.invoice_date) <= $near_days
                        then 'same gross and order'
                    when
                        later.purchase_order = earlier.purchase_order
                        and days_between(earlier.invoice_date, later.invoice_date) <= $near_days
                        then 'same gross and purchase order'
                    when any_one_edit(later.numbers, earlier.numbers) then 'same gross, numbers one edit apart'
                end
            when later.bare = earlier.bare
                then case
                    when
                        not (contains(later.plain, '-') and contains(earlier.plain, '-'))
                        and later.entity_id = earlier.entity_id
                        and coalesce(later.series = earlier.series, true)
                        then 'same number but for punctuation'
                end
        end as likeness
    from together
    inner join suspects as later on together.later_id = later.invoice_id
    inner join suspects as earlier on together.earlier_id = earlier.invoice_id
),

paired as (
    select *
    from likened
    where likeness is not null
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
                judged.suppressed_by is not null,
                not starts_with(judged.likeness, 'same number'),
                judged.likeness <> 'same gross and date',
                judged.likeness = 'same gross, numbers one edit apart',
                judged.earlier_id
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
inner join suspects as later on ranked.later_id = later.invoice_id
inner join suspects as earlier on ranked.earlier_id = earlier.invoice_id
where ranked.turn = 1
