-- A receipt is applied when all of it is.
update receipt set status = case when used.amount >= receipt.amount then 'applied' else 'unapplied' end
from (
    select
        receipt.receipt,
        coalesce(sum(application.amount), 0) as amount
    from receipt
    left join application on receipt.receipt = application.receipt
    group by receipt.receipt
) as used
where receipt.receipt = used.receipt and receipt.status is null;
