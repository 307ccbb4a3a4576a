/*---
id: ACC-07
title: Currency or precision wrong
severity: high
grain: invoice_id
subject: invoices
examines: live_invoices
needs:
  invoices:
    [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, net_amount, tax_amount, gross_amount]
uses:
  invoices: [contract_id, original_invoice_id]
  invoice_lines: [invoice_line_id, invoice_id, contract_line_id, net_amount, discount_amount, tax_amount]
  contracts: [contract_id, currency]
  contract_lines: [contract_line_id, contract_id]
  customers: [customer_id, currency]
why: >
  An amount in the wrong currency is wrong by the rate of exchange, and one that the currency has no coin for cannot
  be paid.
next_step: Compare the currency with the signed contract; cancel the document and bill it again.
---*/
-- Two records of one contract or customer in two currencies settle nothing.
with contract_currencies as (
    select
        contract_id,
        min(currency) as currency
    from contracts
    group by contract_id
    having min(currency) = max(currency)
),

customer_currencies as (
    select
        customer_id,
        min(currency) as currency
    from customers
    group by customer_id
    having min(currency) = max(currency)
),

-- A document that names no contract has the contracts of its lines, as far as they agree.
contracts_of_lines as (
    select
        line.invoice_id,
        min(charge.contract_id) as contract_id
    from invoices as document
    inner join invoice_lines as line on document.invoice_id = line.invoice_id
    inner join contract_lines as charge on line.contract_line_id = charge.contract_line_id
    inner join contract_currencies as agreed on charge.contract_id = agreed.contract_id
    where document.contract_id is null
    group by line.invoice_id
    having min(agreed.currency) = max(agreed.currency)
),

issued as (
    select
        invoice_id,
        minor_units(currency) as units
    from invoices
),

-- What is known of a document from other rows than its own: few have any.
-- by invoices.invoice_id
told as (
    select
        invoice_id,
        min(contract_of_lines) as contract_of_lines,
        min(contract_of_original) as contract_of_original,
        nullif(count(invoice_line_id), 0) as lines,
        list(invoice_line_id) as invoice_line_ids
    from (
        select
            invoice_id,
            contract_id as contract_of_lines,
            cast(null as varchar) as contract_of_original,
            cast(null as varchar) as invoice_line_id
        from contracts_of_lines
        union all
        select
            credit.invoice_id,
            cast(null as varchar) as contract_of_lines,
            coalesce(original.contract_id, implied.contract_id) as contract_of_original,
            cast(null as varchar) as invoice_line_id
        from invoices as credit
        inner join invoices as original on credit.original_invoice_id = original.invoice_id
        left join contracts_of_lines as implied on original.invoice_id = implied.invoice_id
        where credit.contract_id is null
        union all
        select
            line.invoice_id,
            cast(null as varchar) as contract_of_lines,
            cast(null as varchar) as contract_of_original,
            line.invoice_line_id
        from invoice_lines as line
        inner join issued as document on line.invoice_id = document.invoice_id
        where
            greatest(
                decimals_of(line.net_amount), decimals_of(line.discount_amount), decimals_of(line.tax_amount)
            ) > document.units
    ) as found
    group by invoice_id
),

agreed as (
    select
        document.invoice_id,
        document.entity_id,
        document.customer_id,
        document.invoice_date,
        document.currency,
        document.net_amount,
        document.tax_amount,
        document.gross_amount,
        told.lines,
        contract.contract_id as agreed_by_contract,
        case when contract.contract_id is null then customer.customer_id end as agreed_by_customer,
        coalesce(contract.currency, customer.currency) as agreed_currency,
        minor_units(document.currency) as units
    from live_invoices as document
    left join told on document.invoice_id = told.invoice_id
    left join contract_currencies as contract
        on coalesce(told.contract_of_lines, told.contract_of_original, document.contract_id) = contract.contract_id
    left join customer_currencies as customer on document.customer_id = customer.customer_id
    where document.invoice_date <= $as_of
),

off as (
    select *
    from agreed
    where
        currency <> agreed_currency
        or decimals_of(net_amount) > units
        or decimals_of(tax_amount) > units
        or decimals_of(gross_amount) > units
        or lines is not null
),

said as (
    select
        *,
        case
            when currency <> agreed_currency
                then
                    '; billed in ' || currency || ', '
                    || coalesce('contract ' || agreed_by_contract, 'customer ' || agreed_by_customer)
                    || ' is in ' || agreed_currency
            else ''
        end as other_currency,
        case when decimals_of(net_amount) > units then '; net ' || number_text(net_amount) else '' end
        || case when decimals_of(tax_amount) > units then '; tax ' || number_text(tax_amount) else '' end
        || case when decimals_of(gross_amount) > units then '; gross ' || number_text(gross_amount) else '' end
        || coalesce('; amounts on ' || cast(lines as varchar) || ' of its lines', '') as too_fine
    from off
)

select
    said.invoice_id as subject_id,
    said.entity_id,
    said.customer_id,
    said.invoice_date as event_date,
    said.currency,
    cast(null as decimal(38, 4)) as expected_amount,
    cast(null as decimal(38, 4)) as billed_amount,
    substr(said.other_currency || said.too_fine, 3)
    || case
        when said.too_fine <> ''
            then ': finer than the ' || cast(said.units as varchar) || ' decimals of ' || said.currency
        else ''
    end as reason,
    cast(null as varchar) as suppressed_by,
    said.invoice_id as evidence_invoices,
    told.invoice_line_ids as evidence_invoice_lines,
    said.agreed_by_contract as evidence_contracts,
    said.agreed_by_customer as evidence_customers
from said
left join told on said.invoice_id = told.invoice_id
