/*---
id: SET-02
title: Settlement and bank disagree
severity: high
grain: settlement_id
subject: settlements
examines: settlements
standing: true
needs:
  settlements:
    [settlement_id, entity_id, partner_id, period_from, period_to, currency, net_amount, status, bank_line_id]
  bank_lines: [bank_line_id, currency, amount]
uses:
  settlements: [paid_on]
  bank_lines: [booked_on]
parameters:
  days: {default: 5, unit: days, why: a transfer may take a working week to reach the statement}
suppressions:
  in_transit: paid no more than so many days before the as-of date, and not on a bank statement yet
  batch: one transfer paid several settlements, and is exactly their sum
why: >
  Money that left without a statement, or a statement settled without money, is where a partner account goes wrong.
next_step: Find the transfer on the bank statement; claim back or pay the difference.
---*/
with paid as (
    select
        *,
        coalesce(paid_on, period_to) as settled_on
    from settlements
    where
        status = 'paid'
        and least(paid_on, period_to - 1, period_from + 1) <= $as_of
),

transfers as (
    select
        bank_line_id,
        count(*) as settlements,
        abs(sum(net_amount)) as total,
        min(currency) as first_currency,
        max(currency) as last_currency
    from paid
    where bank_line_id is not null
    group by bank_line_id
),

compared as (
    select
        paid.*,
        line.bank_line_id as booked_line_id,
        line.booked_on,
        line.currency as booked_currency,
        line.amount as booked_amount,
        transfer.settlements,
        transfer.total = abs(line.amount)
        and transfer.first_currency = line.currency
        and transfer.last_currency = line.currency as is_batch
    from paid
    left join bank_lines as line on paid.bank_line_id = line.bank_line_id
    left join transfers as transfer on paid.bank_line_id = transfer.bank_line_id
),

off as (
    select
        *,
        case when net_amount < 0 then -1 else 1 end * abs(coalesce(booked_amount, 0)) as moved
    from compared
    where
        abs(net_amount) <> abs(coalesce(booked_amount, 0))
        or booked_currency <> currency
)

select
    settlement_id as subject_id,
    entity_id,
    cast(null as varchar) as customer_id,
    settled_on as event_date,
    currency,
    net_amount as expected_amount,
    -- Amounts in two currencies cannot be set against each other; the same figure leaves nothing to subtract.
    case
        when booked_currency is null or booked_currency = currency or moved = net_amount then moved
    end as billed_amount,
    'net ' || amount_text(net_amount, currency) || ' ' || currency || ' paid on ' || cast(settled_on as varchar)
    || coalesce(
        '; the bank has ' || amount_text(booked_amount, booked_currency) || ' ' || booked_currency
        || coalesce(' on ' || cast(booked_on as varchar), '')
        || case when is_batch then ' for ' || cast(settlements as varchar) || ' settlements' else '' end,
        '; bank line ' || bank_line_id || ' does not exist',
        '; no bank line'
    ) as reason,
    case
        when is_batch then 'batch'
        when booked_line_id is null and days_between(settled_on, $as_of) <= $days then 'in_transit'
    end as suppressed_by,
    settlement_id as evidence_settlements,
    booked_line_id as evidence_bank_lines
from off
