-- Some documents on long terms are due in two parts: half of it at half time, the rest at the end.
with halves as (
    select
        bill.doc,
        bill.day,
        bill.terms,
        bill.gross,
        to_unit(bill.gross, 2, customer.unit) as half
    from bill
    inner join customer on bill.customer_no = customer.customer_no
    where bill.kind = 'invoice' and bill.status = 'issued' and bill.terms >= 45 and mix(bill.doc, 371) % 12 = 0
)

select
    invoice_key(doc) as invoice_id,
    1 as part,
    on_day(day + terms // 2) as due_date,
    money(half) as amount
from halves
union all
select
    invoice_key(doc) as invoice_id,
    2 as part,
    on_day(day + terms) as due_date,
    money(gross - half) as amount
from halves
order by invoice_id, part
