select
    receipt_key(receipt.receipt) as receipt_id,
    entity.entity_id,
    customer_key(receipt.customer_no) as customer_id,
    on_day(receipt.day) as received_on,
    on_day(receipt.day) as posted_on,
    entity.currency,
    money(receipt.amount) as amount,
    ['transfer', 'transfer', 'cheque', 'card'][1 + mix(receipt.receipt, 816) % 4] as method,
    padded('REF-', receipt.receipt, 12) as reference,
    padded('BANK-', receipt.receipt, 12) as bank_reference,
    receipt.status
from receipt
inner join entity on receipt.entity_no = entity.entity_no
order by receipt.receipt
