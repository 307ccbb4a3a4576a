/*---
control: OCC-01
plants: documents billed again, under a number retyped or mistyped, on the same day, or some days later
sized: false
touches: [invoices, invoice_lines, receipts, applications, gl_lines]
---*/
-- Documents with a gross of their own, some more than are wanted.
create temp table plain as
with documents as (
    select
        *,
        count(*) over (partition by customer_id, currency, gross_amount) as peers
    from live_invoices
),

of_contracts as (
    select invoice_id
    from invoice_lines
    where contract_line_id is not null or voucher_id is not null
),

open_accounts as (
    select customer_id
    from customers
    group by customer_id
    having count(closed_on) = 0
),

kept as (
    select document.*
    from documents as document
    left join open_accounts on document.customer_id = open_accounts.customer_id
    where
        (open_accounts.customer_id is not null or not exists (select 1 from customers))
        and document.kind = 'invoice'
        and document.peers = 1
        and document.gross_amount > 0
        and document.contract_id is null
        and document.invoice_date <= getvariable('as_of') - 20
        and regexp_matches(document.invoice_number, '[0-9]{2}$')
        and document.invoice_id not in (select of_contracts.invoice_id from of_contracts)
        and document.invoice_id not in (select id from taken)
        and coalesce(document.order_id not in (select id from taken), true)
        and document.customer_id not in (select id from taken)
),

ranked as (
    select
        invoice_id,
        entity_id,
        customer_id,
        currency,
        invoice_number,
        invoice_date,
        gross_amount,
        dice(invoice_id, 1) % 4 as kind,
        row_number() over (
            partition by dice(invoice_id, 1) % 4, currency
            order by dice(invoice_id, 2), invoice_id
        ) as turn
    from kept
)

select *
from ranked
where turn <= 20 * getvariable('errors');

-- A price or a tax that changes in these days, an exception for one order, and revenue that is compared with invoices
-- would make the copy another error as well.
create temp table special as
with lines as (
    select
        plain.invoice_id,
        plain.customer_id,
        plain.invoice_date,
        line.product_id,
        line.tax_code,
        ordered.quantity <> line.quantity as is_part
    from plain
    inner join invoice_lines as line on plain.invoice_id = line.invoice_id
    left join order_lines as ordered on line.order_line_id = ordered.order_line_id
)

select lines.invoice_id
from lines
where lines.is_part
union
select lines.invoice_id
from lines
inner join products as product on lines.product_id = product.product_id
where product.is_offline
union
select lines.invoice_id
from lines
inner join price_approvals as approval
    on lines.product_id = approval.product_id and lines.customer_id = approval.customer_id
union
select lines.invoice_id
from lines
inner join tax_rates as rate
    on
        lines.tax_code = rate.tax_code
        and lines.invoice_date < rate.valid_from
        and lines.invoice_date + 20 >= rate.valid_from
union
select lines.invoice_id
from lines
inner join price_list as price
    on
        lines.product_id = price.product_id
        and lines.invoice_date < price.valid_from
        and lines.invoice_date + 20 >= price.valid_from
union
select lines.invoice_id
from lines
inner join price_list as price
    on
        lines.product_id = price.product_id
        and lines.invoice_date < price.valid_to
        and lines.invoice_date + 20 >= price.valid_to
union
select original_invoice_id as invoice_id
from invoices
where original_invoice_id is not null;

create temp table repeated as
with allowed as (
    select plain.*
    from plain
    left join special on plain.invoice_id = special.invoice_id
    where special.invoice_id is null
),

numbers as (
    select
        *,
        invoice_id || '-OCC01' as copy_id,
        length(invoice_number) as digits,
        case kind
            when 0 then lower(left(invoice_number, length(invoice_number) - 1))
            else left(invoice_number, length(invoice_number) - 1)
        end as stem,
        case kind
            when 1 then 0
            when 2 then 1 + dice(invoice_id, 3) % 14
            else 15 + dice(invoice_id, 3) % 6
        end as days
    from allowed
),

numbered as (
    select
        *,
        case kind
            when 0 then regexp_replace(replace(stem, '-', ' '), '([0-9]+)$', '0\1') || right(invoice_number, 1)
            when 3 then stem || (cast(right(invoice_number, 1) as integer) + 1 + dice(invoice_id, 4) % 9) % 10
            else 'AGAIN ' || copy_id
        end as copy_number,
        row_number() over (partition by customer_id order by dice(invoice_id, 5), invoice_id) as choice
    from numbers
),

-- A mistyped number that another document of the customer has would repeat that one, too.
free as (
    select numbered.*
    from numbered
    left join invoices as other
        on numbered.customer_id = other.customer_id and numbered.copy_number = other.invoice_number
    where other.invoice_id is null and numbered.choice = 1
)

select
    *,
    invoice_date + cast(days as integer) as copied_on
from free
order by turn, dice(invoice_id, 6), invoice_id
limit getvariable('errors');

insert into invoices by name
select
    original.* replace (
        again.copy_id as invoice_id,
        again.copy_number as invoice_number,
        null as series,
        again.copied_on as invoice_date,
        original.due_date + cast(again.days as integer) as due_date,
        again.copied_on as posted_on,
        original.created_at + to_days(cast(again.days as integer)) + interval 1 hour as created_at
    )
from invoices as original
inner join repeated as again on original.invoice_id = again.invoice_id;

insert into invoice_lines by name
select
    original.* replace (
        original.invoice_line_id || '-OCC01' as invoice_line_id,
        again.copy_id as invoice_id,
        null as order_line_id,
        null as delivery_line_id
    )
from invoice_lines as original
inner join repeated as again on original.invoice_id = again.invoice_id;

-- The customer pays it at once, so that it is neither overdue nor a burden on his limit.
insert into receipts by name
select
    copy_id as receipt_id,
    entity_id,
    customer_id,
    copied_on as received_on,
    copied_on as posted_on,
    currency,
    gross_amount as amount,
    copy_id as reference,
    copy_id as bank_reference,
    'applied' as status
from repeated;

insert into applications by name
select
    copy_id as application_id,
    copy_id as receipt_id,
    copy_id as invoice_id,
    copied_on as applied_on,
    copied_on as posted_on,
    gross_amount as amount,
    0 as discount_amount
from repeated;

insert into gl_lines by name
with accounts as (
    select
        entity_id,
        account_kind,
        min(account) as account
    from gl_lines
    where account_kind in ('cash', 'receivable')
    group by entity_id, account_kind
)

select
    original.* replace (
        original.gl_line_id || '-OCC01' as gl_line_id,
        again.copied_on as posted_on,
        again.copy_id as source_id
    )
from gl_lines as original
inner join repeated as again on original.source_id = again.invoice_id
union all by name
select
    original.* replace (
        original.gl_line_id || '-OCC01-' || accounts.account_kind as gl_line_id,
        accounts.account as account,
        accounts.account_kind as account_kind,
        again.copied_on as posted_on,
        case accounts.account_kind when 'cash' then again.gross_amount else -again.gross_amount end as amount,
        'receipt' as source_kind,
        again.copy_id as source_id
    )
from gl_lines as original
inner join repeated as again on original.source_id = again.invoice_id
inner join accounts on original.entity_id = accounts.entity_id
where original.account_kind = 'receivable';

insert into planted by name
select
    copy_id as subject_id,
    0 as expected_amount,
    gross_amount as billed_amount,
    case kind
        when 0 then 'the same number written in another way'
        when 1 then 'the same gross on the same day'
        when 2 then 'the same content some days later'
        else 'the same gross, the number one keystroke away'
    end as what
from repeated;

insert into taken
select unnest([invoice_id, copy_id])
from repeated
