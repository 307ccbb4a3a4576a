/*---
tie_out: Batch bookings and the transactions told of them
---*/
with told as (
    select
        _source,
        cast(movement as bigint) as movement_row,
        count(*) as transactions,
        abs(sum(read_money(amount))) as total,
        count(*) - count(read_money(amount)) as without_amount
    from details
    group by _source, movement
)

select
    movement.statement_key || '/' || movement.position as subject,
    'transactions' as what,
    null as currency,
    read_money(movement.batch_count) as stated,
    cast(told.transactions as decimal(18, 4)) as found
from movements as movement
inner join told on movement._source = told._source and movement._row = told.movement_row
where read_money(movement.batch_count) is not null
union all
select
    movement.statement_key || '/' || movement.position as subject,
    'sum of transactions' as what,
    movement.currency,
    read_money(movement.batch_sum) as stated,
    told.total as found
from movements as movement
inner join told on movement._source = told._source and movement._row = told.movement_row
where
    read_money(movement.batch_sum) is not null
    and told.without_amount = 0
