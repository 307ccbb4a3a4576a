/*---
control: COM-07
plants: receivables posted by hand, and postings of documents with another amount
sized: true
touches: [gl_lines]
last: true
---*/
create temp table wrong as
with balances as (
    select
        entity_id,
        currency,
        entity_id || '/' || currency as subject_id,
        sum(amount) as amount
    from gl_lines
    where account_kind = 'receivable' and posted_on <= getvariable('as_of')
    group by entity_id, currency
),

ranked as (
    select
        *,
        row_number() over (order by dice(subject_id, 1), subject_id) as place
    from balances
    where subject_id not in (select subject_id from before)
)

select
    *,
    place % 2 as kind,
    cast(getvariable('size') as decimal(14, 0)) * minor_unit(currency)
    * case dice(subject_id, 2) % 2 when 0 then 1 else -1 end as too_much
from ranked
order by place
limit getvariable('errors');

-- The receivable that is wrong, or that the posting by hand looks like, and the first line on its other side.
create temp table postings as
with receivables as (
    select
        wrong.subject_id,
        posting.gl_line_id,
        posting.source_id,
        row_number() over (
            partition by wrong.subject_id
            order by dice(posting.gl_line_id, 3), posting.gl_line_id
        ) as turn
    from gl_lines as posting
    inner join wrong on posting.entity_id = wrong.entity_id and posting.currency = wrong.currency
    where posting.account_kind = 'receivable' and posting.posted_on <= getvariable('as_of')
),

others as (
    select
        chosen.subject_id,
        min(posting.gl_line_id) as gl_line_id
    from receivables as chosen
    inner join gl_lines as posting on chosen.source_id = posting.source_id
    where chosen.turn = 1 and posting.account_kind not in ('receivable', 'tax')
    group by chosen.subject_id
),

sides as (
    select
        subject_id,
        gl_line_id,
        1 as sign
    from receivables
    where turn = 1
    union all
    select
        subject_id,
        gl_line_id,
        -1 as sign
    from others
)

select
    sides.gl_line_id,
    wrong.kind,
    wrong.too_much * sides.sign as too_much
from wrong
inner join sides on wrong.subject_id = sides.subject_id;

insert into gl_lines by name
select
    original.* replace (
        original.gl_line_id || '-COM07' as gl_line_id,
        posting.too_much as amount,
        null as source_kind,
        null as source_id
    )
from gl_lines as original
inner join postings as posting on original.gl_line_id = posting.gl_line_id
where posting.kind = 0;

update gl_lines set amount = gl_lines.amount + postings.too_much
from postings
where gl_lines.gl_line_id = postings.gl_line_id and postings.kind = 1;

insert into planted by name
select
    subject_id,
    amount + too_much as expected_amount,
    amount as billed_amount,
    case kind
        when 0 then 'a receivable posted by hand'
        else 'a document posted with another amount'
    end as what
from wrong;

insert into taken
select gl_line_id from postings
