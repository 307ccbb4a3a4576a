with moved as (
    select padded('BR', receipt, 12) as bank_line_id, entity_no, day, amount, customer_no, padded('BANK-', receipt, 12) as reference
    from receipt
    union all
    select padded('BV', receipt, 12), entity_no, day, -amount, customer_no, padded('RETURN-', receipt, 12)
    from receipt
    where status = 'reversed'
    union all
    select padded('BF', adjustment.doc, 12), adjustment.entity_no, adjustment.day, -adjustment.amount, bill.customer_no,
        padded('REFUND-', adjustment.doc, 11)
    from adjustment
    inner join bill on adjustment.doc = bill.doc
    where adjustment.kind = 'refund'
    union all
    select padded('BS', settlement, 12), entity_no, period_to + 2, fees - gross, null, padded('SETTLE-', settlement, 6)
    from settlement_head
)

select
    moved.bank_line_id,
    entity.entity_id,
    'ACCOUNT-' || entity.currency as account,
    on_day(moved.day) as booked_on,
    entity.currency,
    money(moved.amount) as amount,
    named.name as counterparty,
    moved.reference
from moved
inner join entity on moved.entity_no = entity.entity_no
left join customer_name as named on moved.customer_no = named.customer_no
order by moved.bank_line_id
