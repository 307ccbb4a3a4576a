/*---
control: PRO-03
plants: second records of a customer, with the same tax number or with a name that is written a little differently
sized: false
touches: [customers]
---*/
create temporary table chosen as
with written as (
    select
        customer.*,
        regexp_extract(lower(customer.name), '[a-z]{6,}') <> '' as has_word,
        regexp_matches(customer.name, '^[A-Za-z]{4,} [A-Za-z]{4,} ') as has_words,
        regexp_replace(customer.name, '([A-Za-z]{3})[A-Za-z]([A-Za-z]{2})', '\1\2') as slip,
        1 + dice(customer.customer_id, 1) % 5 as kind
    from customers as customer
    where
        coalesce(customer.opened_on <= getvariable('as_of'), true)
        and customer.customer_id || '-PRO-03' not in (select subject_id from before)
        and customer.customer_id not in (select id from taken)
    qualify count(*) over (partition by customer.customer_id) = 1
),

spread as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(customer_id, 2), customer_id) as turn
    from written
    where
        case
            when kind = 1 then regexp_matches(tax_id, '[1-9].*[0-8]') and length(tax_id) >= 6
            -- A letter that comes again nearby can make even one slip less alike than the catalogue's 0.92.
            when kind = 3 then has_word and alike(plain_name(name), plain_name(slip)) >= 0.92
            when kind = 4 then has_words
            else has_word
        end
)

select *
from spread
order by turn, dice(kind || coalesce(currency, ''), 3), kind, currency
limit getvariable('errors');

insert into customers by name
select
    * exclude (kind, turn, has_word, has_words, slip)
    replace (
        customer_id || '-PRO-03' as customer_id,
        null as parent_id,
        case kind
            when 1 then reverse(name)
            when 2 then upper(name) || '.'
            when 3 then slip
            when 4 then regexp_replace(name, '^([A-Za-z]+) ([A-Za-z]+) ', '\2, \1 ')
            else translate(
                name,
                'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
                'ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ'
            )
        end as name,
        case when kind = 1 then ' ' || lower(replace(tax_id, '-', '. ')) end as tax_id,
        case when opened_on is not null then getvariable('as_of') end as opened_on
    )
from chosen;

insert into planted
select
    customer_id || '-PRO-03' as subject_id,
    null as expected_amount,
    null as billed_amount,
    case kind
        when 1 then 'the same tax number, written differently'
        when 2 then 'the same name in capitals'
        when 3 then 'a letter missing in the name'
        when 4 then 'the words of the name in another order'
        else 'the name in wide letters'
    end as what
from chosen;

insert into taken
select customer_id from chosen
union
select customer_id || '-PRO-03' from chosen;
