/*---
note: Activities of adjustments, and what they were taken for
---*/
with activities as (
    select
        plain_value(receivables_trx_id) as activity_id,
        min(plain_value(name)) as name
    from ar_receivables_trx_all
    group by plain_value(receivables_trx_id)
),

named as (
    select
        coalesce(
            activities.name, 'reason ' || plain_value(export.reason_code), 'without activity and reason'
        ) as subject,
        adjustment.kind
    from loaded_adjustments as adjustment
    inner join ar_adjustments_all as export on adjustment._source = export._source and adjustment._row = export._row
    left join activities on plain_value(export.receivables_trx_id) = activities.activity_id
)

select
    subject,
    string_agg(distinct replace(kind, '_', ' '), ', ' order by replace(kind, '_', ' ')) || ': '
    || cast(count(*) as varchar) as note
from named
group by subject
order by subject
