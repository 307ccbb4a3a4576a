/*---
control: OCC-06
plants: customers closed before their last document, and documents on a customer number that nobody has
sized: false
touches: [customers, invoices, receipts, gl_lines]
---*/
-- Billed documents, the newest of each customer first.
create temp table documents as
with billed as (
    select
        *,
        lead(invoice_date) over by_date as date_before,
        row_number() over by_date as turn,
        count(case when invoice_id in (select id from taken) then 1 end) over (partition by customer_id) as taken
    from live_invoices
    where kind <> 'credit_memo' and gross_amount <> 0 and customer_id not in (select id from taken)
    window by_date as (partition by customer_id order by invoice_date desc, invoice_id asc)
)

select *
from billed
where
    invoice_date <= getvariable('as_of')
    and invoice_id not in (select subject_id from before)
    and invoice_id not in (select id from taken)
    and coalesce(order_id not in (select id from taken), true)
    and coalesce(contract_id not in (select id from taken), true);

create temp table closed as
with accounts as (
    select
        customer_id,
        min(status) as status
    from customers
    group by customer_id
    having count(*) = 1 and count(closed_on) = 0
)

select
    document.invoice_id,
    document.customer_id,
    document.currency,
    document.gross_amount,
    document.invoice_date - 1
    - cast(dice(document.invoice_id, 1) % days_between(document.date_before, document.invoice_date) as integer)
        as closed_on,
    0 as kind
from documents as document
inner join accounts on document.customer_id = accounts.customer_id
where
    document.turn = 1
    and document.taken = 0
    and document.date_before < document.invoice_date
    and accounts.status = 'active';

-- What hangs on the customer besides: his own prices and vouchers, what he promised and what he asked, and receipts
-- that pay another document too.
create temp table bound as
with listed as (
    select distinct product_id
    from price_list
),

payments as (
    select
        application.invoice_id,
        application.receipt_id
    from applications as application
    inner join documents on application.invoice_id = documents.invoice_id
)

select line.invoice_id
from invoice_lines as line
inner join listed on line.product_id = listed.product_id
where line.contract_line_id is null
union
select line.invoice_id
from invoice_lines as line
inner join products as product on line.product_id = product.product_id
where product.is_offline
union
select invoice_id from invoice_lines
where voucher_id is not null
union
select invoice_id from promises
union
select invoice_id from cases
union
select invoice_id from adjustments
union
select original_invoice_id from invoices
union
select payments.invoice_id
from payments
inner join applications as other
    on payments.receipt_id = other.receipt_id and payments.invoice_id <> other.invoice_id
union
select invoice_id from payments
where receipt_id is null or receipt_id in (select id from taken);

create temp table nobody as
with every as (
    select
        document.invoice_id,
        document.customer_id,
        document.currency,
        document.gross_amount,
        cast(null as date) as closed_on,
        1 as kind
    from documents as document
    left join bound on document.invoice_id = bound.invoice_id
    where bound.invoice_id is null
    union all
    select * from closed
),

-- One document of a customer: the newest of one half of them, any of the other.
alone as (
    select
        *,
        row_number() over (partition by customer_id order by dice(invoice_id, 2), invoice_id) as choice
    from every
    where dice(customer_id, 3) % 2 = kind
),

ranked as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(invoice_id, 4), invoice_id) as turn
    from alone
    where choice = 1
)

select *
from ranked
order by turn, dice(invoice_id, 5), invoice_id
limit getvariable('errors');

update customers set closed_on = nobody.closed_on, status = 'closed'
from nobody
where customers.customer_id = nobody.customer_id and nobody.kind = 0;

update invoices set customer_id = 'NOBODY ' || nobody.invoice_id
from nobody
where invoices.invoice_id = nobody.invoice_id and nobody.kind = 1;

update gl_lines set customer_id = 'NOBODY ' || nobody.invoice_id
from nobody
where gl_lines.source_id = nobody.invoice_id and nobody.kind = 1;

update receipts set customer_id = 'NOBODY ' || nobody.invoice_id
from nobody
inner join applications on nobody.invoice_id = applications.invoice_id
where receipts.receipt_id = applications.receipt_id and nobody.kind = 1;

insert into planted by name
select
    invoice_id as subject_id,
    0 as expected_amount,
    gross_amount as billed_amount,
    case kind
        when 0 then 'the customer was closed before the document'
        else 'the customer number is unknown'
    end as what
from nobody;

insert into taken
select unnest([invoice_id, customer_id])
from nobody
where kind = 0
union
select invoice_id
from nobody
union
select application.receipt_id
from applications as application
inner join nobody on application.invoice_id = nobody.invoice_id
