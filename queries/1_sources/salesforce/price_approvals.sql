/*---
table: price_approvals
what: >
  One quote line below its list price each, by its 18-character id; deleted lines and quotes are left out. The price is
  the net price, for the whole term in CPQ, as the order line takes it over. Whether it was approved says the quote's
  approval status, else what its approvals agree on, else its status; words that are none of an approval are kept. Who
  approved it and when is known from Advanced Approvals or an approval process; the order line is one that names the
  quote line, and where there is none the approval holds until the quote expires.
rows_of: quote_line
---*/
with
-- The oldest of the accounts that share a number has it; the others go by their id.
accounts as (
    select
        substr(plain_value(id), 1, 15) as account_key,
        plain_value(id) as id,
        plain_value(accountnumber) as number,
        first_value(substr(plain_value(id), 1, 15)) over (
            partition by plain_value(accountnumber)
            order by read_time(plain_value(createddate)) nulls last, substr(plain_value(id), 1, 15)
        ) as first_key,
        plain_value(entity) as entity_id
    from account
    where not coalesce(read_bool(plain_value(isdeleted)), false)
),

customer_keys as (
    select
        account_key,
        coalesce(
            min(case when first_key = account_key then number end),
            min(id || coalesce(
                array_to_string(
                    list_transform(
                        case when regexp_full_match(id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                        lambda place: substr(
                            'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                            1 + cast(
                                '0b' || reverse(
                                    regexp_replace(
                                        regexp_replace(substr(id, place, 5), '[^A-Z]', '0', 'g'),
                                        '[A-Z]',
                                        '1',
                                        'g'
                                    )
                                ) as integer
                            ),
                            1
                        )
                    ),
                    ''
                ),
                ''
            ))
        ) as customer_id,
        min(entity_id) as entity_id
    from accounts
    group by account_key
),

-- The oldest of the products that share a code has it; the others go by their id.
coded as (
    select
        substr(plain_value(id), 1, 15) as product_key,
        plain_value(id) as id,
        plain_value(productcode) as code,
        first_value(substr(plain_value(id), 1, 15)) over (
            partition by plain_value(productcode)
            order by read_time(plain_value(createddate)) nulls last, substr(plain_value(id), 1, 15)
        ) as first_key,
        plain_value(sbqq__subscriptionterm__c) as term
    from product
    where not coalesce(read_bool(plain_value(isdeleted)), false)
),

product_keys as (
    select
        product_key,
        coalesce(
            min(case when first_key = product_key then code end),
            min(id || coalesce(
                array_to_string(
                    list_transform(
                        case when regexp_full_match(id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                        lambda place: substr(
                            'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                            1 + cast(
                                '0b' || reverse(
                                    regexp_replace(
                                        regexp_replace(substr(id, place, 5), '[^A-Z]', '0', 'g'),
                                        '[A-Z]',
                                        '1',
                                        'g'
                                    )
                                ) as integer
                            ),
                            1
                        )
                    ),
                    ''
                ),
                ''
            ))
        ) as product_id,
        min(term) as term
    from coded
    group by product_key
),

-- Quote lines below their list price (a net price of CPQ is for the term that its multiplier says), and those whose
-- price cannot be read.
discounted as (
    select
        substr(plain_value(id), 1, 15) as line_key,
        plain_value(id) as own_line_id,
        _source,
        _row
    from quote_line
    where
        not coalesce(read_bool(plain_value(isdeleted)), false)
        and (
            try_cast(plain_value(discount) as decimal(18, 6)) <> 0
            or try_cast(plain_value(discount_amount) as decimal(18, 6)) <> 0
            or try_cast(plain_value(net_price) as decimal(30, 8))
            < try_cast(plain_value(list_price) as decimal(20, 8))
            * coalesce(try_cast(plain_value(multiplier) as decimal(12, 6)), 1)
            or (plain_value(net_price) is not null and read_price(plain_value(net_price)) is null)
        )
),

quotes as (
    select
        substr(plain_value(id), 1, 15) as quote_key,
        min(plain_value(account)) as account_id,
        min(plain_value(approval_status)) as approval_status,
        min(plain_value(status)) as status,
        min(coalesce(plain_value(sales_rep), plain_value(ownerid))) as requested_by,
        min(plain_value(valid_to)) as valid_to,
        min(case when read_bool(plain_value(isdeleted)) then 1 else 0 end) as is_deleted
    from quote
    group by substr(plain_value(id), 1, 15)
),

-- A quote that is submitted again goes through another process: the one that is not decided yet, else the latest.
processes as (
    select
        substr(plain_value(targetobjectid), 1, 15) as quote_key,
        lower(plain_value(status)) as status,
        plain_value(lastactorid) as approved_by,
        plain_value(completeddate) as decided_at,
        coalesce(plain_value(submittedbyid), plain_value(createdbyid)) as requested_by,
        row_number() over (
            partition by substr(plain_value(targetobjectid), 1, 15)
            order by
                read_time(plain_value(completeddate)) desc nulls first,
                substr(plain_value(id), 1, 15) desc
        ) as turn
    from approval_process
    where not coalesce(read_bool(plain_value(isdeleted)), false)
),

decisions as (
    select
        substr(plain_value(quote_id), 1, 15) as quote_key,
        lower(plain_value(sbaa__status__c)) as status,
        plain_value(sbaa__approvedby__c) as approved_by,
        coalesce(plain_value(approved_on), plain_value(lastmodifieddate)) as decided_at,
        plain_value(createdbyid) as requested_by
    from approval
    where
        not coalesce(read_bool(plain_value(isdeleted)), false)
        and not coalesce(read_bool(plain_value(sbaa__archived__c)), false)
    union all
    select
        quote_key,
        status,
        approved_by,
        decided_at,
        requested_by
    from processes
    where turn = 1
),

-- What is not decided weighs more than a rejection, and that more than an approval: all of a quote's have to agree.
latest as (
    select
        *,
        row_number() over (
            partition by quote_key
            order by
                case status
                    when 'requested' then 1
                    when 'assigned' then 1
                    when 'pending' then 1
                    when 'rejected' then 2
                    when 'approved' then 3
                    else 4
                end asc,
                read_time(decided_at) desc nulls last,
                approved_by asc
        ) as turn
    from decisions
    where quote_key is not null
),

ordered as (
    select
        substr(coalesce(plain_value(sbqq__quoteline__c), plain_value(quotelineitemid)), 1, 15) as line_key,
        min(plain_value(id)) as order_line_id
    from order_item
    where not coalesce(read_bool(plain_value(isdeleted)), false)
    group by substr(coalesce(plain_value(sbqq__quoteline__c), plain_value(quotelineitemid)), 1, 15)
),

lines as (
    select
        quote_line.*,
        plain_value(quote_line.id) as own_id,
        plain_value(quote_line.product) as own_product_id,
        quotes.account_id,
        coalesce(latest.requested_by, quotes.requested_by) as requester_id,
        case when latest.status = 'approved' then latest.approved_by end as approver_id,
        case when latest.status = 'approved' then latest.decided_at end as approved_at,
        lower(coalesce(quotes.approval_status, latest.status, quotes.status)) as word,
        quotes.valid_to,
        ordered.order_line_id
    from quote_line
    inner join discounted on quote_line._source = discounted._source and quote_line._row = discounted._row
    left join quotes on substr(plain_value(quote_line.quote_id), 1, 15) = quotes.quote_key
    left join latest on quotes.quote_key = latest.quote_key and latest.turn = 1
    left join ordered on substr(plain_value(quote_line.id), 1, 15) = ordered.line_key
    where
        not coalesce(read_bool(plain_value(quote_line.isdeleted)), false)
        and coalesce(quotes.is_deleted, 0) = 0
)

select
    lines.own_id || coalesce(
        array_to_string(
            list_transform(
                case when regexp_full_match(lines.own_id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                lambda place: substr(
                    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                    1 + cast(
                        '0b' || reverse(
                            regexp_replace(
                                regexp_replace(substr(lines.own_id, place, 5), '[^A-Z]', '0', 'g'),
                                '[A-Z]',
                                '1',
                                'g'
                            )
                        ) as integer
                    ),
                    1
                )
            ),
            ''
        ),
        ''
    ) as price_approval_id,
    coalesce(customer_keys.customer_id, lines.account_id) as customer_id,
    coalesce(product_keys.product_id, lines.own_product_id) as product_id,
    lines.order_line_id || coalesce(
        array_to_string(
            list_transform(
                case when regexp_full_match(lines.order_line_id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                lambda place: substr(
                    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                    1 + cast(
                        '0b' || reverse(
                            regexp_replace(
                                regexp_replace(substr(lines.order_line_id, place, 5), '[^A-Z]', '0', 'g'),
                                '[A-Z]',
                                '1',
                                'g'
                            )
                        ) as integer
                    ),
                    1
                )
            ),
            ''
        ),
        ''
    ) as order_line_id,
    plain_value(lines.net_price) as unit_price,
    lines.requester_id || coalesce(
        array_to_string(
            list_transform(
                case when regexp_full_match(lines.requester_id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                lambda place: substr(
                    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                    1 + cast(
                        '0b' || reverse(
                            regexp_replace(
                                regexp_replace(substr(lines.requester_id, place, 5), '[^A-Z]', '0', 'g'),
                                '[A-Z]',
                                '1',
                                'g'
                            )
                        ) as integer
                    ),
                    1
                )
            ),
            ''
        ),
        ''
    ) as requested_by,
    lines.approver_id || coalesce(
        array_to_string(
            list_transform(
                case when regexp_full_match(lines.approver_id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                lambda place: substr(
                    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                    1 + cast(
                        '0b' || reverse(
                            regexp_replace(
                                regexp_replace(substr(lines.approver_id, place, 5), '[^A-Z]', '0', 'g'),
                                '[A-Z]',
                                '1',
                                'g'
                            )
                        ) as integer
                    ),
                    1
                )
            ),
            ''
        ),
        ''
    ) as approved_by,
    coalesce(cast(cast(read_time(lines.approved_at) as date) as varchar), lines.approved_at) as approved_on,
    case
        when lines.order_line_id is null
            then
                coalesce(
                    cast(cast(read_date(lines.valid_to) + interval 1 day as date) as varchar), lines.valid_to
                )
    end as valid_to,
    case
        when lines.word = 'approved' then 'approved'
        when lines.word in ('rejected', 'denied', 'recalled', 'removed') then 'rejected'
        when
            lines.word is null
            or lines.word in (
                'draft', 'needs review', 'in review', 'pending', 'requested', 'assigned', 'started', 'submitted'
            )
            then 'requested'
        else lines.word
    end as status,
    lines._source,
    lines._row
from lines
left join customer_keys on substr(lines.account_id, 1, 15) = customer_keys.account_key
left join product_keys on substr(lines.own_product_id, 1, 15) = product_keys.product_key
order by lines._source, lines._row
