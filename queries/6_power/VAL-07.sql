/*---
control: VAL-07
plants: customers who are long overdue and still supplied, and suspended ones with nothing overdue
sized: false
touches: [customers, receipts, applications, gl_lines]
---*/
create temporary table debts as
with moved as (
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
)

select
    invoice.invoice_id,
    invoice.customer_id,
    invoice.entity_id,
    invoice.currency,
    invoice.due_date,
    invoice.gross_amount + coalesce(moved.amount, 0) as open_amount
from live_invoices as invoice
left join moved on invoice.invoice_id = moved.invoice_id
where invoice.kind <> 'credit_memo' and invoice.invoice_date <= getvariable('as_of');

-- Receipts that paid one invoice and nothing else.
create temporary table spent as
with applied as (
    select
        receipt_id,
        min(invoice_id) as invoice_id,
        sum(amount) as amount
    from applications
    where receipt_id is not null
    group by receipt_id
    having count(*) = 1 and sum(coalesce(discount_amount, 0)) = 0
)

select
    applied.invoice_id,
    receipt.receipt_id,
    receipt.entity_id,
    receipt.customer_id,
    receipt.currency,
    receipt.amount,
    coalesce(receipt.posted_on, receipt.received_on) as posted_on
from applied
inner join receipts as receipt on applied.receipt_id = receipt.receipt_id and applied.amount = receipt.amount
where receipt.status <> 'reversed' and receipt.receipt_id not in (select id from taken);

-- A payment bounces, and the invoice is open since; the limit of the customer must be wide enough for it.
create temporary table chosen as
with policy as (
    select
        currency,
        min(days_overdue) as days_overdue
    from dunning_stages
    where action in ('suspend', 'collect')
    group by currency
),

balances as (
    select
        customer_id,
        sum(greatest(0, open_amount)) as open_amount,
        bool_or(open_amount > 0 and due_date < getvariable('as_of')) as is_overdue
    from debts
    group by customer_id
),

-- More than what can be ordered and not billed yet.
ordered as (
    select
        purchase.customer_id,
        sum(abs(times_price(line.quantity, line.unit_price))) as amount
    from orders as purchase
    inner join order_lines as line on purchase.order_id = line.order_id
    where purchase.status in ('open', 'shipped') or purchase.order_date > getvariable('as_of') - 120
    group by purchase.customer_id
),

disputed as (
    select distinct invoice_id from cases
    where status in ('open', 'pending')
    union
    select distinct invoice_id from promises
),

bad_debt as (
    select distinct invoice_id
    from adjustments
    where kind = 'write_off'
),

accounts as (
    select
        customer.customer_id,
        min(customer.status) as status,
        min(customer.currency) as currency,
        min(customer.credit_limit) as credit_limit
    from customers as customer
    where
        customer.customer_id not in (select subject_id from before)
        and customer.customer_id not in (select id from taken)
    group by customer.customer_id
    having count(*) = 1
),

paid as (
    select
        1 as kind,
        invoice.customer_id,
        invoice.entity_id,
        invoice.currency,
        invoice.invoice_id,
        receipt.receipt_id,
        receipt.amount,
        receipt.posted_on
    from spent as receipt
    inner join debts as invoice
        on
            receipt.invoice_id = invoice.invoice_id
            and receipt.customer_id = invoice.customer_id
            and receipt.entity_id = invoice.entity_id
            and receipt.currency = invoice.currency
    inner join accounts as account on invoice.customer_id = account.customer_id and account.status = 'active'
    inner join balances on invoice.customer_id = balances.customer_id
    inner join policy
        on
            invoice.currency = policy.currency
            and days_between(invoice.due_date, getvariable('as_of')) >= policy.days_overdue
    inner join dunning_stages as stage
        on
            policy.currency = stage.currency
            and policy.days_overdue = stage.days_overdue
            and receipt.amount >= stage.min_amount
            and stage.action in ('suspend', 'collect')
    left join ordered on invoice.customer_id = ordered.customer_id
    left join disputed on invoice.invoice_id = disputed.invoice_id
    left join bad_debt on invoice.invoice_id = bad_debt.invoice_id
    where
        invoice.open_amount = 0
        and disputed.invoice_id is null
        and bad_debt.invoice_id is null
        and coalesce(
            balances.open_amount + coalesce(ordered.amount, 0) + receipt.amount <= account.credit_limit, true
        )
        and invoice.invoice_id not in (select id from taken)
),

quiet as (
    select
        2 as kind,
        account.customer_id,
        account.currency
    from accounts as account
    left join balances on account.customer_id = balances.customer_id
    where account.status = 'active' and not coalesce(balances.is_overdue, false)
),

possible as (
    select * from paid
    union all by name
    select * from quiet
),

once as (
    select *
    from possible
    qualify
        row_number() over (
            partition by customer_id
            order by dice(customer_id || kind, 1), dice(invoice_id, 2), invoice_id, receipt_id
        ) = 1
),

spread as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(customer_id, 3), customer_id) as turn
    from once
)

select *
from spread
order by turn, dice(kind || currency, 4), kind, currency
limit getvariable('errors');

update customers
set status = 'suspended'
from chosen
where customers.customer_id = chosen.customer_id and chosen.kind = 2;

update receipts
set status = 'reversed'
from chosen
where receipts.receipt_id = chosen.receipt_id;

delete from applications
where receipt_id in (select chosen.receipt_id from chosen);

insert into gl_lines by name
with account as (
    select
        entity_id,
        account_kind,
        min(account) as account
    from gl_lines
    where account_kind in ('receivable', 'cash')
    group by entity_id, account_kind
)

select
    chosen.receipt_id || '-VAL-07-' || account.account_kind as gl_line_id,
    chosen.entity_id,
    account.account,
    account.account_kind,
    chosen.posted_on,
    chosen.currency,
    case account.account_kind when 'receivable' then chosen.amount else -chosen.amount end as amount,
    'receipt' as source_kind,
    chosen.receipt_id as source_id,
    chosen.customer_id
from chosen
inner join account on chosen.entity_id = account.entity_id
where chosen.kind = 1;

insert into planted
select
    customer_id as subject_id,
    null as expected_amount,
    null as billed_amount,
    case kind when 1 then 'long overdue and not suspended' else 'suspended with nothing overdue' end as what
from chosen;

insert into taken
select customer_id from chosen
union
select invoice_id from chosen
where invoice_id is not null
union
select receipt_id from chosen
where receipt_id is not null;
