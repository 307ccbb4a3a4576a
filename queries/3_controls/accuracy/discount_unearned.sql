/*---
id: ACC-13
title: Short payment or unearned discount
severity: medium
grain: application_id
subject: applications
examines: applications
needs:
  applications: [application_id, invoice_id, applied_on, amount, discount_amount]
  invoices: [invoice_id, entity_id, customer_id, invoice_date, currency, gross_amount]
uses:
  applications: [receipt_id, credit_invoice_id]
  receipts: [receipt_id, status]
  invoices: [due_date, contract_id]
  contracts: [contract_id, discount_percent, discount_days]
  contract_lines: [contract_line_id, contract_id]
  invoice_lines: [invoice_id, contract_line_id]
why: >
  A customer who takes the discount and pays late keeps money that is not his, and does it again.
next_step: Claim the difference, or agree with sales that it was granted.
---*/
with bounced as (
    select receipt_id
    from receipts
    where status = 'reversed'
    group by receipt_id
),

-- What was settled before a discount counts: all of its invoice is looked at, and no other.
discounted as (
    select invoice_id
    from applications
    where sign(discount_amount) = 1
    group by invoice_id
),

-- A receipt that went back paid nothing.
applied as (
    select
        application.application_id,
        application.invoice_id,
        application.receipt_id,
        application.credit_invoice_id,
        application.applied_on,
        application.amount,
        application.discount_amount,
        sum(application.amount) over in_order as paid_with_this,
        sum(application.discount_amount) over in_order as taken_with_this
    from applications as application
    inner join discounted on application.invoice_id = discounted.invoice_id
    left join bounced on application.receipt_id = bounced.receipt_id
    where application.applied_on <= $as_of and bounced.receipt_id is null
    window in_order as (
        partition by application.invoice_id
        order by application.applied_on, application.application_id
        rows between unbounded preceding and current row
    )
),

-- Discounts that were taken back, by what they came with.
taken_back as (
    select
        invoice_id,
        receipt_id,
        credit_invoice_id
    from applied
    where discount_amount <> 0
    group by invoice_id, receipt_id, credit_invoice_id
    having sum(discount_amount) <= 0
),

reduced as (
    select
        application.*,
        application.amount + application.discount_amount as settled,
        application.taken_with_this - application.discount_amount as taken_before,
        invoice.entity_id,
        invoice.customer_id,
        invoice.contract_id,
        invoice.invoice_date,
        invoice.due_date,
        invoice.currency,
        invoice.gross_amount
    from applied as application
    inner join invoices as invoice on application.invoice_id = invoice.invoice_id
    left join taken_back
        on
            application.invoice_id = taken_back.invoice_id
            and coalesce(application.receipt_id, '') = coalesce(taken_back.receipt_id, '')
            and coalesce(application.credit_invoice_id, '') = coalesce(taken_back.credit_invoice_id, '')
    where application.discount_amount > 0 and taken_back.invoice_id is null
),

-- An invoice that names no contract has the contract of its lines, if they have one alone.
contract_of_lines as (
    select
        reduced.application_id,
        min(charge.contract_id) as contract_id
    from reduced
    inner join invoice_lines as line on reduced.invoice_id = line.invoice_id
    inner join contract_lines as charge on line.contract_line_id = charge.contract_line_id
    where reduced.contract_id is null
    group by reduced.application_id
    having min(charge.contract_id) = max(charge.contract_id)
),

-- Of two records of one contract the kinder terms hold.
terms as (
    select
        contract_id,
        max(discount_percent) as discount_percent,
        max(discount_days) as discount_days
    from contracts
    group by contract_id
),

judged as (
    select
        reduced.*,
        terms.contract_id as agreed_by_contract,
        terms.discount_percent,
        terms.discount_days,
        reduced.gross_amount - (reduced.paid_with_this - reduced.amount) - reduced.taken_before as open_before,
        reduced.applied_on > reduced.due_date as is_overdue,
        days_between(reduced.invoice_date, reduced.applied_on) > terms.discount_days as is_late
    from reduced
    left join contract_of_lines as implied on reduced.application_id = implied.application_id
    left join terms on coalesce(implied.contract_id, reduced.contract_id) = terms.contract_id
),

-- The percent is of the gross, less what was taken before, and never less than the share of what is settled now.
earned as (
    select
        *,
        case
            when is_overdue or is_late then 0
            when discount_percent is null then discount_amount
            else
                greatest(
                    round_money(portion(gross_amount, discount_percent, 100), currency) - taken_before,
                    round_money(portion(least(settled, open_before), discount_percent, 100), currency)
                )
        end as earned_amount
    from judged
)

select
    application_id as subject_id,
    entity_id,
    customer_id,
    applied_on as event_date,
    currency,
    greatest(0, earned_amount) as expected_amount,
    discount_amount as billed_amount,
    amount_text(discount_amount, currency) || ' ' || currency || ' taken on ' || cast(applied_on as varchar) || '; '
    || case
        when is_overdue then 'the invoice was due on ' || cast(due_date as varchar)
        when is_late
            then
                'contract ' || agreed_by_contract || ' gives it within ' || cast(discount_days as varchar)
                || ' days of ' || cast(invoice_date as varchar)
        else
            'contract ' || agreed_by_contract || ' gives ' || number_text(discount_percent) || ' % of '
            || amount_text(gross_amount, currency)
            || coalesce(', ' || amount_text(nullif(taken_before, 0), currency) || ' were taken before', '')
    end as reason,
    cast(null as varchar) as suppressed_by,
    application_id as evidence_applications,
    invoice_id as evidence_invoices,
    receipt_id as evidence_receipts,
    agreed_by_contract as evidence_contracts
from earned
where discount_amount > earned_amount
