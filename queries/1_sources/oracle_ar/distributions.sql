/*---
tie_out: What the distributions post of a document, and its amounts
---*/
with lines_posted as (
    select
        *,
        row_number() over (partition by plain_value(cust_trx_line_gl_dist_id) order by _source, _row) as turn
    from ra_cust_trx_line_gl_dist_all
    where coalesce(plain_value(account_set_flag), 'N') = 'N'
),

posted as (
    select
        plain_value(customer_trx_id) as invoice_id,
        sum(case when plain_value(account_class) = 'REC' then read_money(plain_value(amount)) end) as receivable,
        sum(case when plain_value(account_class) <> 'REC' then read_money(plain_value(amount)) end) as others
    from lines_posted
    where turn = 1
    group by plain_value(customer_trx_id)
),

lines as (
    select
        invoice_id,
        sum(net_amount) + sum(coalesce(tax_amount, 0)) as gross
    from loaded_invoice_lines
    group by invoice_id
),

totals as (
    select
        invoice.entity_id,
        invoice.invoice_id,
        'receivable account' as what,
        invoice.currency,
        posted.receivable as stated,
        invoice.gross_amount as found
    from loaded_invoices as invoice
    inner join posted on invoice.invoice_id = posted.invoice_id
    union all
    select
        invoice.entity_id,
        invoice.invoice_id,
        'revenue, tax and freight accounts' as what,
        invoice.currency,
        posted.others as stated,
        lines.gross as found
    from loaded_invoices as invoice
    inner join posted on invoice.invoice_id = posted.invoice_id
    left join lines on invoice.invoice_id = lines.invoice_id
)

select
    subject,
    what,
    currency,
    sum(stated) as stated,
    sum(found) as found
from (
    select
        case when stated = found then 'all of unit ' || entity_id || ' that agree' else 'document ' || invoice_id end
            as subject,
        what,
        currency,
        stated,
        found
    from totals
    where stated is not null
) as totalled
group by subject, what, currency
