-- Outages of services with a service level, and the credit owed for each month's minutes, given with the next invoice.
create table outage as
with months as (
    select
        billed.contract_line,
        billed.contract_no,
        billed.doc,
        billed.used_from as month_start,
        billed.used_to as month_end,
        billed.quantity // 1000 * billed.unit_price as amount,
        billed.product_no,
        contract.needs_claim,
        mix(billed.contract_line * 64 + billed.used_from, 461) as draw
    from contract_line_billed as billed
    inner join contract on billed.contract_no = contract.contract_no
    where contract.has_sla and billed.is_whole
)

select
    *,
    20 + mix(draw, 462) % 1400 as minutes,
    month_start + 2 + mix(draw, 463) % 22 as day,
    mix(draw, 464) % 80000 as second,
    draw % 5 = 0 as is_nested,
    needs_claim and mix(draw, 465) % 4 > 0 as is_claimed
from months
where draw % 6 = 0;

create table service_credit as
with owed as (
    select
        outage.*,
        case
            when minutes < 30 then 0
            when minutes < 240 then 10
            when minutes < 480 then 15
            when minutes < 960 then 20
            else 25
        end as percent
    from outage
    where not needs_claim or is_claimed
)

select
    31000000000 + owed.contract_line * 64 + owed.doc % 64 as doc,
    owed.contract_no,
    owed.contract_line,
    owed.product_no,
    owed.doc as prior,
    owed.month_start,
    owed.month_end,
    contract.country,
    document.day + 4 + mix(owed.draw, 466) % 12 as day,
    to_unit(owed.amount * owed.percent, 100, contract.unit) as amount
from owed
inner join contract on owed.contract_no = contract.contract_no
inner join document on owed.doc = document.doc
where owed.percent > 0 and document.day + 15 <= getvariable('last_day');

insert into document
select
    credit.doc, -credit.contract_no - 1, 'credit_memo', 'issued', contract.entity_no, contract.customer_no, credit.contract_no,
    null, null, credit.day, 0, 'sla_credit', credit.prior, 'system', 'line', false, credit.month_start, credit.month_end,
    null, null, 0, 0, 0
from service_credit as credit
inner join contract on credit.contract_no = contract.contract_no;

insert into line
select
    doc, 1, product_no, contract_line, null, null, -1000, amount, 0, null,
    case when country in ('SG', 'JP', 'KW') then 'STD' else 'ZERO' end, month_start, month_end, null, 0, 0
from service_credit;
