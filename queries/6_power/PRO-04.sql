/*---
control: PRO-04
plants: paid invoices written by hand for what the system billed too, by period or by order
sized: false
touches: [invoices, invoice_lines, receipts, applications, gl_lines]
---*/
-- For a service another amount and no link to the charge, for goods the line of the order once more and no link to
-- its delivery, so that neither price nor quantity is another control's. The customer paid it, so it is not overdue.
create temporary table documents as
with credited as (
    select distinct original_invoice_id as invoice_id
    from invoices
    where kind = 'credit_memo' and original_invoice_id is not null
)

select
    document.invoice_id,
    document.entity_id,
    document.customer_id,
    document.currency,
    document.gross_amount,
    document.order_id,
    document.invoice_date,
    document.due_date,
    document.period_from
from live_invoices as document
left join credited on document.invoice_id = credited.invoice_id
where
    document.kind = 'invoice'
    and coalesce(document.origin, 'system') <> 'manual'
    and document.invoice_date <= getvariable('as_of')
    and document.due_date is not null
    and credited.invoice_id is null
    and document.invoice_id not in (select subject_id from before)
    and document.invoice_id not in (select id from taken)
    and document.customer_id not in (select id from taken);

-- What can be billed again by hand, in few columns: there are millions.
create temporary table possible as
with things as (
    select
        product_id,
        bool_or(coalesce(is_offline, false)) as is_offline
    from products
    group by product_id
),

listed as (
    select distinct product_id from price_list
),

approved as (
    select distinct
        customer_id,
        product_id
    from price_approvals
),

terms as (
    select
        customer_id,
        min(payment_terms_days) as payment_terms_days
    from customers
    group by customer_id
),

services as (
    select
        1 + dice(line.invoice_line_id, 1) % 2 as kind,
        line.invoice_line_id,
        document.customer_id,
        document.currency,
        case
            when dice(line.invoice_line_id, 1) % 2 = 0 then document.due_date
            else document.invoice_date + cast(terms.payment_terms_days as integer)
        end as due_date,
        1 as quantity,
        round_money(line.net_amount * 0.5, document.currency) as unit_price,
        line.tax_rate
    from documents as document
    inner join invoice_lines as line on document.invoice_id = line.invoice_id
    inner join contract_lines as charge on line.contract_line_id = charge.contract_line_id
    inner join terms on document.customer_id = terms.customer_id
    left join things on line.product_id = things.product_id
    left join listed on line.product_id = listed.product_id
    where
        line.period_from < line.period_to
        and line.net_amount > 10 * minor_unit(document.currency)
        and listed.product_id is null
        and not coalesce(things.is_offline, false)
        and terms.payment_terms_days is not null
),

goods as (
    select
        3 as kind,
        line.invoice_line_id,
        document.customer_id,
        document.currency,
        document.due_date,
        line.quantity,
        line.unit_price,
        line.tax_rate
    from documents as document
    inner join invoice_lines as line on document.invoice_id = line.invoice_id
    inner join order_lines as ordered
        on
            line.order_line_id = ordered.order_line_id
            and document.order_id = ordered.order_id
            and line.quantity = ordered.quantity
    inner join orders as purchase on document.order_id = purchase.order_id
    left join things on line.product_id = things.product_id
    left join approved on document.customer_id = approved.customer_id and line.product_id = approved.product_id
    where
        line.period_from is null
        and document.period_from is null
        and purchase.contract_id is null
        and line.contract_line_id is null
        and line.voucher_id is null
        and coalesce(line.discount_amount, 0) = 0
        and line.net_amount > 0
        and round_money(line.unit_price, document.currency) = line.unit_price
        and approved.customer_id is null
        and not coalesce(things.is_offline, false)
        and document.order_id not in (select id from taken)
        and document.invoice_id in (
            select several.invoice_id
            from invoice_lines as several
            group by several.invoice_id
            having count(*) > 1
        )
)

select * from services
union all
select * from goods;

create temporary table chosen as
with amounts as (
    select
        *,
        round_money(times_price(quantity, unit_price), currency) as net_amount,
        round_money(
            times_rate(round_money(times_price(quantity, unit_price), currency), coalesce(tax_rate, 0)), currency
        ) as tax_amount
    from possible
),

-- One for a customer, with a gross that none of his other documents has.
strange as (
    select
        amounts.*,
        amounts.net_amount + amounts.tax_amount as gross_amount
    from amounts
    left join documents as twin
        on
            amounts.customer_id = twin.customer_id
            and amounts.currency = twin.currency
            and amounts.net_amount + amounts.tax_amount = twin.gross_amount
    where twin.invoice_id is null and amounts.due_date is not null
    qualify
        row_number() over (
            partition by amounts.customer_id
            order by dice(amounts.kind // 3 || amounts.customer_id, 2), dice(amounts.invoice_line_id, 3)
        ) = 1
),

spread as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(invoice_line_id, 4), invoice_line_id) as turn
    from strange
),

first_ones as (
    select *
    from spread
    order by turn, dice(kind || currency, 5), kind, currency
    limit getvariable('errors')
)

select
    picked.kind,
    line.invoice_id,
    picked.invoice_line_id,
    document.entity_id,
    picked.customer_id,
    picked.currency,
    case when picked.kind = 1 then charge.contract_id end as contract_id,
    case when picked.kind = 3 then document.order_id end as order_id,
    document.invoice_date,
    picked.due_date,
    line.product_id,
    line.description,
    picked.quantity,
    picked.unit_price,
    line.tax_code,
    picked.tax_rate,
    case picked.kind when 1 then line.period_from when 2 then line.period_to - 1 end as period_from,
    case picked.kind when 1 then line.period_to when 2 then add_months_to(line.period_to, 1) end as period_to,
    picked.net_amount,
    picked.tax_amount,
    picked.gross_amount,
    picked.invoice_line_id || '-PRO-04' as manual_id,
    least(greatest(document.invoice_date, picked.due_date), getvariable('as_of')) as paid_on
from first_ones as picked
inner join invoice_lines as line on picked.invoice_line_id = line.invoice_line_id
inner join documents as document on line.invoice_id = document.invoice_id
left join contract_lines as charge on line.contract_line_id = charge.contract_line_id;

insert into invoices by name
select
    system.* replace (
        chosen.manual_id as invoice_id,
        'MANUAL ' || chosen.manual_id as invoice_number,
        null as series,
        chosen.contract_id as contract_id,
        chosen.order_id as order_id,
        null as purchase_order,
        chosen.due_date as due_date,
        chosen.invoice_date as posted_on,
        null as period_from,
        null as period_to,
        chosen.net_amount as net_amount,
        chosen.tax_amount as tax_amount,
        chosen.gross_amount as gross_amount,
        'manual' as origin,
        cast(chosen.invoice_date as timestamp) as created_at
    )
from invoices as system
inner join chosen on system.invoice_id = chosen.invoice_id;

insert into invoice_lines by name
select
    manual_id as invoice_line_id,
    manual_id as invoice_id,
    1 as line_number,
    product_id,
    description,
    quantity,
    unit_price,
    0 as discount_amount,
    net_amount,
    tax_code,
    tax_rate,
    tax_amount,
    period_from,
    period_to
from chosen;

insert into receipts by name
select
    manual_id as receipt_id,
    entity_id,
    customer_id,
    paid_on as received_on,
    paid_on as posted_on,
    currency,
    gross_amount as amount,
    'for ' || manual_id as reference,
    'bank ' || manual_id as bank_reference,
    'applied' as status
from chosen;

insert into applications by name
select
    manual_id as application_id,
    manual_id as receipt_id,
    manual_id as invoice_id,
    paid_on as applied_on,
    paid_on as posted_on,
    gross_amount as amount,
    0 as discount_amount
from chosen;

insert into gl_lines by name
with account as (
    select
        entity_id,
        account_kind,
        min(account) as account
    from gl_lines
    where account_kind in ('receivable', 'revenue', 'tax', 'cash')
    group by entity_id, account_kind
),

posting as (
    select
        chosen.*,
        'invoice' as source_kind,
        chosen.invoice_date as posted_on,
        side.account_kind,
        case side.account_kind
            when 'receivable' then chosen.gross_amount
            when 'revenue' then -chosen.net_amount
            else -chosen.tax_amount
        end as amount
    from chosen
    cross join (values ('receivable'), ('revenue'), ('tax')) as side (account_kind)
    union all
    select
        chosen.*,
        'receipt' as source_kind,
        chosen.paid_on as posted_on,
        side.account_kind,
        case side.account_kind when 'cash' then chosen.gross_amount else -chosen.gross_amount end as amount
    from chosen
    cross join (values ('receivable'), ('cash')) as side (account_kind)
)

select
    posting.manual_id || '-' || posting.source_kind || '-' || posting.account_kind as gl_line_id,
    posting.entity_id,
    account.account,
    posting.account_kind,
    posting.posted_on,
    posting.currency,
    posting.amount,
    posting.source_kind,
    posting.manual_id as source_id,
    posting.customer_id
from posting
inner join account on posting.entity_id = account.entity_id and posting.account_kind = account.account_kind
where posting.amount <> 0;

insert into planted
select
    manual_id as subject_id,
    0 as expected_amount,
    gross_amount as billed_amount,
    case kind
        when 1 then 'for the same contract and period'
        when 2 then 'for a period that begins on the last day of the billed one'
        else 'for the same order'
    end as what
from chosen;

insert into taken
select manual_id from chosen
union
select invoice_id from chosen
union
select order_id from chosen
where order_id is not null;
