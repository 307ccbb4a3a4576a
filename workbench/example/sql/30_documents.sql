-- Documents and their lines from orders. `family` is what may be planted in only once; `prior` the document credited.
create table document as
with billed as (
    select
        sale.*,
        sale.order_no * 8 + turn.turn as doc,
        turn.turn,
        sale.invoiced + case when turn.turn = 1 then sale.apart else 0 end
        + case when turn.turn = 4 then sale.credited - sale.invoiced + mix(sale.order_no, 341) % 3 else 0 end as day
    from sale
    inner join (values (0), (1), (3), (4)) as turn (turn)
        on
            turn.turn = 0
            or (turn.turn = 1 and sale.parts = 2)
            or (turn.turn = 3 and sale.flow = 'reissued')
            or (turn.turn = 4 and sale.flow = 'rebilled')
    where sale.flow not in ('cancelled', 'returned')
)

select
    doc,
    order_no as family,
    'invoice' as kind,
    case when turn = 3 then 'cancelled' else 'issued' end as status,
    entity_no,
    customer_no,
    cast(null as bigint) as contract_no,
    order_no,
    order_no as purchase_order,
    cast(day as bigint) as day,
    cast(terms as bigint) as terms,
    case when flow = 'prepaid' then 'prepayment' end as reason,
    cast(null as bigint) as prior,
    'system' as origin,
    tax_rounding,
    is_even,
    cast(null as bigint) as period_from,
    cast(null as bigint) as period_to,
    cast(null as bigint) as copied_from,
    cast(null as varchar) as copy_kind,
    cast(0 as bigint) as net_off,
    cast(0 as bigint) as tax_off,
    cast(0 as bigint) as gross_off
from billed
where day <= getvariable('last_day');

create table line as
select
    document.doc,
    cast(item.line_no as bigint) as line_no,
    item.product_no,
    cast(null as bigint) as contract_line,
    item.order_line,
    case
        when item.flow not in ('by_order', 'service') then item.order_line * 4 + case when document.doc % 8 = 1 then 1 else 0 end
    end as delivery_line,
    1000 * (item.quantity // item.parts - case when item.flow = 'part_returned' then item.returned_quantity else 0 end)
        as quantity,
    item.unit_price,
    item.discount,
    item.voucher_no,
    item.tax_code,
    cast(null as bigint) as period_from,
    cast(null as bigint) as period_to,
    cast(null as bigint) as stated_rate,
    cast(0 as bigint) as net_off,
    cast(0 as bigint) as tax_off
from document
inner join sale_line as item on document.order_no = item.order_no
where item.unit_price > 0;

-- Credit memos of orders: part of the goods came back, all of it did, it is billed anew, or a gesture of goodwill.
insert into document
select
    30000000000 + order_no as doc,
    order_no as family,
    'credit_memo' as kind,
    'issued' as status,
    entity_no,
    customer_no,
    null as contract_no,
    order_no,
    order_no as purchase_order,
    credited as day,
    0 as terms,
    case flow when 'credited' then 'return' when 'goodwill' then 'goodwill' else 'cancel' end as reason,
    order_no * 8 as prior,
    'manual' as origin,
    'line' as tax_rounding,
    false as is_even,
    null as period_from,
    null as period_to,
    null as copied_from,
    null as copy_kind,
    0 as net_off,
    0 as tax_off,
    0 as gross_off
from sale
where credited is not null;

insert into line
select
    30000000000 + order_no as doc,
    line_no,
    product_no,
    null as contract_line,
    case when flow <> 'goodwill' then order_line end as order_line,
    null as delivery_line,
    -1000 * case flow when 'goodwill' then 1 when 'credited' then returned_quantity else quantity end as quantity,
    case when flow = 'goodwill' then greatest(unit, to_unit(quantity * unit_price, 20, unit)) else unit_price end as unit_price,
    0 as discount,
    null as voucher_no,
    tax_code,
    null as period_from,
    null as period_to,
    null as stated_rate,
    0 as net_off,
    0 as tax_off
from sale_line
where flow in ('reversed', 'rebilled') or (flow in ('credited', 'goodwill') and line_no = 1);

-- Manual invoices, debit memos and drafts for services that no system bills.
create table by_hand as
select
    20000000000 + number as doc,
    customer.*,
    case when number % 3 = 0 then 'debit_memo' else 'invoice' end as kind,
    case when number % 11 = 10 then 'draft' else 'issued' end as status,
    mix(number, 351) % 728 as day,
    getvariable('products') + 3 + number % 2 as product_no,
    unit * (30001 + mix(number, 353) % 400000) as amount
from range(getvariable('by_hand')) as numbers (number)
inner join customer on mix(number, 352) % getvariable('goods_customers') = customer.customer_no;

insert into document
select
    doc, doc, kind, status, entity_no, customer_no, null, null, null, day, terms, null, null, 'manual', 'line', false,
    null, null, null, null, 0, 0, 0
from by_hand;

insert into line
select
    doc, 1, product_no, null, null, null, 1000, amount, 0, null,
    case when country in ('SG', 'JP', 'KW') then 'STD' else 'ZERO' end, null, null, null, 0, 0
from by_hand;
