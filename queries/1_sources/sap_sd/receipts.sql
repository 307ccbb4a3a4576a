/*---
table: receipts
what: >
  Every credit item of a payment on a customer account: posting keys 15 and 16, or of the document types DZ, ZP and ZV.
  The amount is the money: less the cash discount that was given with it and the residual items that the same document
  left open. received_on is the document date. One whose document was reversed (BKPF-STBLG), or that was cleared
  against nothing but money paid back, is reversed. On account are down payments (special ledger) and what was cleared
  against items that are no billing documents, so that nothing of it is waiting.
rows_of: bsid_bsad
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
),

opposite as (
    select
        credit.item_id as credit_item,
        debit.item_id as debit_item,
        credit.kind as credit_kind,
        debit.kind as debit_kind,
        credit.invoice_id as credit_id,
        debit.target_id,
        credit.customer_id,
        case
            when credit.kind = 'receipt' and credit.refers_to = debit.item_id then credit.posted_on
            else credit.cleared_on
        end as applied_on,
        least(credit.upper_end, debit.upper_end)
        - greatest(credit.upper_end - credit.amount, debit.upper_end - debit.amount) as amount,
        debit.discount as debit_discount,
        case when debit.discounts_of_debits = 0 then credit.discount else 0 end as credit_discount,
        credit._source,
        credit._row
    from laid_out as credit
    inner join laid_out as debit
        on
            credit.side = 'H'
            and debit.side = 'S'
            and credit.cleared_by = debit.cleared_by
            and credit.cleared_on is not distinct from debit.cleared_on
            and credit.currency = debit.currency
            and credit.upper_end > debit.upper_end - debit.amount
            and debit.upper_end > credit.upper_end - credit.amount
    union all
    select
        credit.item_id as credit_item,
        debit.item_id as debit_item,
        credit.kind as credit_kind,
        debit.kind as debit_kind,
        credit.invoice_id as credit_id,
        debit.target_id,
        credit.customer_id,
        credit.posted_on as applied_on,
        credit.amount,
        0 as debit_discount,
        0 as credit_discount,
        credit._source,
        credit._row
    from valued as credit
    inner join valued as debit on credit.refers_to = debit.item_id and debit.side = 'S'
    where credit.kind = 'receipt' and credit.cleared_by is null
),

-- A discount is given with the largest payment of what it was given for.
pairs as (
    select
        *,
        case
            when target_id is null or credit_kind <> 'receipt' then 0
            when debit_place = 1 and debit_discount <= amount and debit_discount > 0 then debit_discount
            when credit_place = 1 and credit_discount <= amount then credit_discount
            else 0
        end as discount
    from (
        select
            *,
            row_number() over (
                partition by debit_item, credit_kind order by amount desc, credit_item asc
            ) as debit_place,
            row_number() over (
                partition by credit_item, target_id is null order by amount desc, debit_item asc
            ) as credit_place
        from opposite
    ) as placed
),

used as (
    select
        credit_item,
        sum(case when target_id is not null then amount else 0 end) as applied,
        sum(case when debit_kind = 'paid_back' then amount else 0 end) as paid_back,
        sum(discount) as discount
    from pairs
    group by credit_item
),

reversals as (
    select distinct
        plain_value(bukrs) || '/' || regexp_replace(plain_value(belnr), '^0+([0-9]+)$', '\1')
        || '/' || plain_value(gjahr) as posting_id
    from bkpf
    where nullif(regexp_replace(plain_value(stblg), '^0+$', ''), '') is not null
)

select
    items.item_id as receipt_id,
    plain_value(items.bukrs) as entity_id,
    items.customer_id,
    coalesce(nullif(regexp_replace(plain_value(items.bldat), '^[0./-]+$', ''), ''), items.posted_on) as received_on,
    items.posted_on,
    items.currency,
    coalesce(
        cast(coalesce(valued.amount, items.stated) - coalesce(used.discount, 0) as varchar), plain_value(items.wrbtr)
    ) as amount,
    plain_value(items.zlsch) as method,
    plain_value(items.xblnr) as reference,
    case
        when reversals.posting_id is not null or used.paid_back = valued.amount then 'reversed'
        when used.applied = valued.amount then 'applied'
        when plain_value(items.umskz) is not null or items.cleared_by is not null then 'on_account'
        else 'unapplied'
    end as status,
    items._source,
    items._row
from items
left join valued on items.item_id = valued.item_id
left join used on items.item_id = used.credit_item
left join reversals on items.posting_id = reversals.posting_id
where items.kind = 'receipt'
order by items._source, items._row
