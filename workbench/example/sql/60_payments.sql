-- How each document is settled: credits first, then money, and what is left is forgiven, written off or still owed.
create table credit_application as
with ordered as (
    select
        credit.doc,
        credit.prior,
        credit.day,
        -credit.gross as gross,
        original.gross as billed,
        cast(sum(-credit.gross) over (partition by credit.prior order by credit.day, credit.doc) as bigint) as credited
    from bill as credit
    inner join bill as original on credit.prior = original.doc
    where credit.kind = 'credit_memo' and credit.status = 'issued'
)

select
    doc,
    prior,
    day,
    least(gross, billed - credited + gross) as amount
from ordered
where billed > credited - gross;

create table payable as
with credited as (
    select
        prior,
        cast(sum(amount) as bigint) as amount,
        max(day) as day
    from credit_application
    group by prior
)

select
    bill.doc,
    bill.family,
    bill.entity_no,
    bill.customer_no,
    bill.unit,
    bill.authority,
    bill.day,
    bill.day + bill.terms as due,
    coalesce(credited.day, bill.day) as settled_from,
    bill.gross - coalesce(credited.amount, 0) as owed,
    case when mix(bill.customer_no, 801) % 2 = 0 then coalesce(customer.parent_no, bill.customer_no) else bill.customer_no end
        as payer_no,
    mix(bill.doc, 802) % 100 as draw,
    coalesce(contract.has_discount, false) and mix(bill.doc, 803) % 2 = 0 as takes_discount
from bill
inner join customer on bill.customer_no = customer.customer_no
left join credited on bill.doc = credited.prior
left join contract on bill.contract_no = contract.contract_no
where bill.kind <> 'credit_memo' and bill.status = 'issued' and bill.gross > coalesce(credited.amount, 0);

create table settlement_way as
select
    payable.*,
    mix(doc, 804) % 10 as lag,
    greatest(settled_from + 1, due - 5 + mix(doc, 805) % 35) as pays_on,
    case
        when takes_discount then 'discount'
        when customer_no % 6 = 1 then 'collective'
        when draw < 8 then 'partial'
        when draw < 12 and owed > authority // 10 then 'short'
        when draw < 15 and owed > authority // 10 and customer_no % 11 <> 5 then 'remainder'
        when draw < 18 then 'overpaid'
        when draw < 21 and owed > authority // 10 then 'allowed'
        when draw < 24 and due > 520 then 'unpaid'
        when draw < 26 then 'bounced'
        else 'full'
    end as way,
    case
        when draw < 12 then unit * (1 + mix(doc, 806) % (authority // (100 * unit)))
        when draw < 18 then to_unit(owed, 30, unit) + unit
        else to_unit(owed, 50, unit) + unit
    end as difference
from payable;

-- One row per document and receipt.
create table payment as
select
    way.doc, way.family, way.entity_no, way.payer_no, way.way, 4 * way.doc as receipt,
    case when way.way = 'discount' then way.day + 1 + mix(way.doc, 807) % 9 else way.pays_on end as received,
    case when way.way = 'discount' then 0 else way.lag end as lag,
    case way.way
        when 'discount' then way.owed - to_unit(way.owed * 2, 100, way.unit)
        when 'partial' then greatest(way.unit, to_unit(way.owed * 6, 10, way.unit))
        when 'short' then way.owed - way.difference
        when 'remainder' then way.owed - way.difference
        when 'allowed' then way.owed - way.difference
        when 'overpaid' then way.owed + way.difference
        else way.owed
    end as amount,
    case when way.way = 'discount' then to_unit(way.owed * 2, 100, way.unit) else 0 end as discount
from settlement_way as way
where way.way not in ('collective', 'unpaid', 'bounced')
union all
select
    doc, family, entity_no, payer_no, way, 4 * doc + 1, pays_on + 20 + lag, lag,
    owed - greatest(unit, to_unit(owed * 6, 10, unit)), 0
from settlement_way
where way = 'partial' and owed > greatest(unit, to_unit(owed * 6, 10, unit))
union all
select
    doc, family, entity_no, payer_no, way, 4 * doc, pays_on + 12, lag, owed, 0
from settlement_way
where way = 'bounced'
union all
select
    way.doc, way.family, way.entity_no, way.payer_no, way.way,
    600000000000 + way.payer_no * 100 + due.month_no,
    closing.day + 4 + way.payer_no % 5,
    way.payer_no % 10,
    way.owed,
    0
from settlement_way as way
inner join calendar as due on way.due = due.day
inner join calendar as closing on closing.day_of_month = 1 and closing.month_no = due.month_no + 1
where way.way = 'collective';

delete from payment where received > getvariable('last_day');

create table application as
select
    row_number() over (order by doc, receipt) as application,
    doc,
    receipt,
    received + lag as day,
    amount,
    discount
from payment
where received + lag <= getvariable('last_day');

create table receipt as
select
    receipt,
    min(entity_no) as entity_no,
    min(payer_no) as customer_no,
    min(received) as day,
    cast(sum(amount) as bigint) as amount,
    cast(null as varchar) as status,
    min(family) as family
from payment
group by receipt
union all
select
    4 * doc + 2, entity_no, payer_no, pays_on, owed, 'reversed', family
from settlement_way
where way = 'bounced' and pays_on <= getvariable('last_day')
union all
select
    700000000000 + number, customer.entity_no, customer.customer_no, 40 + mix(number, 811) % 660,
    customer.unit * (50001 + mix(number, 812) % 300000), 'on_account', null
from range(getvariable('on_account')) as numbers (number)
inner join customer
    on mix(number, 813) % (getvariable('goods_customers') // 11) * 11 + 5 = customer.customer_no
union all
select
    710000000000 + number, entity.entity_no, null, 712 + mix(number, 814) % 17,
    entity.unit * (10001 + mix(number, 815) % 300000), 'unidentified', null
from range(3 + getvariable('on_account') // 4) as numbers (number)
inner join entity on number % 3 = entity.entity_no;
