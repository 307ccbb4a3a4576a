/*---
table: receipts
what: >
  Money in that a row of bank_rules.yml calls a receipt, by the first that fits. A batch booking whose transactions
  add up to it is one receipt for each of them, else one for the whole. What comes back to the bank is none; a receipt
  that a later return names, with the same reference and amount, is reversed. The customer is who the reference names,
  else whose account paid; without one the receipt is unidentified. Receipts go with the bank lines that are counted:
  a statement read twice has them once.
rows_of: movements
only_with: bank_rules
---*/
with entries as (
    select
        statement_key,
        _source,
        cast(statement as bigint) as statement_row,
        count(*) as entries
    from movements
    group by statement_key, _source, statement
),

named as (
    select
        statement.statement_key,
        first_value(statement.statement_key) over (
            partition by
                statement.account,
                statement.currency,
                coalesce(nullif(ltrim(statement.page, '0'), ''), '1'),
                read_money(statement.opening),
                read_money(statement.closing),
                statement.closing_on,
                entries.entries
            order by statement._source, statement._row
        ) as first_key
    from statements as statement
    inner join entries
        on
            statement._source = entries._source
            and statement._row = entries.statement_row
    where read_money(statement.opening) <> read_money(statement.closing)
),

known as (
    select
        statement_key,
        min(first_key) as first_key
    from named
    group by statement_key
),

copies as (
    select
        movement.*,
        coalesce(known.first_key, movement.statement_key) || '/' || movement.position as bank_line_id,
        row_number() over (
            partition by coalesce(known.first_key, movement.statement_key), movement.position
            order by movement._source, movement._row
        ) as copy
    from movements as movement
    left join known on movement.statement_key = known.statement_key
),

batches as (
    select
        movement._source,
        movement._row
    from copies as movement
    inner join details as detail
        on
            movement._source = detail._source
            and movement._row = cast(detail.movement as bigint)
    group by movement._source, movement._row
    having
        count(*) > 1
        and count(read_money(detail.amount)) = count(*)
        and sum(read_money(detail.amount)) = min(read_money(movement.amount))
),

items as (
    select
        movement.bank_line_id || '.' || detail.position as receipt_id,
        movement.account,
        movement.holder,
        movement.booked_on,
        movement.currency,
        detail.amount,
        movement.code,
        coalesce(detail.is_reversal, movement.is_reversal) as is_reversal,
        detail.reference,
        coalesce(detail.bank_reference, movement.bank_reference) as bank_reference,
        detail.end_to_end,
        detail.counterparty,
        detail.counterparty_account,
        concat_ws('; ', movement.text, detail.text) as text,
        movement._source,
        movement._row
    from copies as movement
    inner join batches on movement._source = batches._source and movement._row = batches._row
    inner join details as detail
        on
            movement._source = detail._source
            and movement._row = cast(detail.movement as bigint)
    where movement.copy = 1
    union all
    select
        movement.bank_line_id as receipt_id,
        movement.account,
        movement.holder,
        movement.booked_on,
        movement.currency,
        movement.amount,
        movement.code,
        movement.is_reversal,
        movement.reference,
        movement.bank_reference,
        movement.end_to_end,
        movement.counterparty,
        movement.counterparty_account,
        movement.text,
        movement._source,
        movement._row
    from copies as movement
    left join batches on movement._source = batches._source and movement._row = batches._row
    where
        movement.copy = 1
        and batches._row is null
),

credits as (
    select
        *,
        row_number() over (
            partition by account, currency, end_to_end, read_money(amount)
            order by booked_on, receipt_id
        ) as turn
    from items
    where
        read_money(amount) > 0
        and is_reversal is null
),

returns as (
    select
        account,
        currency,
        end_to_end,
        -read_money(amount) as amount,
        count(*) as times
    from items
    where
        read_money(amount) < 0
        and is_reversal is not null
        and end_to_end is not null
    group by account, currency, end_to_end, read_money(amount)
),

fitting as (
    select
        credit.*,
        rule.method,
        rule.pattern,
        row_number() over (partition by credit.receipt_id order by rule.place, rule._source, rule._row) as choice
    from credits as credit
    inner join bank_rules as rule
        on
            rule.kind = 'receipts'
            and (rule.accounts is null or regexp_matches(upper(replace(credit.account, ' ', '')), rule.accounts))
            and (rule.codes is null or regexp_matches(coalesce(credit.code, ''), rule.codes))
            and (
                rule.texts is null
                or regexp_matches(concat_ws(' ', credit.text, credit.reference, credit.counterparty), rule.texts)
            )
            and (
                rule.not_texts is null
                or not regexp_matches(
                    concat_ws(' ', credit.text, credit.reference, credit.counterparty), rule.not_texts
                )
            )
),

owners as (
    select
        account,
        min(case when kind = 'accounts' then entity end) as entity_id,
        min(case when kind = 'customers' then customer end) as customer_id
    from bank_rules
    where kind in ('accounts', 'customers')
    group by account
),

found as (
    select
        fitting.*,
        owners.entity_id,
        coalesce(
            case
                when fitting.pattern is not null
                    then nullif(regexp_extract(coalesce(fitting.reference, ''), fitting.pattern, 1), '')
            end,
            payers.customer_id
        ) as customer_id
    from fitting
    left join owners on upper(replace(fitting.account, ' ', '')) = owners.account
    left join owners as payers on upper(replace(fitting.counterparty_account, ' ', '')) = payers.account
    where fitting.choice = 1
)

select
    found.receipt_id,
    coalesce(found.entity_id, found.holder, found.account) as entity_id,
    found.customer_id,
    found.booked_on as received_on,
    found.currency,
    found.amount,
    found.method,
    found.reference,
    found.bank_reference,
    case
        when found.turn <= returns.times then 'reversed'
        when found.customer_id is null then 'unidentified'
        else 'unapplied'
    end as status,
    found._source,
    found._row
from found
left join returns
    on
        found.account = returns.account
        and found.currency = returns.currency
        and found.end_to_end = returns.end_to_end
        and read_money(found.amount) = returns.amount
order by found._source, found._row, found.receipt_id
