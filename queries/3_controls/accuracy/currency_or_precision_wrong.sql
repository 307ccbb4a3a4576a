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

agreed as (
    select
        document.*,
        contract.contract_id as agreed_by_contract,
        case when contract.contract_id is null then customer.customer_id end as agreed_by_customer,
        coalesce(contract.currency, customer.currency) as agreed_currency,
        document.net_amount <> round_money(document.net_amount, document.currency) as is_net_too_fine,
        document.tax_amount <> round_money(document.tax_amount, document.currency) as is_tax_too_fine,
        document.gross_amount <> round_money(document.gross_amount, document.currency) as is_gross_too_fine
    from live_invoices as document
    left join contracts_of_lines as implied on document.invoice_id = implied.invoice_id
    left join invoices as original on document.original_invoice_id = original.invoice_id
    left join contract_currencies as contract
        on coalesce(implied.contract_id, document.contract_id, original.contract_id) = contract.contract_id
    left join customer_currencies as customer on document.customer_id = customer.customer_id
    where document.invoice_date <= $as_of
),

too_fine_lines as (
    select
        line.invoice_id,
        count(*) as lines,
        list(line.invoice_line_id) as invoice_line_ids
    from invoice_lines as line
    inner join invoices as document on line.invoice_id = document.invoice_id
    where
        line.net_amount <> round_money(line.net_amount, document.currency)
        or line.discount_amount <> round_money(line.discount_amount, document.currency)
        or line.tax_amount <> round_money(line.tax_amount, document.currency)
    group by line.invoice_id
),

wrongs as (
    select
        agreed.*,
        too_fine_lines.invoice_line_ids,
        case
            when agreed.currency <> agreed.agreed_currency
                then
                    '; billed in ' || agreed.currency || ', '
                    || coalesce('contract ' || agreed.agreed_by_contract, 'customer ' || agreed.agreed_by_customer)
                    || ' is in ' || agreed.agreed_currency
            else ''
        end
        || case when agreed.is_net_too_fine then '; net ' || number_text(agreed.net_amount) else '' end
        || case when agreed.is_tax_too_fine then '; tax ' || number_text(agreed.tax_amount) else '' end
        || case when agreed.is_gross_too_fine then '; gross ' || number_text(agreed.gross_amount) else '' end
        || coalesce('; amounts on ' || cast(too_fine_lines.lines as varchar) || ' of its lines', '')
        || case
            when
                agreed.is_net_too_fine
                or agreed.is_tax_too_fine
                or agreed.is_gross_too_fine
                or too_fine_lines.lines is not null
                then
                    ': finer than the ' || cast(minor_units(agreed.currency) as varchar) || ' decimals of '
                    || agreed.currency
            else ''
        end as what
    from agreed
    left join too_fine_lines on agreed.invoice_id = too_fine_lines.invoice_id
),

off as (
    select *
    from wrongs
    where what <> ''
)

select
    invoice_id as subject_id,
    entity_id,
    customer_id,
    invoice_date as event_date,
    currency,
    cast(null as decimal(38, 4)) as expected_amount,
    cast(null as decimal(38, 4)) as billed_amount,
    substr(what, 3) as reason,
    cast(null as varchar) as suppressed_by,
    invoice_id as evidence_invoices,
    invoice_line_ids as evidence_invoice_lines,
    agreed_by_contract as evidence_contracts,
    agreed_by_customer as evidence_customers
from off
