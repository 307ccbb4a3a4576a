-- One document per contract and billing period. Contracts of one customer whose documents would come to nearly the
-- same amount are left out but for one: two bills of one amount for one period would be a repetition in truth.
create table repeated_contract as
with billed as (
    select
        doc, contract_no, customer_no, unit, sum(amount) as amount
    from stretch
    group by doc, contract_no, customer_no, unit
    union all
    select
        doc, contract_no, customer_no, unit, amount
    from rated
),

bucketed as (
    select
        billed.*,
        shift.shift,
        (amount + shift.shift * 6 * unit) // (12 * unit) as bucket
    from billed
    cross join (values (0), (1)) as shift (shift)
),

ranked as (
    select
        contract_no,
        min(contract_no) over (partition by customer_no, shift, bucket) as first_contract
    from bucketed
)

select distinct contract_no
from ranked
where contract_no > first_contract;

delete from contract where contract_no in (select repeated.contract_no from repeated_contract as repeated);
delete from charge where contract_no in (select repeated.contract_no from repeated_contract as repeated);
delete from stretch where contract_no in (select repeated.contract_no from repeated_contract as repeated);
delete from rated where contract_no in (select repeated.contract_no from repeated_contract as repeated);
delete from metered where contract_no in (select repeated.contract_no from repeated_contract as repeated);
delete from tier where contract_no in (select repeated.contract_no from repeated_contract as repeated);
delete from pause where contract_line not in (select charge.contract_line from charge);

create table contract_line_billed as
with items as (
    select
        doc, contract_no, contract_line, product_no, piece, used_from, used_to,
        case when is_whole then 1000 * quantity else 1000 end as quantity,
        case when is_whole then unit_price else amount end as unit_price,
        case when timing = 'advance' then min(used_from) over (partition by doc) else period_ends end as day,
        is_whole
    from stretch
    union all
    select
        doc, contract_no, contract_line, product_no, 0, used_from, used_to, quantity, unit_price,
        used_to + mix(doc, 451) % 3 as day,
        false as is_whole
    from rated
)

select
    *,
    row_number() over (partition by doc order by contract_line, piece) as line_no
from items
where day <= getvariable('last_day');

insert into document
select
    billed.doc,
    -billed.contract_no - 1 as family,
    'invoice', 'issued', contract.entity_no, contract.customer_no, billed.contract_no, null, null, billed.day, contract.terms,
    null, null, 'system',
    case when mix(billed.doc, 452) % 100 < 4 then 'remainder' else 'line' end,
    false, billed.used_from, billed.used_to, null, null, 0, 0, 0
from (
    select
        doc,
        contract_no,
        day,
        min(used_from) as used_from,
        max(used_to) as used_to
    from contract_line_billed
    group by doc, contract_no, day
) as billed
inner join contract on billed.contract_no = contract.contract_no;

insert into line
select
    billed.doc, billed.line_no, billed.product_no, billed.contract_line, null, null, billed.quantity, billed.unit_price, 0, null,
    case when contract.country in ('SG', 'JP', 'KW') then 'STD' else 'ZERO' end,
    billed.used_from, billed.used_to, null, 0, 0
from contract_line_billed as billed
inner join contract on billed.contract_no = contract.contract_no;
