-- What a wrong line moves with it: its document, what was paid for it, and the ledger. Reads the recipe's table wrong.
update invoice_lines
set
    quantity = wrong.quantity,
    unit_price = wrong.unit_price,
    discount_amount = wrong.discount_amount,
    net_amount = wrong.net_amount,
    tax_rate = wrong.tax_rate,
    tax_amount = invoice_lines.tax_amount + wrong.tax_off
from wrong
where invoice_lines.invoice_line_id = wrong.invoice_line_id;

update invoices
set
    net_amount = invoices.net_amount + wrong.net_off,
    tax_amount = invoices.tax_amount + wrong.tax_off,
    gross_amount = invoices.gross_amount + wrong.net_off + wrong.tax_off
from wrong
where invoices.invoice_id = wrong.invoice_id;

update applications set amount = applications.amount + wrong.net_off + wrong.tax_off
from wrong
where applications.invoice_id = wrong.invoice_id;

update receipts set amount = receipts.amount + wrong.net_off + wrong.tax_off
from wrong
where receipts.receipt_id = wrong.receipt_id;

update gl_lines set
    amount = gl_lines.amount + case gl_lines.account_kind
        when 'receivable' then wrong.net_off + wrong.tax_off
        when 'tax' then -wrong.tax_off
        else -wrong.net_off
    end
from wrong
where
    gl_lines.source_kind = 'invoice'
    and gl_lines.source_id = wrong.invoice_id
    and gl_lines.account_kind in ('receivable', 'tax', 'revenue', 'deferred_revenue');

update gl_lines
set
    amount
    = gl_lines.amount + (wrong.net_off + wrong.tax_off) * case gl_lines.account_kind when 'cash' then 1 else -1 end
from wrong
where
    gl_lines.source_kind = 'receipt'
    and gl_lines.source_id = wrong.receipt_id
    and gl_lines.account_kind in ('receivable', 'cash');

insert into planted
select
    wrong.invoice_line_id,
    wrong.expected_amount,
    wrong.billed_amount,
    wrong.what
from wrong;

insert into taken
select
    unnest(
        [
            wrong.invoice_id,
            wrong.order_id,
            wrong.order_line_id,
            wrong.contract_id,
            wrong.contract_line_id,
            wrong.receipt_id
        ]
    )
from wrong;

delete from taken
where taken.id is null
