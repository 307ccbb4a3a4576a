/*---
note: Clearings of several debits by several credits, whose applications are laid out by amount
---*/
with written as (
    select
        case
            when
                sum(
                    case
                        when number_with_comma(number) is null and number_with_point(number) is not null then -weight
                        when number_with_point(number) is null and number_with_comma(number) is not null then weight
                    end
                ) > 0
                then ','
            else '.'
        end as decimal_sign
    from (
        select
            wrbtr as number,
            1000000000 as weight
        from bsid_bsad
        union all
        select
            dmbtr as number,
            1000000000 as weight
        from bsid_bsad
        union all
        select
            wskto as number,
            1000000000 as weight
        from bsid_bsad
        union all
        select
            netwr as number,
            1 as weight
        from vbrk
        union all
        select
            kurrf as number,
            1 as weight
        from vbrk
        union all
        select
            netwr as number,
            1 as weight
        from vbrp
        union all
        select
            kursk as number,
            1 as weight
        from vbrp
    ) as numbers
),

billing as (
    select
        regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1') as invoice_id,
        plain_value(bukrs) || '/' || regexp_replace(plain_value(belnr), '^0+([0-9]+)$', '\1')
        || '/' || plain_value(gjahr) as posting_id,
        row_number() over (
            partition by regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1') order by _source, _row
        ) as turn
    from vbrk
),

customer_items as (
    select
        bsid_bsad.*,
        plain_value(bsid_bsad.bukrs) || '/' || regexp_replace(plain_value(bsid_bsad.belnr), '^0+([0-9]+)$', '\1')
        || '/' || plain_value(bsid_bsad.gjahr) as posting_id,
        plain_value(bsid_bsad.bukrs) || '/' || regexp_replace(plain_value(bsid_bsad.belnr), '^0+([0-9]+)$', '\1')
        || '/' || plain_value(bsid_bsad.gjahr)
        || '/' || regexp_replace(plain_value(bsid_bsad.buzei), '^0+([0-9]+)$', '\1') as item_id,
        plain_value(bsid_bsad.bukrs)
        || '/' || nullif(nullif(regexp_replace(plain_value(bsid_bsad.rebzg), '^0+([0-9]*)$', '\1'), ''), 'V')
        || '/' || plain_value(bsid_bsad.rebzj)
        || '/' || regexp_replace(plain_value(bsid_bsad.rebzz), '^0+([0-9]+)$', '\1') as refers_to,
        plain_value(bsid_bsad.bukrs)
        || '/' || nullif(regexp_replace(plain_value(bsid_bsad.augbl), '^0+([0-9]*)$', '\1'), '') as cleared_by,
        regexp_replace(plain_value(bsid_bsad.kunnr), '^0+([0-9]+)$', '\1') as customer_id,
        nullif(regexp_replace(plain_value(bsid_bsad.budat), '^[0./-]+$', ''), '') as posted_on,
        nullif(regexp_replace(plain_value(bsid_bsad.augdt), '^[0./-]+$', ''), '') as cleared_on,
        plain_value(bsid_bsad.waers) as currency,
        plain_value(bsid_bsad.shkzg) as side,
        lpad(plain_value(bsid_bsad.bschl), 2, '0') as posting_key,
        coalesce(plain_value(bsid_bsad.blart), '') in ('DZ', 'ZP', 'ZV')
        or coalesce(lpad(plain_value(bsid_bsad.bschl), 2, '0'), '')
        in ('05', '06', '07', '08', '15', '16', '17', '18') as is_payment,
        case written.decimal_sign
            when ',' then read_money(number_with_comma(bsid_bsad.wrbtr))
            else read_money(number_with_point(bsid_bsad.wrbtr))
        end as stated,
        coalesce(
            case written.decimal_sign
                when ',' then read_money(number_with_comma(bsid_bsad.wskto))
                else read_money(number_with_point(bsid_bsad.wskto))
            end,
            0
        ) as discount,
        row_number() over (
            partition by bsid_bsad.bukrs, bsid_bsad.belnr, bsid_bsad.gjahr, bsid_bsad.buzei
            order by
                case when plain_value(bsid_bsad.augbl) is null then 1 else 0 end, bsid_bsad._source, bsid_bsad._row
        ) as turn
    from bsid_bsad
    cross join written
),

items as (
    select
        customer_items.*,
        coalesce(by_number.invoice_id, by_posting.invoice_id) as invoice_id,
        case
            when plain_value(customer_items.bstat) = 'S' or plain_value(customer_items.umskz) = 'F' then 'noted'
            when
                coalesce(by_number.invoice_id, by_posting.invoice_id) is not null and not customer_items.is_payment
                then 'document'
            when
                customer_items.side = 'H'
                and customer_items.is_payment
                and coalesce(customer_items.posting_key, '15') not in ('07', '08', '17', '18')
                then 'receipt'
            when
                customer_items.side = 'S' and customer_items.is_payment and customer_items.refers_to is not null
                then 'residual'
            when customer_items.side = 'S' and customer_items.is_payment then 'paid_back'
            else 'other'
        end as kind
    from customer_items
    left join billing as by_number
        on
            regexp_replace(plain_value(customer_items.vbeln), '^0+([0-9]+)$', '\1') = by_number.invoice_id
            and by_number.turn = 1
    left join billing as by_posting
        on
            plain_value(customer_items.vbeln) is null
            and customer_items.posting_id = by_posting.posting_id
            and by_posting.turn = 1
),

-- A residual item is what the payment that made it left open of an item: its amount was neither paid nor applied.
residuals as (
    select
        residual.item_id,
        residual.posting_id,
        residual.stated,
        first_item.item_id as first_id,
        coalesce(first_item.invoice_id, second_item.invoice_id) as invoice_id,
        coalesce(
            first_item.cleared_by = plain_value(residual.bukrs)
            || '/' || regexp_replace(plain_value(residual.belnr), '^0+([0-9]+)$', '\1'),
            false
        ) as is_left_open
    from items as residual
    left join items as first_item
        on
            residual.refers_to = first_item.item_id
            and first_item.turn = 1
            and first_item.kind in ('document', 'residual')
    left join items as second_item
        on
            first_item.kind = 'residual'
            and first_item.refers_to = second_item.item_id
            and second_item.turn = 1
            and second_item.kind = 'document'
    where residual.kind = 'residual' and residual.turn = 1
),

left_open as (
    select
        first_id as key,
        sum(stated) as amount
    from residuals
    where is_left_open
    group by first_id
    union all
    select
        posting_id as key,
        sum(stated) as amount
    from residuals
    where is_left_open
    group by posting_id
),

valued as (
    select
        items.*,
        coalesce(items.invoice_id, residuals.invoice_id) as target_id,
        items.stated - coalesce(on_item.amount, on_payment.amount, 0) as amount
    from (
        select
            *,
            row_number() over (partition by posting_id, kind order by stated desc, item_id asc) as place
        from items
        where turn = 1
    ) as items
    left join residuals on items.item_id = residuals.item_id
    left join left_open as on_item on items.item_id = on_item.key and items.side = 'S'
    left join left_open as on_payment
        on items.posting_id = on_payment.key and items.kind = 'receipt' and items.place = 1
),

-- Within a clearing debits and credits are laid out side by side, in the order of customers, then of documents or of
-- what they refer to: what lies opposite was set against each other.
laid_out as (
    select
        *,
        sum(amount) over (
            partition by cleared_by, cleared_on, currency, side
            order by customer_id, case when side = 'H' then coalesce(refers_to, '~') else item_id end, item_id
            rows between unbounded preceding and current row
        ) as upper_end,
        sum(case when side = 'S' then discount else 0 end) over (
            partition by cleared_by, cleared_on, currency
        ) as discounts_of_debits
    from valued
    where cleared_by is not null and amount > 0 and kind <> 'noted'
)

select
    cleared_by || ' of ' || coalesce(cleared_on, 'no day') as subject,
    cast(count(case when side = 'S' then 1 end) as varchar) || ' debits, '
    || cast(count(case when side = 'H' then 1 end) as varchar) || ' credits in ' || currency as note
from laid_out
group by cleared_by, cleared_on, currency
having count(case when side = 'S' then 1 end) > 1 and count(case when side = 'H' then 1 end) > 1
order by subject
