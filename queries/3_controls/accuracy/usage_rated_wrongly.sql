/*---
id: ACC-04
title: Usage rated wrongly
severity: high
grain: invoice_line_id
subject: invoice_lines
examines: service_lines
needs:
  contracts: [contract_id, entity_id, customer_id, currency]
  contract_lines: [contract_line_id, contract_id, charge_type, pricing_model]
  usage: [usage_id, contract_line_id, used_from, quantity]
  invoices: [invoice_id, kind, status, invoice_date]
  invoice_lines: [invoice_line_id, invoice_id, contract_line_id, net_amount]
uses:
  contracts: [billing_frequency, billing_day, minimum_commitment]
  contract_lines: [unit_price, package_size, included_quantity]
  price_tiers: [contract_line_id, from_quantity, to_quantity, unit_price, flat_fee]
  usage: [is_billable]
  invoices: [reason_code, original_invoice_id, period_from, period_to]
  invoice_lines: [line_number, discount_amount, period_from, period_to]
suppressions:
  before_data: the use of three services or more that was billed lies before the first that is known
why: >
  Tiers, packages and included quantities are put into the rating engine by hand, and a wrong one repeats every month.
next_step: Rate the usage listed by hand with the price tiers; where the reason names a convention, look at its setting.
---*/
with lines as (
    select
        line.*,
        charge.contract_id,
        charge.pricing_model,
        charge.included_quantity,
        charge.months_in_period,
        charge.billing_day,
        coalesce(charge.minimum_commitment, 0) as minimum_commitment
    from service_lines as line
    inner join charges as charge on line.contract_line_id = charge.contract_line_id
    where
        charge.charge_type = 'usage'
        and charge.currency = line.currency
        and line.kind <> 'credit_memo'
        and line.invoice_date <= $as_of
        and line.period_from < line.period_to
),

periods as (
    select distinct
        contract_line_id,
        period_from,
        period_to,
        included_quantity,
        minimum_commitment,
        months_in_period,
        billing_day,
        billing_month(period_from, months_in_period, billing_day) as first_month,
        billing_month(period_to - 1, months_in_period, billing_day) as last_month,
        period_to > add_months_to(period_from, months_in_period) as is_long
    from lines
),

numbered_months as (
    select month_number(month_from) as number
    from months
),

-- A line for more than one billing period owes each of them for itself.
billing_periods as (
    select
        *,
        period_from as billing_from,
        period_to as billing_to
    from periods
    where not is_long
    union all
    select
        period.*,
        greatest(period.period_from, billing_day_of(month.number, period.billing_day)) as billing_from,
        least(
            period.period_to, billing_day_of(month.number + period.months_in_period, period.billing_day)
        ) as billing_to
    from periods as period
    inner join numbered_months as month on period.first_month <= month.number and period.last_month >= month.number
    where period.is_long and (month.number - period.first_month) % period.months_in_period = 0
),

used as (
    select
        metered.contract_line_id,
        metered.used_from,
        sum(case when coalesce(metered.is_billable, true) then metered.quantity else 0 end) as billable_quantity,
        sum(metered.quantity) as quantity
    from usage as metered
    group by metered.contract_line_id, metered.used_from
),

metered as (
    select
        period.contract_line_id,
        period.period_from,
        period.period_to,
        period.billing_from,
        min(period.minimum_commitment) as minimum_commitment,
        coalesce(sum(used.billable_quantity), 0) as quantity,
        greatest(0, coalesce(sum(used.billable_quantity), 0) - min(period.included_quantity)) as rated_quantity,
        greatest(0, coalesce(sum(used.quantity), 0) - min(period.included_quantity)) as rated_quantity_of_all
    from billing_periods as period
    left join used
        on
            period.contract_line_id = used.contract_line_id
            and period.billing_from <= used.used_from
            and period.billing_to > used.used_from
    group by
        period.contract_line_id, period.period_from, period.period_to, period.billing_from, period.billing_to
),

rated as (
    select
        metered.*,
        step.tiers,
        step.unit_price,
        coalesce(
            price_by_step(
                metered.rated_quantity, step.base_quantity, step.base_amount, step.unit_price, step.package_size
            ),
            case when metered.rated_quantity = 0 then 0 end
        ) as rated_amount,
        step.other_base_quantity,
        step.other_base_amount
    from metered
    left join price_steps as step
        on
            metered.contract_line_id = step.contract_line_id
            and metered.rated_quantity >= step.from_quantity
            and (step.to_quantity is null or metered.rated_quantity < step.to_quantity)
),

-- Without any price there is nothing to compare with; a fault of the tiers is something to say.
owed as (
    select
        contract_line_id,
        period_from,
        period_to,
        sum(quantity) as quantity,
        count(*) as billing_periods,
        case when count(rated_amount) = count(*) then sum(greatest(rated_amount, minimum_commitment)) end as amount,
        min(case when rated_amount is null then price_missing(tiers, unit_price) end) as missing
    from rated
    group by contract_line_id, period_from, period_to
    having count(coalesce(rated_amount, other_base_quantity)) = count(*)
),

-- The lines of one document for one period are parts of one bill.
numbered as (
    select
        *,
        row_number() over (
            partition by contract_line_id, period_from, period_to, invoice_id
            order by line_number desc, length(invoice_line_id) desc, invoice_line_id desc
        ) as place_from_the_end
    from lines
),

bills as (
    select
        contract_line_id,
        period_from,
        period_to,
        invoice_id,
        min(invoice_date) as invoice_date,
        min(currency) as currency,
        max(case when place_from_the_end = 1 then invoice_line_id end) as last_line_id,
        sum(net_amount) as net_amount,
        sum(discount_amount) as discount_amount
    from numbered
    group by contract_line_id, period_from, period_to, invoice_id
),

-- A bill that was given back in full stands alone: what was billed instead of it is owed none the less.
given_back as (
    select
        contract_line_id,
        original_invoice_id,
        currency,
        -sum(net_amount) as amount
    from service_lines
    where kind = 'credit_memo' and coalesce(reason_code, '') <> 'sla_credit' and invoice_date <= $as_of
    group by contract_line_id, original_invoice_id, currency
),

judged as (
    select
        bill.*,
        case when given_back.amount >= bill.net_amount then bill.invoice_id end as given_back_id,
        owed.quantity,
        owed.billing_periods,
        owed.amount,
        owed.missing,
        coalesce(is_rounded(bill.net_amount, owed.amount - bill.discount_amount, bill.currency), false) as is_right
    from bills as bill
    inner join owed
        on
            bill.contract_line_id = owed.contract_line_id
            and bill.period_from = owed.period_from
            and bill.period_to = owed.period_to
    left join given_back
        on
            bill.contract_line_id = given_back.contract_line_id
            and bill.invoice_id = given_back.original_invoice_id
            and bill.currency = given_back.currency
),

-- Only where some bill is not right the bills of a period are set beside each other.
summed as (
    select
        *,
        count(case when is_right then invoice_id end) over (
            partition by contract_line_id, period_from, period_to, given_back_id
        ) as right_bills,
        sum(net_amount) over (
            partition by contract_line_id, period_from, period_to, given_back_id, is_right
        ) as net_of_all,
        sum(discount_amount) over (
            partition by contract_line_id, period_from, period_to, given_back_id, is_right
        ) as discount_of_all,
        coalesce(
            sum(net_amount) over (
                partition by contract_line_id, period_from, period_to, given_back_id, is_right
                order by invoice_date, invoice_id
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as net_before,
        lead(invoice_id) over (
            partition by contract_line_id, period_from, period_to, given_back_id, is_right
            order by invoice_date, invoice_id
        ) as next_id
    from judged
    where
        contract_line_id in (
            select doubted.contract_line_id
            from judged as doubted
            where not doubted.is_right
        )
),

-- What a bill that is right asks for is owed no second time.
together as (
    select
        *,
        case
            when right_bills > 0 then 0
            else round_money(amount - discount_of_all, currency)
        end as owed_of_all
    from summed
    where not is_right
),

-- Of several documents in order each is owed as far as those before it leave something to bill, and the last one all of
-- that.
shared_out as (
    select
        *,
        case
            when owed_of_all is not null
                then
                    greatest(
                        least(0, owed_of_all),
                        case
                            when next_id is null then owed_of_all - net_before
                            else least(net_amount, owed_of_all - net_before)
                        end
                    )
        end as owed_amount
    from together
),

-- Documents that are right together, as a bill and the debit memo that makes up for it, are right.
wrong as (
    select *
    from shared_out
    where owed_of_all is null or (net_of_all <> owed_of_all and net_amount <> owed_amount)
),

-- Where three services or more were billed for use before the first that is known, the data begins with that.
first_use as (
    select min(used_from) as day
    from usage
),

early as (
    select count(distinct wrong.contract_line_id) as services
    from wrong
    inner join first_use on wrong.period_to <= first_use.day
),

-- The same use by the other tier model, with what is included, and with what is not billable.
priced_otherwise as (
    select
        rated.contract_line_id,
        rated.period_from,
        rated.period_to,
        rated.minimum_commitment,
        rated.rated_amount,
        price_by_step(
            rated.rated_quantity, rated.other_base_quantity, rated.other_base_amount, rated.unit_price, null
        ) as amount_by_other,
        price_by_step(
            rated.quantity, whole.base_quantity, whole.base_amount, whole.unit_price, whole.package_size
        ) as amount_with_included,
        price_by_step(
            rated.rated_quantity_of_all, more.base_quantity, more.base_amount, more.unit_price, more.package_size
        ) as amount_of_all
    from rated
    inner join price_steps as whole
        on
            rated.contract_line_id = whole.contract_line_id
            and rated.quantity >= whole.from_quantity
            and (whole.to_quantity is null or rated.quantity < whole.to_quantity)
    inner join price_steps as more
        on
            rated.contract_line_id = more.contract_line_id
            and rated.rated_quantity_of_all >= more.from_quantity
            and (more.to_quantity is null or rated.rated_quantity_of_all < more.to_quantity)
    where rated.contract_line_id in (select wrong.contract_line_id from wrong)
),

-- What is added up to the minimum is null where the amount is.
rated_otherwise as (
    select
        contract_line_id,
        period_from,
        period_to,
        sum(rated_amount) as amount_without_minimum,
        sum(amount_by_other + greatest(0, minimum_commitment - amount_by_other)) as amount_by_other,
        sum(amount_with_included + greatest(0, minimum_commitment - amount_with_included)) as amount_with_included,
        sum(amount_of_all + greatest(0, minimum_commitment - amount_of_all)) as amount_of_all
    from priced_otherwise
    group by contract_line_id, period_from, period_to
),

explained as (
    select
        bill.*,
        case
            when bill.right_bills > 0 then null
            when bill.net_of_all = round_money(other.amount_with_included - bill.discount_of_all, bill.currency)
                then 'without the included quantity'
            when bill.net_of_all = round_money(other.amount_without_minimum - bill.discount_of_all, bill.currency)
                then 'without the minimum commitment'
            when bill.net_of_all = round_money(other.amount_by_other - bill.discount_of_all, bill.currency)
                then 'by the other tier model'
            when bill.net_of_all = round_money(other.amount_of_all - bill.discount_of_all, bill.currency)
                then 'with what is not billable'
            else other_rounding(bill.amount - bill.discount_of_all, bill.net_of_all, bill.currency)
        end as convention
    from wrong as bill
    left join rated_otherwise as other
        on
            bill.contract_line_id = other.contract_line_id
            and bill.period_from = other.period_from
            and bill.period_to = other.period_to
),

line_proof as (
    select
        bill.last_line_id,
        list(line.invoice_line_id) as invoice_line_ids,
        list(line.invoice_id) as invoice_ids
    from wrong as bill
    inner join lines as line
        on
            bill.contract_line_id = line.contract_line_id
            and bill.period_from = line.period_from
            and bill.period_to = line.period_to
    group by bill.last_line_id
),

usage_proof as (
    select
        bill.last_line_id,
        list(metered.usage_id) as usage_ids
    from wrong as bill
    inner join usage as metered
        on
            bill.contract_line_id = metered.contract_line_id
            and bill.period_from <= metered.used_from
            and bill.period_to > metered.used_from
    group by bill.last_line_id
),

tier_proof as (
    select
        bill.last_line_id,
        list(tier.contract_line_id || '/' || cast(tier.from_quantity as varchar)) as tier_keys
    from wrong as bill
    inner join price_tiers as tier on bill.contract_line_id = tier.contract_line_id
    group by bill.last_line_id
)

select
    line.invoice_line_id as subject_id,
    line.entity_id,
    line.customer_id,
    line.invoice_date as event_date,
    line.currency,
    bill.owed_amount - (bill.net_amount - line.net_amount) as expected_amount,
    line.net_amount as billed_amount,
    number_text(bill.quantity) || ' billable used from ' || cast(bill.period_from as varchar)
    || ' to ' || cast(bill.period_to as varchar)
    || case
        when bill.billing_periods > 1 then ', ' || cast(bill.billing_periods as varchar) || ' billing periods'
        else ''
    end
    || case
        when line.included_quantity > 0 then ', ' || number_text(line.included_quantity) || ' included'
        else ''
    end
    || case
        when line.minimum_commitment > 0
            then ', at least ' || amount_text(line.minimum_commitment, line.currency)
        else ''
    end
    || case
        when bill.right_bills > 0 then '; another document bills all that is owed'
        else
            coalesce(
                '; by ' || line.pricing_model || ' ' || amount_text(bill.owed_of_all, line.currency),
                '; ' || bill.missing
            )
    end
    || ', stated ' || amount_text(bill.net_amount, line.currency)
    || case when bill.net_amount <> line.net_amount then ' with the other lines of the document' else '' end
    || case
        when bill.net_of_all <> bill.net_amount
            then ' and ' || amount_text(bill.net_of_all - bill.net_amount, line.currency) || ' on other documents'
        else ''
    end
    || coalesce(', which is ' || bill.convention, '') as reason,
    case when early.services >= 3 and bill.period_to <= first_use.day then 'before_data' end as suppressed_by,
    bill.convention,
    line_proof.invoice_line_ids as evidence_invoice_lines,
    line_proof.invoice_ids as evidence_invoices,
    line.contract_line_id as evidence_contract_lines,
    line.contract_id as evidence_contracts,
    usage_proof.usage_ids as evidence_usage,
    tier_proof.tier_keys as evidence_price_tiers
from explained as bill
inner join lines as line on bill.last_line_id = line.invoice_line_id
inner join line_proof on bill.last_line_id = line_proof.last_line_id
cross join first_use
cross join early
left join usage_proof on bill.last_line_id = usage_proof.last_line_id
left join tier_proof on bill.last_line_id = tier_proof.last_line_id
