-- Queries on invoices, handled within their targets.
create table customer_case as
with opened as (
    select
        bill.doc,
        bill.entity_no,
        bill.customer_no,
        bill.currency,
        bill.unit,
        bill.gross,
        86400 * (bill.day + 3) + 28800 + mix(bill.doc, 922) % 30000 as opened,
        1 + mix(bill.doc, 923) % 3 as priority,
        mix(bill.doc, 924) as draw
    from bill
    where bill.kind = 'invoice' and bill.status = 'issued' and mix(bill.doc, 921) % 90 = 0 and bill.day <= 725
)

select
    *,
    opened + 60 * (5 + draw % [50, 200, 1200][priority]) as responded,
    opened + 60 * ([60, 260, 1400][priority] + draw % [380, 2500, 12500][priority]) as resolved,
    draw % 45 as paused
from opened;

create table promise as
select
    way.doc,
    way.customer_no,
    way.due + 1 as promised_on,
    paid.received + paid.lag + 1 as promised_for,
    way.owed as amount
from settlement_way as way
inner join payment as paid on way.doc = paid.doc
where way.way = 'full' and paid.received > way.due + 2 and mix(way.doc, 931) % 12 = 0
    and way.family not in (select plant.family from plant);
