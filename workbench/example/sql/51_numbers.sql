-- Numbers run per entity, kind and year without a gap but for those planted; a document typed again has a copy's number.
create table numbered as
with ranked as (
    select
        doc,
        entity_no,
        year,
        kind,
        copied_from,
        copy_kind,
        row_number() over (partition by entity_no, year, kind order by day, doc) as place
    from bill
    where status <> 'draft' and coalesce(copy_kind, 'again') = 'again'
),

shifted as (
    select
        ranked.doc,
        ranked.place + coalesce(sum(gap.amount), 0) as number
    from ranked
    left join plant as gap
        on
            gap.control_id = 'COM-05'
            and ranked.entity_no = gap.entity_no
            and ranked.year = gap.line_no
            and case when gap.kind = 2 then 'debit_memo' else 'invoice' end = ranked.kind
            and ranked.place > gap.key
    group by ranked.doc, ranked.place
)

select
    bill.doc,
    cast(shifted.number as bigint) as number,
    bill.entity_id[1:2] || case bill.kind when 'invoice' then '' when 'credit_memo' then '-C' else '-D' end
    || '-' || cast(bill.year as varchar) as series
from bill
inner join shifted on bill.doc = shifted.doc;

create table document_number as
with copied as (
    select
        bill.doc,
        bill.copy_kind,
        original.series || '-' || lpad(cast(original.number as varchar), 7, '0') as text,
        original.number % 10 as last_digit,
        original.number // 10 % 10 as digit_before
    from bill
    inner join numbered as original on bill.copied_from = original.doc
    where bill.copy_kind <> 'again'
)

select
    doc,
    series,
    series || '-' || lpad(cast(number as varchar), 7, '0') as text
from numbered
union all
select
    doc,
    null as series,
    case
        when copy_kind = 'retyped' then lower(replace(text, '-', ' '))
        when last_digit <> digit_before
            then text[1:-3] || cast(last_digit as varchar) || cast(digit_before as varchar)
        else text[1:-2] || cast((last_digit + 5) % 10 as varchar)
    end as text
from copied
union all
select
    doc,
    null as series,
    'DRAFT ' || cast(doc as varchar) as text
from bill
where status = 'draft';
