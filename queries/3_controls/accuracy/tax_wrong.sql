/*---
id: ACC-06
title: Tax rate or amount wrong
severity: high
grain: invoice_line_id
subject: invoice_lines
examines: live_lines
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency]
  invoice_lines: [invoice_line_id, invoice_id, net_amount, tax_amount, tax_rate]
uses:
  invoices: [original_invoice_id]
  invoice_lines: [tax_code]
  customers: [customer_id, country]
  tax_rates: [tax_code, country, rate, valid_from, valid_to]
suppressions:
  rate_of_original: a credit memo gives tax back at the rate in force when the invoice it corrects was issued
  document_rounding: >
    the tax of the rate on the whole document is exact, and the line is off by no more than rounding its lines can do
  other_rounding: halves to the even neighbour or toward plus infinity, or cutting off, gives the stated amount
why: >
  Tax billed at the wrong rate is owed to the state all the same, and too much of it is owed back to the customer.
next_step: Check the tax code and the day of the change of rate; correct by credit and rebill.
---*/
with changes as (
    select
        tax_code,
        country,
        valid_from as day
    from tax_rates
    union
    select
        tax_code,
        country,
        valid_to as day
    from tax_rates
    where valid_to is not null
),

spans as (
    select
        *,
        coalesce(
            lead(day) over (partition by tax_code, country order by day), date '9999-12-31'
        ) as next_day
    from changes
),

-- Where two rates of a code overlap the younger one holds, and the older one again once that has ended.
rates as (
    select
        spans.tax_code,
        spans.country,
        spans.day as in_force_from,
        spans.next_day as in_force_to,
        listed.rate,
        listed.valid_from,
        row_number() over (
            partition by spans.tax_code, spans.country, spans.day
            order by listed.valid_from desc, listed.rate desc
        ) as turn
    from spans
    inner join tax_rates as listed
        on
            spans.tax_code = listed.tax_code
            and spans.country = listed.country
            and spans.day >= listed.valid_from
            and (listed.valid_to is null or spans.day < listed.valid_to)
),

-- Two records of one customer in two countries settle nothing.
residents as (
    select
        customer_id,
        min(country) as country
    from customers
    group by customer_id
    having min(country) = max(country)
),

-- Most lines are right: what it takes to explain a wrong one is asked of its document alone.
wrong_lines as (
    select
        line.invoice_line_id,
        line.invoice_id
    from live_lines as line
    left join residents as resident on line.customer_id = resident.customer_id
    left join rates as agreed
        on
            line.tax_code = agreed.tax_code
            and resident.country = agreed.country
            and line.invoice_date >= agreed.in_force_from
            and line.invoice_date < agreed.in_force_to
            and agreed.turn = 1
    where
        line.invoice_date <= $as_of
        and (
            line.tax_rate <> agreed.rate
            or not is_rounded(
                line.tax_amount, times_rate(line.net_amount, coalesce(agreed.rate, line.tax_rate)), line.currency
            )
        )
),

disputed as (
    select
        document.invoice_id,
        document.entity_id,
        document.customer_id,
        document.invoice_date,
        document.currency,
        resident.country,
        original.invoice_id as corrected_id,
        original.invoice_date as corrected_date
    from (select distinct invoice_id from wrong_lines) as wrong
    inner join invoices as document on wrong.invoice_id = document.invoice_id
    left join residents as resident on document.customer_id = resident.customer_id
    left join invoices as original
        on document.original_invoice_id = original.invoice_id and document.kind = 'credit_memo'
),

taxed as (
    select
        line.invoice_line_id,
        line.net_amount,
        line.discount_amount,
        line.tax_code,
        line.tax_rate,
        line.tax_amount,
        document.*,
        agreed.rate as rate_in_force,
        agreed.valid_from,
        earlier.rate as rate_of_original,
        coalesce(
            line.tax_rate = earlier.rate,
            line.tax_amount = round_money(times_rate(line.net_amount, earlier.rate), document.currency),
            false
        ) as has_rate_of_original
    from invoice_lines as line
    inner join disputed as document on line.invoice_id = document.invoice_id
    left join rates as agreed
        on
            line.tax_code = agreed.tax_code
            and document.country = agreed.country
            and document.invoice_date >= agreed.in_force_from
            and document.invoice_date < agreed.in_force_to
            and agreed.turn = 1
    left join rates as earlier
        on
            line.tax_code = earlier.tax_code
            and document.country = earlier.country
            and document.corrected_date >= earlier.in_force_from
            and document.corrected_date < earlier.in_force_to
            and earlier.turn = 1
),

computed as (
    select
        *,
        case when has_rate_of_original then rate_of_original else coalesce(rate_in_force, tax_rate) end as owed_rate,
        coalesce(tax_rate, case when has_rate_of_original then rate_of_original else rate_in_force end) as stated_rate
    from taxed
),

off as (
    select
        line.*,
        coalesce(line.tax_rate <> line.owed_rate, false) as is_rate_wrong,
        round_money(times_rate(line.net_amount, line.owed_rate), line.currency) as owed_tax,
        coalesce(
            line.tax_amount, round_money(times_rate(line.net_amount, line.tax_rate), line.currency)
        ) as stated_tax
    from computed as line
    inner join wrong_lines on line.invoice_line_id = wrong_lines.invoice_line_id
),

explained as (
    select
        *,
        case
            when is_rate_wrong and stated_tax = round_money(times_rate(net_amount, tax_rate), currency)
                then 'rate ' || number_text(tax_rate)
            when stated_tax = round_money(times_rate(net_amount + discount_amount, owed_rate), currency)
                then 'before the discount'
            when stated_tax = round_money(portion(net_amount, owed_rate, 1 + owed_rate), currency)
                then 'inside the net'
            else other_rounding(times_rate(net_amount, owed_rate), stated_tax, currency)
        end as convention
    from off
),

documents as (
    select
        invoice_id,
        stated_rate,
        count(*) as lines,
        sum(tax_amount) as tax_amount,
        sum(net_amount) as net_amount
    from computed
    group by invoice_id, stated_rate
),

-- Even a line that takes all of its document's rounding is off by no more than half a unit for each line.
judged as (
    select
        explained.*,
        coalesce(
            not explained.is_rate_wrong
            and documents.tax_amount
            = round_money(times_rate(documents.net_amount, explained.owed_rate), explained.currency)
            and 2 * abs(explained.tax_amount - times_rate(explained.net_amount, explained.owed_rate))
            <= documents.lines * minor_unit(explained.currency),
            false
        ) as is_document_rounding
    from explained
    inner join documents
        on explained.invoice_id = documents.invoice_id and explained.stated_rate = documents.stated_rate
),

-- The lines that are off because a half went to the even neighbour, or upward.
halves as (
    select
        entity_id,
        'even' as way,
        invoice_line_id
    from judged
    where
        not is_rate_wrong
        and not is_document_rounding
        and stated_tax = round_money_even(times_rate(net_amount, owed_rate), currency)
    union all
    select
        entity_id,
        'upward' as way,
        invoice_line_id
    from judged
    where
        not is_rate_wrong
        and not is_document_rounding
        and stated_tax = round_money_upward(times_rate(net_amount, owed_rate), currency)
),

kept as (
    select
        entity_id,
        way,
        count(*) as lines
    from halves
    group by entity_id, way
    having count(*) >= 3
),

-- Halves that went away from zero, in the entities that may round otherwise.
broken as (
    select
        kept.entity_id,
        kept.way,
        count(*) as lines
    from kept
    inner join live_lines as line on kept.entity_id = line.entity_id
    where
        line.invoice_date <= $as_of
        and 2 * (abs(line.tax_amount) - abs(times_rate(line.net_amount, line.tax_rate))) = minor_unit(line.currency)
        and line.tax_amount <> case kept.way
            when 'even' then round_money_even(times_rate(line.net_amount, line.tax_rate), line.currency)
            else round_money_upward(times_rate(line.net_amount, line.tax_rate), line.currency)
        end
    group by kept.entity_id, kept.way
),

-- An entity rounds in another way where nine of ten of the halves that tell do, and three or more.
habits as (
    select halves.invoice_line_id
    from kept
    inner join halves on kept.entity_id = halves.entity_id and kept.way = halves.way
    left join broken on kept.entity_id = broken.entity_id and kept.way = broken.way
    where kept.lines >= 9 * coalesce(broken.lines, 0)
)

select
    off.invoice_line_id as subject_id,
    off.entity_id,
    off.customer_id,
    off.invoice_date as event_date,
    off.currency,
    off.owed_tax as expected_amount,
    off.stated_tax as billed_amount,
    case
        when off.is_rate_wrong
            then
                'rate ' || number_text(off.tax_rate) || ' on ' || cast(off.invoice_date as varchar) || '; '
                || off.tax_code || ' in ' || off.country || ' is ' || number_text(off.rate_in_force)
                || ' since ' || cast(off.valid_from as varchar) || '; '
        when off.has_rate_of_original then 'at the rate of ' || off.corrected_id || ', which it corrects; '
        else ''
    end
    || amount_text(off.net_amount, off.currency) || ' x ' || number_text(off.owed_rate)
    || ' = ' || amount_text(off.owed_tax, off.currency) || ', stated '
    || amount_text(off.stated_tax, off.currency)
    || coalesce(' (' || off.convention || ')', '') as reason,
    case
        when off.has_rate_of_original and off.stated_tax = off.owed_tax then 'rate_of_original'
        when off.is_document_rounding then 'document_rounding'
        when off.invoice_line_id in (select habits.invoice_line_id from habits) then 'other_rounding'
    end as suppressed_by,
    off.convention,
    off.invoice_line_id as evidence_invoice_lines,
    [off.invoice_id, off.corrected_id] as evidence_invoices,
    off.customer_id as evidence_customers,
    off.tax_code || '/' || off.country || '/' || cast(off.valid_from as varchar) as evidence_tax_rates
from judged as off
