/*---
id: ACC-10
title: Voucher misused
severity: medium
grain: invoice_line_id
subject: invoice_lines
examines: billed_lines
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency]
  invoice_lines: [invoice_line_id, invoice_id, quantity, unit_price, net_amount, voucher_id]
  vouchers: [voucher_id, valid_from, approved_on]
uses:
  invoice_lines: [line_number, product_id, discount_amount]
  vouchers: [customer_id, product_id, currency, max_redemptions, max_amount, is_stackable, valid_to, approved_by]
why: >
  A discount that nobody granted is revenue given away, and a voucher that works twice is passed on.
next_step: Bill the discount, or have the voucher approved or extended; stop it where it is redeemed.
---*/
-- An approver is asked for where approvers are recorded at all.
with listed as (
    select
        *,
        approved_by is not null or count(approved_by) over () = 0 as is_signed,
        row_number() over (partition by voucher_id order by valid_from desc) as turn
    from vouchers
),

known as (
    select *
    from listed
    where turn = 1
),

-- One document is one redemption, whatever the number of its lines.
redeemed as (
    select
        line.invoice_line_id,
        line.invoice_id,
        line.entity_id,
        line.customer_id,
        line.product_id,
        line.invoice_date,
        line.currency,
        line.voucher_id,
        line.quantity,
        line.unit_price,
        line.net_amount,
        line.discount_amount,
        dense_rank() over (
            partition by line.voucher_id
            order by line.invoice_date, length(line.invoice_id), line.invoice_id
        ) as redemption,
        row_number() over (
            partition by line.voucher_id
            order by
                line.invoice_date, length(line.invoice_id), line.invoice_id, line.line_number,
                length(line.invoice_line_id), line.invoice_line_id
        ) as turn,
        sum(line.discount_amount) over (
            partition by line.voucher_id, line.currency
            order by
                line.invoice_date, length(line.invoice_id), line.invoice_id, line.line_number,
                length(line.invoice_line_id), line.invoice_line_id
            rows between unbounded preceding and current row
        ) as taken
    from billed_lines as line
    where line.voucher_id is not null and line.quantity > 0 and line.invoice_date <= $as_of
),

documents as (
    select
        line.invoice_id,
        count(distinct line.voucher_id) as vouchers,
        count(case when not voucher.is_stackable then voucher.voucher_id end) as exclusive_lines
    from redeemed as line
    left join known as voucher on line.voucher_id = voucher.voucher_id
    group by line.invoice_id
),

judged as (
    select
        line.*,
        voucher.voucher_id as known_id,
        voucher.valid_from,
        voucher.valid_to,
        voucher.customer_id as for_customer,
        voucher.product_id as for_product,
        voucher.max_redemptions,
        voucher.max_amount,
        voucher.approved_on,
        voucher.approved_on <= line.invoice_date and voucher.is_signed as is_approved,
        documents.vouchers > 1 and documents.exclusive_lines > 0 as is_stacked,
        line.taken > voucher.max_amount
        and coalesce(voucher.currency, line.currency) = line.currency as is_overdrawn
    from redeemed as line
    inner join documents on line.invoice_id = documents.invoice_id
    left join known as voucher on line.voucher_id = voucher.voucher_id
),

wrongs as (
    select
        *,
        case when known_id is null then '; is unknown' else '' end
        || case
            when invoice_date < valid_from then '; is valid from ' || cast(valid_from as varchar)
            when invoice_date >= valid_to then '; was valid to ' || cast(valid_to as varchar)
            else ''
        end
        || case when customer_id <> for_customer then '; is for customer ' || for_customer else '' end
        || case when product_id <> for_product then '; is for product ' || for_product else '' end
        || case
            when redemption > max_redemptions
                then
                    '; is redeemed ' || cast(redemption as varchar) || ' times, '
                    || cast(max_redemptions as varchar) || ' allowed'
            else ''
        end
        || case
            when is_overdrawn
                then
                    '; has given ' || amount_text(taken, currency) || ' ' || currency || ', '
                    || amount_text(max_amount, currency) || ' allowed'
            else ''
        end
        || case when is_stacked then '; stands beside another voucher that it may not be combined with' else '' end
        || case
            when known_id is null or is_approved then ''
            when approved_on > invoice_date then '; was approved on ' || cast(approved_on as varchar)
            else '; was never approved'
        end as what
    from judged
),

-- Only the line that passes a limit lists the ones before it, so that a thousand of them stay a thousand keys.
misused as (
    select
        *,
        case
            when
                redemption = max_redemptions + 1
                or (is_overdrawn and taken - discount_amount <= max_amount)
                then 1
            else turn
        end as proved_from
    from wrongs
    where what <> ''
),

proof as (
    select
        invoice_line_id as subject_id,
        invoice_line_id,
        invoice_id,
        known_id as voucher_id
    from misused
    where proved_from = turn
    union all
    select
        line.invoice_line_id as subject_id,
        earlier.invoice_line_id,
        earlier.invoice_id,
        earlier.known_id as voucher_id
    from misused as line
    inner join judged as earlier on line.voucher_id = earlier.voucher_id
    where line.proved_from < line.turn and earlier.turn <= line.turn
    union all
    select
        line.invoice_line_id as subject_id,
        beside.invoice_line_id,
        beside.invoice_id,
        beside.known_id as voucher_id
    from misused as line
    inner join judged as beside on line.invoice_id = beside.invoice_id
    where line.is_stacked
),

proofs as (
    select
        subject_id,
        list(invoice_line_id) as invoice_line_ids,
        list(invoice_id) as invoice_ids,
        list(voucher_id) as voucher_ids
    from proof
    group by subject_id
)

select
    misused.invoice_line_id as subject_id,
    misused.entity_id,
    misused.customer_id,
    misused.invoice_date as event_date,
    misused.currency,
    round_money(times_price(misused.quantity, misused.unit_price), misused.currency) as expected_amount,
    misused.net_amount as billed_amount,
    'on ' || cast(misused.invoice_date as varchar) || ' voucher ' || misused.voucher_id || ' '
    || substr(misused.what, 3) as reason,
    cast(null as varchar) as suppressed_by,
    proofs.invoice_line_ids as evidence_invoice_lines,
    proofs.invoice_ids as evidence_invoices,
    proofs.voucher_ids as evidence_vouchers
from misused
inner join proofs on misused.invoice_line_id = proofs.subject_id
