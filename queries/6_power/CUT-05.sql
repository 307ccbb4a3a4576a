/*---
control: CUT-05
plants: documents created or posted six working days after the end of their month, and later
sized: false
touches: [invoices, gl_lines]
---*/
-- Six to fifteen working days after the end of the month; a weekend at its end counts as its Friday.
create temp table late as
with dated as (
    select
        *,
        last_day(invoice_date) - cast(greatest(0, isodow(last_day(invoice_date)) - 5) as integer) as last_work_day,
        cast(6 + dice(invoice_id, 1) % 10 as integer) as working_days
    from live_invoices
),

possible as (
    select
        invoice_id,
        order_id,
        contract_id,
        currency,
        dice(invoice_id, 2) % 3 as kind,
        last_work_day + working_days
        + 2 * cast((isodow(last_work_day) - 1 + working_days) // 5 as integer) as entered_on
    from dated
    where
        invoice_id not in (select subject_id from before)
        and invoice_id not in (select id from taken)
        and customer_id not in (select id from taken)
        and coalesce(order_id not in (select id from taken), true)
        and coalesce(contract_id not in (select id from taken), true)
),

ranked as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(invoice_id, 3), invoice_id) as turn
    from possible
    where entered_on <= getvariable('as_of')
)

select *
from ranked
order by turn, dice(invoice_id, 4), invoice_id
limit getvariable('errors');

update invoices
set
    created_at = case late.kind
        when 1 then invoices.created_at
        else cast(late.entered_on as timestamp) + interval 10 hours
    end,
    posted_on = case late.kind when 0 then invoices.posted_on else late.entered_on end
from late
where invoices.invoice_id = late.invoice_id;

update gl_lines set posted_on = late.entered_on
from late
where gl_lines.source_id = late.invoice_id and late.kind > 0;

insert into planted by name
select
    invoice_id as subject_id,
    null as expected_amount,
    null as billed_amount,
    case kind
        when 0 then 'created after the close'
        when 1 then 'posted after the close'
        else 'created and posted after the close'
    end as what
from late;

insert into taken
select invoice_id
from late
