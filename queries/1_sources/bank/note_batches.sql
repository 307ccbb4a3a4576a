/*---
note: Batch bookings whose transactions do not add up to them; each is one movement
---*/
select
    movement.statement_key || '/' || movement.position as subject,
    movement.amount || ' ' || movement.currency || ', ' || cast(count(*) as varchar) || ' transactions of '
    || coalesce(cast(sum(read_money(detail.amount)) as varchar), 'no amount') as note
from movements as movement
inner join details as detail
    on
        movement._source = detail._source
        and movement._row = cast(detail.movement as bigint)
group by movement._source, movement._row, movement.statement_key, movement.position, movement.amount, movement.currency
having
    count(*) > 1
    and (
        count(read_money(detail.amount)) <> count(*)
        or sum(read_money(detail.amount)) <> read_money(movement.amount)
    )
order by subject
