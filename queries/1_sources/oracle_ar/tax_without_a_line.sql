/*---
note: Tax that hangs on no line of its document; it is a line of its own
---*/
select
    plain_value(tax.customer_trx_line_id) as subject,
    coalesce(tax.extended_amount, 'nothing') || ' on document '
    || coalesce(plain_value(tax.customer_trx_id), 'none') as note
from ra_customer_trx_lines_all as tax
left join ra_customer_trx_lines_all as line
    on
        plain_value(tax.link_to_cust_trx_line_id) = plain_value(line.customer_trx_line_id)
        and plain_value(tax.customer_trx_id) = plain_value(line.customer_trx_id)
        and plain_value(line.line_type) is distinct from 'TAX'
where plain_value(tax.line_type) = 'TAX' and line.customer_trx_line_id is null
order by subject
