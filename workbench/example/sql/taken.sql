-- Everything in the families that have a planted error already, so that no other error is planted there.
insert into books.taken
with family as (
    select distinct family from plant
),

document as (
    select
        bill.doc,
        bill.order_no
    from bill
    inner join family on bill.family = family.family
),

ordered as (
    select order_key(sale.order_no) as order_id
    from sale
    inner join family on sale.order_no = family.family
    union
    select order_key(order_no) from document
),

agreed as (
    select contract_key(contract.contract_no) as contract_id
    from contract
    inner join family on contract.contract_no = -family.family - 1
),

paid as (
    select receipt_key(payment.receipt) as receipt_id
    from payment
    inner join document on payment.doc = document.doc
    union
    select receipt_key(receipt.receipt)
    from receipt
    inner join family on receipt.family = family.family
    union
    select receipt_key(key) from plant
    where control_id in ('VAL-01', 'VAL-03')
),

known as (
    select invoice_key(doc) as id from document
    union
    select order_id from ordered
    union
    select contract_id from agreed
    union
    select receipt_id from paid
    union
    select distinct entity_id[1:2] || case plant.kind when 2 then '-D' else '' end || '-' || cast(plant.line_no as varchar)
    from plant
    inner join entity on plant.entity_no = entity.entity_no
    where plant.control_id = 'COM-05'
)

select id from known
where id is not null
union
select child.invoice_line_id from books.invoice_lines as child
inner join known on child.invoice_id = known.id
union
select child.order_line_id from books.order_lines as child
inner join known on child.order_id = known.id
union
select child.price_approval_id from books.price_approvals as child
inner join books.order_lines as item on child.order_line_id = item.order_line_id
inner join known on item.order_id = known.id
union
select child.delivery_id from books.deliveries as child
inner join known on child.order_id = known.id
union
select child.delivery_line_id from books.delivery_lines as child
inner join books.deliveries as moved on child.delivery_id = moved.delivery_id
inner join known on moved.order_id = known.id
union
select child.contract_line_id from books.contract_lines as child
inner join known on child.contract_id = known.id
union
select child.application_id from books.applications as child
inner join known on child.invoice_id = known.id or child.receipt_id = known.id
union
select child.adjustment_id from books.adjustments as child
inner join known on child.invoice_id = known.id
union
select child.case_id from books.cases as child
inner join known on child.invoice_id = known.id
union
select child.promise_id from books.promises as child
inner join known on child.invoice_id = known.id
union
select child.settlement_line_id from books.settlement_lines as child
inner join known on child.order_id = known.id
