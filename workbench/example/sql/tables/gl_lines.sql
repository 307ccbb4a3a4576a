with documents as (
    select
        bill.doc as key,
        'GI' as prefix,
        part.part,
        bill.entity_no,
        bill.customer_no,
        bill.day,
        bill.created_by as entered_by,
        bill.approved_by,
        'invoice' as source_kind,
        invoice_key(bill.doc) as source_id,
        part.account_kind,
        case part.part
            when 1 then bill.gross
            when 2 then -bill.net
            when 3 then -bill.tax
            else bill.net + bill.tax - bill.gross
        end as amount
    from bill
    cross join (values (1, 'receivable'), (2, 'deferred_revenue'), (3, 'tax'), (4, 'other')) as part (part, account_kind)
    where bill.status = 'issued'
),

money_in as (
    select
        receipt.receipt as key,
        'GR' as prefix,
        part.part,
        receipt.entity_no,
        receipt.customer_no,
        receipt.day,
        'U-SYSTEM' as entered_by,
        cast(null as varchar) as approved_by,
        'receipt' as source_kind,
        receipt_key(receipt.receipt) as source_id,
        part.account_kind,
        case part.part when 1 then receipt.amount else -receipt.amount end as amount
    from receipt
    cross join (values (1, 'cash'), (2, 'receivable')) as part (part, account_kind)
    where receipt.status <> 'reversed'
),

discounts as (
    select
        application.application as key,
        'GD' as prefix,
        part.part,
        bill.entity_no,
        bill.customer_no,
        application.day,
        'U-SYSTEM' as entered_by,
        cast(null as varchar) as approved_by,
        'application' as source_kind,
        padded('A', application.application, 10) as source_id,
        part.account_kind,
        case part.part when 1 then application.discount else -application.discount end as amount
    from application
    inner join bill on application.doc = bill.doc
    cross join (values (1, 'other'), (2, 'receivable')) as part (part, account_kind)
    where application.discount > 0
),

changes as (
    select
        adjustment.doc as key,
        'GJ' as prefix,
        part.part,
        adjustment.entity_no,
        bill.customer_no,
        adjustment.day,
        adjustment.created_by as entered_by,
        adjustment.approved_by,
        'adjustment' as source_kind,
        padded('J', adjustment.doc, 11) as source_id,
        case
            when part.part = 1 then 'receivable'
            when adjustment.kind = 'write_off' then 'bad_debt'
            when adjustment.kind = 'refund' then 'cash'
            else 'other'
        end as account_kind,
        case part.part when 1 then adjustment.amount else -adjustment.amount end as amount
    from adjustment
    inner join bill on adjustment.doc = bill.doc
    cross join (values (1), (2)) as part (part)
),

recognised as (
    select
        earned.entity_no * 1000 + earned.month_no as key,
        'GM' as prefix,
        part.part,
        earned.entity_no,
        cast(null as bigint) as customer_no,
        closing.day + closing.days_in_month - 1 as day,
        'U-SYSTEM' as entered_by,
        cast(null as varchar) as approved_by,
        'revenue' as source_kind,
        strftime(closing.date, '%Y-%m') as source_id,
        part.account_kind,
        cast(part.sign * sum(earned.amount) as bigint) as amount
    from earned
    inner join calendar as closing on earned.month_no = closing.month_no and closing.day_of_month = 1
    cross join (values (1, 'deferred_revenue', 1), (2, 'revenue', -1)) as part (part, account_kind, sign)
    group by earned.entity_no, earned.month_no, part.part, part.account_kind, part.sign, closing.day, closing.days_in_month, closing.date
),

posted as (
    select * from documents
    union all
    select * from money_in
    union all
    select * from discounts
    union all
    select * from changes
    union all
    select * from recognised
)

select
    padded(posted.prefix, posted.key, 12) || '-' || cast(posted.part as varchar) as gl_line_id,
    entity.entity_id,
    case posted.account_kind
        when 'receivable' then '1200'
        when 'cash' then '1000'
        when 'tax' then '2200'
        when 'deferred_revenue' then '2400'
        when 'revenue' then '4000'
        when 'bad_debt' then '6100'
        else '6900'
    end as account,
    posted.account_kind,
    on_day(posted.day) as posted_on,
    at_second(posted.day, 70000) as entered_at,
    posted.entered_by,
    posted.approved_by,
    entity.currency,
    money(posted.amount) as amount,
    posted.source_kind,
    posted.source_id,
    customer_key(posted.customer_no) as customer_id
from posted
inner join entity on posted.entity_no = entity.entity_no
where posted.amount <> 0
order by posted.prefix, posted.key, posted.part
