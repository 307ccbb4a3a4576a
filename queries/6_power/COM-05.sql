/*---
control: COM-05
plants: single numbers and runs of numbers that no document has, and series with more than a twentieth missing
sized: false
touches: [invoices]
---*/
-- A document that has a number of its own, with its place in the series.
create temp table numbered as
with digits as (
    select
        invoice_id,
        entity_id,
        series,
        invoice_number,
        regexp_extract(trim(invoice_number), '([0-9]{1,18})$', 1) as digits
    from invoices
    where series is not null and invoice_date <= getvariable('as_of')
),

named as (
    select
        *,
        cast(digits as bigint) as number
    from digits
    where digits <> '' and trim(invoice_number) = invoice_number
),

counted as (
    select
        entity_id,
        series,
        min(number) as lowest,
        max(number) as highest,
        count(*) as documents,
        count(*) = count(distinct number) as is_single,
        count(case when invoice_id in (select id from taken) then 1 end) as taken
    from named
    group by entity_id, series
)

select
    named.*,
    counted.lowest,
    counted.highest,
    counted.highest - counted.lowest + 1 - counted.documents as missing,
    counted.documents,
    counted.taken
from named
inner join counted on named.entity_id = counted.entity_id and named.series = counted.series
where counted.is_single;

-- One number or three neighbours in a long series that lacks less than a fiftieth. A place is a block of ten numbers,
-- so that two gaps never meet.
create temp table gaps as
with places as (
    select
        entity_id,
        series,
        number as first_number,
        number + 2 * (dice(entity_id || series || number, 1) % 2) as last_number,
        dice(entity_id || series || number, 1) % 2 as kind,
        row_number() over (
            partition by entity_id, series
            order by dice(entity_id || series || number, 2), number
        ) as place,
        documents
    from numbered
    where
        number % 10 = 5
        and number - 5 > lowest
        and number + 5 < highest
        and documents > 100
        and missing * 50 <= documents
),

whole as (
    select
        place.entity_id,
        place.series,
        place.first_number,
        place.last_number,
        place.kind,
        place.place
    from places as place
    inner join numbered as held
        on
            place.entity_id = held.entity_id
            and place.series = held.series
            and held.number between place.first_number - 1 and place.last_number + 1
    where place.place * 200 <= place.documents
    group by all
    having
        count(*) = place.last_number - place.first_number + 3
        and count(case when held.invoice_id in (select id from taken) then 1 end) = 0
),

-- A short series lacks a few numbers in a row: one in fifteen, and one more.
short as (
    select distinct
        entity_id,
        series,
        lowest + documents // 2 as first_number,
        lowest + documents // 2 + documents // 15 as last_number,
        2 as kind,
        1 as place
    from numbered
    where missing = 0 and taken = 0 and documents between 4 and 100
),

ranked as (
    select
        *,
        row_number() over (
            partition by kind
            order by place, dice(entity_id || series, 3), entity_id, series, first_number
        ) as turn
    from (
        select * from whole
        union all
        select * from short
    ) as every
)

select *
from ranked
order by turn, dice(kind, 4), entity_id, series
limit getvariable('errors');

-- The documents did not get lost: they were entered again under the next numbers of the series.
create temp table moved as
with last_numbers as (
    select
        held.*,
        cast(
            held.highest + row_number() over (partition by held.entity_id, held.series order by held.number) as varchar
        ) as new_digits
    from gaps as gap
    inner join numbered as held
        on
            gap.entity_id = held.entity_id
            and gap.series = held.series
            and held.number between gap.first_number and gap.last_number
)

select
    invoice_id,
    left(invoice_number, length(invoice_number) - length(digits))
    || repeat('0', length(digits) - length(new_digits)) || new_digits as invoice_number
from last_numbers;

update invoices set invoice_number = moved.invoice_number
from moved
where invoices.invoice_id = moved.invoice_id;

insert into planted by name
select
    entity_id || '/' || series || case when kind < 2 then '/' || first_number else '' end as subject_id,
    null as expected_amount,
    null as billed_amount,
    case kind
        when 0 then 'a number missing'
        when 1 then 'three numbers in a row missing'
        else 'more than a twentieth of a series missing'
    end as what
from gaps;

insert into taken
select invoice_id from moved
