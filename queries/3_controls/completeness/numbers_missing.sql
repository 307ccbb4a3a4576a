/*---
id: COM-05
title: Numbers missing from an invoice series
severity: medium
grain: entity_id/series/first missing, or entity_id/series
subject: invoices
examines: invoices
needs:
  invoices: [invoice_id, invoice_number, series, entity_id, invoice_date]
parameters:
  systemic_share: {default: "0.05", unit: share of the numbers, why: above one in twenty the range is shared or sampled}
suppressions:
  systemic: more than systemic_share of the series is missing, which is one finding for the series
why: >
  A number that is missing is a document that was deleted, suppressed or never extracted.
next_step: Ask for the document, the void log, or the other system that draws from the same numbers.
---*/
-- Gaps are found among numbers alone; what else a document says is looked up for those beside a gap.
with numbered as (
    select
        entity_id,
        series,
        invoice_id,
        invoice_date,
        cast(nullif(regexp_extract(trim(invoice_number), '([0-9]{1,18})$', 1), '') as bigint) as number
    from invoices
),

ranges as (
    select
        entity_id,
        series,
        min(number) as lowest,
        max(number) as highest
    from numbered
    where invoice_date <= $as_of
    group by entity_id, series
),

neighbours as (
    select
        entity_id,
        series,
        number,
        lag(number) over (partition by entity_id, series order by number) as number_before
    from numbered
),

-- A document dated after the as-of date widens no series, but its number is not missing.
holes as (
    select
        neighbours.*,
        ranges.lowest,
        ranges.highest,
        neighbours.number - neighbours.number_before - 1 as missing
    from neighbours
    inner join ranges on neighbours.entity_id = ranges.entity_id and neighbours.series = ranges.series
    where
        neighbours.number > neighbours.number_before + 1
        and neighbours.number_before >= ranges.lowest
        and neighbours.number <= ranges.highest
),

beside as (
    select
        entity_id,
        series,
        number
    from holes
    union
    select
        entity_id,
        series,
        number_before as number
    from holes
),

-- One number may be on several documents.
documents as (
    select
        beside.*,
        document.invoice_id,
        document.invoice_number,
        document.invoice_date,
        row_number() over (
            partition by beside.entity_id, beside.series, beside.number
            order by document.invoice_date, document.invoice_id
        ) as turn,
        row_number() over (
            partition by beside.entity_id, beside.series, beside.number
            order by document.invoice_date desc, document.invoice_id desc
        ) as turn_from_last
    from beside
    inner join numbered
        on
            beside.entity_id = numbered.entity_id
            and beside.series = numbered.series
            and beside.number = numbered.number
    inner join invoices as document on numbered.invoice_id = document.invoice_id
),

gaps as (
    select
        holes.*,
        later.invoice_id,
        later.invoice_number,
        later.invoice_date,
        earlier.invoice_id as id_before,
        earlier.invoice_number as text_before
    from holes
    inner join documents as later
        on
            holes.entity_id = later.entity_id
            and holes.series = later.series
            and holes.number = later.number
            and later.turn = 1
    inner join documents as earlier
        on
            holes.entity_id = earlier.entity_id
            and holes.series = earlier.series
            and holes.number_before = earlier.number
            and earlier.turn_from_last = 1
),

judged as (
    select
        entity_id,
        series,
        lowest,
        highest,
        sum(missing) as missing,
        count(*) as gaps,
        max(invoice_date) as newest_gap_on,
        sum(missing)
        > cast($systemic_share as decimal(18, 8)) * cast(highest - lowest + 1 as decimal(19, 0)) as is_systemic
    from gaps
    group by entity_id, series, lowest, highest
)

select
    gap.entity_id || '/' || gap.series || '/' || cast(gap.number_before + 1 as varchar) as subject_id,
    gap.entity_id,
    cast(null as varchar) as customer_id,
    gap.invoice_date as event_date,
    cast(null as varchar) as currency,
    cast(null as decimal(38, 4)) as expected_amount,
    cast(null as decimal(38, 4)) as billed_amount,
    case
        when gap.missing = 1 then 'number ' || cast(gap.number_before + 1 as varchar) || ' is missing'
        else
            cast(gap.missing as varchar) || ' numbers, '
            || cast(gap.number_before + 1 as varchar) || ' to ' || cast(gap.number - 1 as varchar) || ', are missing'
    end || ' between ' || gap.text_before || ' and ' || gap.invoice_number as reason,
    case when judged.is_systemic then 'systemic' end as suppressed_by,
    [gap.id_before, gap.invoice_id] as evidence_invoices
from gaps as gap
inner join judged on gap.entity_id = judged.entity_id and gap.series = judged.series
union all
select
    judged.entity_id || '/' || judged.series as subject_id,
    judged.entity_id,
    cast(null as varchar) as customer_id,
    judged.newest_gap_on as event_date,
    cast(null as varchar) as currency,
    cast(null as decimal(38, 4)) as expected_amount,
    cast(null as decimal(38, 4)) as billed_amount,
    cast(judged.missing as varchar) || ' of ' || cast(judged.highest - judged.lowest + 1 as varchar)
    || ' numbers from ' || cast(judged.lowest as varchar) || ' to ' || cast(judged.highest as varchar)
    || ' are missing (' || number_text(
        cast(1000 * judged.missing // (judged.highest - judged.lowest + 1) as decimal(4, 0))
        * cast(0.1 as decimal(2, 1))
    )
    || ' %), in ' || cast(judged.gaps as varchar) || case when judged.gaps = 1 then ' gap' else ' gaps' end as reason,
    cast(null as varchar) as suppressed_by,
    list(edge.invoice_id) as evidence_invoices
from judged
inner join numbered as edge
    on
        judged.entity_id = edge.entity_id
        and judged.series = edge.series
        and edge.number in (judged.lowest, judged.highest)
where judged.is_systemic
group by
    judged.entity_id, judged.series, judged.newest_gap_on, judged.missing, judged.highest, judged.lowest, judged.gaps
