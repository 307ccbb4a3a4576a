/*---
control: VAL-05
plants: customers whose open invoices, unbilled deliveries and open orders together pass the credit limit
sized: true
touches: [customers, orders, order_lines, deliveries, delivery_lines]
---*/
-- Only customers whose orders are all delivered and billed: what is open is then the sum of their open invoices.
create temporary table chosen as
with handed_over as (
    select
        item.order_line_id,
        sum(case when delivery.kind = 'return' then -abs(item.quantity) else item.quantity end) as quantity
    from delivery_lines as item
    inner join deliveries as delivery on item.delivery_id = delivery.delivery_id
    where delivery.kind in ('sale', 'return') and delivery.status in ('shipped', 'delivered')
    group by item.order_line_id
),

billed as (
    select
        coalesce(item.order_line_id, line.order_line_id) as order_line_id,
        sum(line.quantity) as quantity
    from billed_lines as line
    left join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
    group by coalesce(item.order_line_id, line.order_line_id)
),

busy as (
    select distinct customer_id from orders
    where status in ('open', 'shipped')
    union
    select purchase.customer_id
    from handed_over
    inner join order_lines as line on handed_over.order_line_id = line.order_line_id
    inner join orders as purchase on line.order_id = purchase.order_id
    left join billed on handed_over.order_line_id = billed.order_line_id
    where handed_over.quantity > coalesce(billed.quantity, 0)
),

moved as (
    select
        invoice_id,
        sum(amount) as amount
    from (
        select
            invoice_id,
            -amount - coalesce(discount_amount, 0) as amount
        from applications
        where applied_on <= getvariable('as_of')
        union all
        select
            invoice_id,
            amount
        from adjustments
        where adjusted_on <= getvariable('as_of')
    ) as movement
    group by invoice_id
),

debts as (
    select
        invoice.customer_id,
        invoice.currency,
        sum(greatest(0, invoice.gross_amount + coalesce(moved.amount, 0))) as amount
    from live_invoices as invoice
    left join moved on invoice.invoice_id = moved.invoice_id
    where invoice.kind <> 'credit_memo' and invoice.invoice_date <= getvariable('as_of')
    group by invoice.customer_id, invoice.currency
),

-- An order of the customer as a pattern for another one.
samples as (
    select
        customer_id,
        currency,
        min(order_id) as order_id
    from orders
    group by customer_id, currency
),

debtors as (
    select
        customer.customer_id,
        customer.currency,
        debts.amount as open_amount,
        customer.credit_limit,
        samples.order_id,
        cast(getvariable('size') * minor_unit(customer.currency) as decimal(18, 4)) as size,
        case
            when samples.order_id is null or coalesce(customer.credit_limit < debts.amount, true) then 1
            else 1 + dice(customer.customer_id, 1) % 3
        end as kind
    from customers as customer
    inner join debts on customer.customer_id = debts.customer_id and customer.currency = debts.currency
    left join samples on customer.customer_id = samples.customer_id and customer.currency = samples.currency
    left join busy on customer.customer_id = busy.customer_id
    where
        busy.customer_id is null
        and customer.customer_id not in (select subject_id from before)
        and customer.customer_id not in (select id from taken)
    qualify count(*) over (partition by customer.customer_id) = 1
),

spread as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(customer_id, 2), customer_id) as turn
    from debtors
    where kind > 1 or open_amount >= size
)

select *
from spread
order by turn, dice(kind || currency, 3), kind, currency
limit getvariable('errors');

update customers
set credit_limit = chosen.open_amount - chosen.size
from chosen
where customers.customer_id = chosen.customer_id and chosen.kind = 1;

-- The price of one piece is what is left of the limit, and the size.
insert into orders by name
select
    purchase.* replace (
        purchase.order_id || '-VAL-05' as order_id,
        getvariable('as_of') - 3 as order_date,
        case chosen.kind when 2 then 'open' else 'shipped' end as status,
        null as contract_id,
        null as reason_code,
        'PO ' || purchase.order_id || '-VAL-05' as purchase_order,
        cast(getvariable('as_of') - 3 as timestamp) as created_at
    )
from orders as purchase
inner join chosen on purchase.order_id = chosen.order_id
where chosen.kind > 1;

insert into order_lines by name
with sample as (
    select
        line.order_id,
        min(line.product_id) as product_id
    from order_lines as line
    inner join chosen on line.order_id = chosen.order_id
    group by line.order_id
)

select
    chosen.order_id || '-VAL-05-1' as order_line_id,
    chosen.order_id || '-VAL-05' as order_id,
    1 as line_number,
    sample.product_id,
    1 as quantity,
    chosen.credit_limit - chosen.open_amount + chosen.size as unit_price,
    0 as discount_amount
from chosen
inner join sample on chosen.order_id = sample.order_id
where chosen.kind > 1;

insert into deliveries by name
select
    purchase.order_id || '-VAL-05' as delivery_id,
    purchase.entity_id,
    purchase.customer_id,
    purchase.order_id || '-VAL-05' as order_id,
    'sale' as kind,
    'delivered' as status,
    getvariable('as_of') - 2 as shipped_on,
    getvariable('as_of') - 1 as delivered_on
from orders as purchase
inner join chosen on purchase.order_id = chosen.order_id
where chosen.kind = 3;

insert into delivery_lines by name
select
    line.order_line_id as delivery_line_id,
    line.order_id as delivery_id,
    line.order_line_id,
    line.product_id,
    line.quantity
from order_lines as line
inner join chosen on line.order_id = chosen.order_id || '-VAL-05'
where chosen.kind = 3;

insert into planted
select
    customer_id as subject_id,
    case kind when 1 then open_amount - size else credit_limit end as expected_amount,
    case kind when 1 then open_amount else credit_limit + size end as billed_amount,
    case kind
        when 1 then 'open invoices beyond the limit'
        when 2 then 'an order beyond the limit'
        else 'a delivery that is not billed yet beyond the limit'
    end as what
from chosen;

insert into taken
select customer_id from chosen
union
select order_id || '-VAL-05' from chosen
where kind > 1
union
select order_id || '-VAL-05-1' from chosen
where kind > 1;
