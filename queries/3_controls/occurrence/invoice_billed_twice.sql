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
  invoices: [series, order_id, purchase_order, period_from, period_to, created_at, posted_on, original_invoice_id]
  invoice_lines:
    [invoice_id, product_id, description, quantity, unit_price, period_from, period_to, delivery_line_id,
     contract_line_id]
parameters:
  near_days: {default: 14, unit: days, why: a document keyed again is keyed again within two weeks}
suppressions:
  recurring: the lines of both, or the documents, have periods, and they differ
  split_delivery: the lines of both have delivery lines, and they differ
  two_contracts: the lines of both name contract lines, and they differ
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
        coalesce(created_at, cast(posted_on as timestamp), cast(invoice_date as timestamp)) as entered_at,
        replace(bare_number(invoice_number), '0', '') as signs
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
        invoice_id,
        invoice_date,
        entered_at,
        signs,
        hash64(payer, gross) as amount,
        span_of(invoice_date, $near_days) as span
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

in_a_span as (
    select
        invoice_id,
        invoice_date,
        entered_at,
        hash64(amount, span) as key
    from alike
),

in_two_spans as (
    select
        invoice_id,
        invoice_date,
        entered_at,
        hash64(amount, near_span) as key
    from (
        select
            *,
            unnest([span, span + 1]) as near_span
        from alike
    ) as spans
),

-- What is near is of one span of days or of two that follow each other.
near as (
    select
        earlier.invoice_id as earlier_id,
        later.invoice_id as later_id
    from in_a_span as later
    inner join in_two_spans as earlier using (key)
    where
        (later.invoice_date, later.entered_at, length(later.invoice_id), later.invoice_id)
        > (earlier.invoice_date, earlier.entered_at, length(earlier.invoice_id), earlier.invoice_id)
        and days_between(earlier.invoice_date, later.invoice_date) <= $near_days
),

-- Numbers that are the same or one edit apart have the same signs once zeros and punctuation are gone, or signs one
-- edit apart. Those have an end in common, which is quick to find and leaves few documents of an amount.
ends as (
    select
        invoice_id,
        hash64(amount, part) as key
    from (
        select
            invoice_id,
            amount,
            unnest(ends_of(signs)) as part
        from alike
    ) as parts
),

spelled as (
    select
        invoice_id,
        invoice_date,
        entered_at,
        hash64(amount, part) as key
    from (
        select
            *,
            unnest(all_but_one(signs)) as part
        from alike
        where
            invoice_id in (
                select ends.invoice_id
                from ends
                where
                    ends.key in (
                        select other.key
                        from ends as other
                        group by other.key
                        having count(*) <> 1
                    )
            )
    ) as parts
),

numbered as (
    select
        invoice_id,
        invoice_date,
        entered_at,
        key
    from spelled
    where
        key in (
            select other.key
            from spelled as other
            group by other.key
            having count(*) <> 1
        )
    union all
    select
        invoice_id,
        invoice_date,
        entered_at,
        hash64(payer, signs) as key
    from documents
    where
        (payer, signs) in (
            select
                other.payer,
                other.signs
            from documents as other
            group by other.payer, other.signs
            having count(*) <> 1
        )
),

same_numbers as (
    select
        earlier.invoice_id as earlier_id,
        later.invoice_id as later_id
    from numbered as later
    inner join numbered as earlier using (key)
    where
        (later.invoice_date, later.entered_at, length(later.invoice_id), later.invoice_id)
        > (earlier.invoice_date, earlier.entered_at, length(earlier.invoice_id), earlier.invoice_id)
    group by earlier.invoice_id, later.invoice_id
),

suspects as (
    select
        invoice_id,
        invoice_number,
        series,
        entity_id,
        customer_id,
        order_id,
        nullif(lower(trim(purchase_order)), '') as purchase_order,
        invoice_date,
        currency,
        gross_amount,
        period_from,
        period_to
    from invoices
    where
        invoice_id in (
            select near.earlier_id from near
            union all
            select near.later_id from near
            union all
            select same_numbers.earlier_id from same_numbers
            union all
            select same_numbers.later_id from same_numbers
        )
),

-- Where a line says nothing of its days, its document does.
lines as (
    select
        line.invoice_id,
        concat_ws(
            '|', coalesce(line.product_id, line.description, ''), cast(line.quantity as varchar),
            cast(line.unit_price as varchar)
        ) as item,
        'period ' || cast(coalesce(line.period_from, document.period_from) as varchar) || ' '
        || coalesce(cast(coalesce(line.period_to, document.period_to) as varchar), '') as period,
        'delivery line ' || line.delivery_line_id as delivery,
        'contract line ' || line.contract_line_id as charge
    from suspects as document
    inner join invoice_lines as line using (invoice_id)
),

contents as (
    select
        invoice_id,
        array_to_string(list_sort(list(item)), '/') as content
    from lines
    group by invoice_id
),

-- The strongest that two documents of one amount have in common.
near_alike as (
    select
        near.earlier_id,
        near.later_id,
        case
            when later.invoice_date = earlier.invoice_date then 'same gross and date'
            when later_content.content = earlier_content.content then 'same gross and content'
            when later.order_id = earlier.order_id then 'same gross and order'
            when later.purchase_order = earlier.purchase_order then 'same gross and purchase order'
        end as likeness
    from near
    inner join suspects as later on near.later_id = later.invoice_id
    inner join suspects as earlier using (customer_id, currency, gross_amount)
    left join contents as later_content on near.later_id = later_content.invoice_id
    left join contents as earlier_content on near.earlier_id = earlier_content.invoice_id
    where near.earlier_id = earlier.invoice_id
),

-- A number as written and without leading zeros. What is longer than 40 characters is a remark and no number.
written as (
    select
        *,
        list_distinct(list_filter([plain, bare], lambda number: length(number) <= 40)) as numbers
    from (
        select
            suspects.invoice_id,
            suspects.customer_id,
            suspects.currency,
            suspects.entity_id,
            suspects.series,
            suspects.gross_amount,
            case when alike.amount is not null then suspects.gross_amount end as gross,
            nullif(plain_number(suspects.invoice_number), '') as plain,
            bare_number(suspects.invoice_number) as bare
        from suspects
        left join alike using (invoice_id)
        where suspects.invoice_id in (select numbered.invoice_id from numbered)
    ) as described
),

number_alike as (
    select
        same_numbers.earlier_id,
        same_numbers.later_id,
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
    from same_numbers
    inner join written as later on same_numbers.later_id = later.invoice_id
    inner join written as earlier using (customer_id, currency)
    where same_numbers.earlier_id = earlier.invoice_id
),

paired as (
    select
        earlier_id,
        later_id,
        likeness
    from near_alike
    where likeness is not null
    union all
    select
        earlier_id,
        later_id,
        likeness
    from number_alike
    where likeness is not null
),

-- What tells two documents apart, by the code of the suppression that it stands for.
marked as (
    select
        invoice_id,
        'recurring' as code,
        period as value,
        charge
    from lines
    where period is not null
    union all
    select
        invoice_id,
        'split_delivery' as code,
        delivery as value,
        cast(null as varchar) as charge
    from lines
    where delivery is not null
    union all
    select
        invoice_id,
        'two_contracts' as code,
        charge as value,
        cast(null as varchar) as charge
    from lines
    where
        invoice_id not in (
            select other.invoice_id from lines as other
            where other.charge is null
        )
),

codes as (
    select distinct
        invoice_id,
        code
    from marked
),

sharing as (
    select
        paired.earlier_id,
        paired.later_id
    from paired
    inner join lines as later on paired.later_id = later.invoice_id
    inner join lines as earlier on paired.earlier_id = earlier.invoice_id and later.charge = earlier.charge
    group by paired.earlier_id, paired.later_id
),

-- Pairs that both have marks of one kind, and none of them the same. Where they share a contract line, periods are
-- compared by contract line: one may be billed in advance and another in arrears.
apart as (
    select
        paired.earlier_id,
        paired.later_id,
        later.code
    from paired
    inner join marked as later on paired.later_id = later.invoice_id
    inner join codes on paired.earlier_id = codes.invoice_id and later.code = codes.code
    left join sharing on paired.earlier_id = sharing.earlier_id and paired.later_id = sharing.later_id
    left join marked as earlier
        on
            paired.earlier_id = earlier.invoice_id
            and later.value = earlier.value
            and (sharing.later_id is null or coalesce(later.charge = earlier.charge, true))
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
            case
                when explained.code <> 'two_contracts' or not starts_with(paired.likeness, 'same number')
                    then explained.code
            end,
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
