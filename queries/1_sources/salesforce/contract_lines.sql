/*---
table: contract_lines
what: >
  One CPQ subscription each, by its 18-character id; deleted ones are left out, and lines of less than nothing that take
  off a terminated one, which ends that day instead. A net price of CPQ is for the whole term, of as many months as
  the prorate multiplier times the product's subscription term says (12 months where that is blank, as CPQ has it), and
  the price here for a billing period of the contract, rounded at the eighth decimal. Where the multiplier or the
  product is unknown a recurring line has no price. What is not said to be usage or one-time is recurring.
rows_of: subscription
---*/
with
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

-- The shortest billing period among the lines of a contract; half-years are two quarters.
frequencies as (
    select
        substr(plain_value(sbqq__contract__c), 1, 15) as contract_key,
        min(
            case lower(plain_value(sbqq__billingfrequency__c))
                when 'monthly' then 1
                when 'quarterly' then 3
                when 'semiannual' then 3
                when 'annual' then 12
            end
        ) as months,
        case
            when count(distinct lower(plain_value(sbqq__billingtype__c))) = 1
                then min(lower(plain_value(sbqq__billingtype__c)))
        end as timing
    from subscription
    where not coalesce(read_bool(plain_value(isdeleted)), false)
    group by substr(plain_value(sbqq__contract__c), 1, 15)
),

-- A line of less than nothing that takes a terminated one off the contract says the first day without it.
revisions as (
    select
        _source,
        _row,
        substr(plain_value(sbqq__revisedsubscription__c), 1, 15) as revised_key,
        coalesce(plain_value(sbqq__subscriptionstartdate__c), plain_value(sbqq__startdate__c)) as starts_on
    from subscription
    where
        not coalesce(read_bool(plain_value(isdeleted)), false)
        and read_quantity(plain_value(sbqq__quantity__c)) < 0
        and substr(plain_value(sbqq__revisedsubscription__c), 1, 15) in (
            select substr(plain_value(ended.id), 1, 15)
            from subscription as ended
            where plain_value(ended.sbqq__terminateddate__c) is not null
        )
),

-- Whole months from the first day to the last: CPQ keeps four decimals of a multiplier, and 11/12 is none of them.
terms as (
    select
        _source,
        _row,
        date_diff('month', starts_on, ended_by) as months
    from (
        select
            _source,
            _row,
            read_date(
                coalesce(plain_value(sbqq__subscriptionstartdate__c), plain_value(sbqq__startdate__c))
            ) as starts_on,
            cast(
                read_date(coalesce(plain_value(sbqq__subscriptionenddate__c), plain_value(sbqq__enddate__c)))
                + interval 1 day as date
            ) as ended_by
        from subscription
    ) as dated
    where cast(starts_on + to_months(date_diff('month', starts_on, ended_by)) as date) = ended_by
),

contract_frequencies as (
    select
        frequencies.contract_key,
        case
            when lower(plain_value(contract.billing_frequency)) in ('annual', 'annually', 'yearly', 'year') then 12
            when lower(plain_value(contract.billing_frequency)) in ('quarterly', 'quarter') then 3
            when plain_value(contract.billing_frequency) is not null then 1
            else coalesce(frequencies.months, 1)
        end as months,
        plain_value(contract.contractnumber) as contract_number
    from frequencies
    left join contract on frequencies.contract_key = substr(plain_value(contract.id), 1, 15)
),

contract_numbers as (
    select
        contract_key,
        min(months) as months,
        min(contract_number) as contract_number
    from contract_frequencies
    group by contract_key
),

endings as (
    select
        revised_key,
        min(starts_on) as ended_on
    from revisions
    group by revised_key
),

lines as (
    select
        subscription.*,
        plain_value(subscription.id) as own_id,
        plain_value(subscription.sbqq__contract__c) as own_contract_id,
        plain_value(subscription.sbqq__product__c) as own_product_id,
        contract_numbers.contract_number,
        product_keys.product_id,
        endings.ended_on,
        case lower(plain_value(subscription.sbqq__chargetype__c))
            when 'one-time' then 'one_time'
            when 'usage' then 'usage'
            else 'recurring'
        end as charge_type,
        case when lower(plain_value(subscription.sbqq__pricingmethod__c)) = 'block' then 1 else 0 end as is_block,
        read_price(plain_value(subscription.sbqq__netprice__c)) as net_price,
        contract_numbers.months,
        cast(
            cast(read_price(plain_value(subscription.sbqq__listprice__c)) as decimal(19, 8))
            * (100 - coalesce(try_cast(plain_value(subscription.sbqq__discount__c) as decimal(9, 4)), 0))
            * 0.01 as decimal(38, 8)
        ) as list_price,
        try_cast(plain_value(subscription.sbqq__proratemultiplier__c) as decimal(19, 8)) as multiplier,
        case
            when product_keys.product_id is null then null
            when product_keys.term is null then cast(12 as decimal(10, 4))
            else try_cast(product_keys.term as decimal(10, 4))
        end as term,
        terms.months as whole_months
    from subscription
    left join contract_numbers
        on substr(plain_value(subscription.sbqq__contract__c), 1, 15) = contract_numbers.contract_key
    left join product_keys on substr(plain_value(subscription.sbqq__product__c), 1, 15) = product_keys.product_key
    left join endings on substr(plain_value(subscription.id), 1, 15) = endings.revised_key
    left join terms on subscription._source = terms._source and subscription._row = terms._row
    left join revisions on subscription._source = revisions._source and subscription._row = revisions._row
    where
        not coalesce(read_bool(plain_value(subscription.isdeleted)), false)
        and revisions._row is null
),

-- A price, and for how many months it is, in units of twelve decimals: the net price for whole months; the list price
-- less its discount for the product's term where the multiplier makes the net price of it; else what they say.
priced as (
    select
        *,
        case
            when abs(multiplier * term - whole_months) <= term * 0.0001 then net_price
            when abs(multiplier * list_price - net_price) <= abs(list_price) * 0.0001 + 0.01 then list_price
            else net_price
        end as basis,
        case
            when abs(multiplier * term - whole_months) <= term * 0.0001
                then cast(whole_months as hugeint) * 1000000000000
            when abs(multiplier * list_price - net_price) <= abs(list_price) * 0.0001 + 0.01
                then cast(term * 10000 as hugeint) * 100000000
            else cast(multiplier * 100000000 as hugeint) * cast(term * 10000 as hugeint)
        end as denominator
    from lines
),

divided as (
    select
        *,
        cast(cast(basis as decimal(28, 8)) * 100000000 as hugeint) * months * 1000000000000 as numerator
    from priced
)

select
    own_id || coalesce(
        array_to_string(
            list_transform(
                case when regexp_full_match(own_id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                lambda place: substr(
                    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                    1 + cast(
                        '0b' || reverse(
                            regexp_replace(
                                regexp_replace(substr(own_id, place, 5), '[^A-Z]', '0', 'g'),
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
    ) as contract_line_id,
    coalesce(contract_number, own_contract_id) as contract_id,
    coalesce(product_id, own_product_id) as product_id,
    plain_value(service) as service_id,
    charge_type,
    case when is_block = 1 then 'flat' else 'per_unit' end as pricing_model,
    case when is_block = 1 then '1' else sbqq__quantity__c end as quantity,
    case
        when charge_type <> 'recurring' or net_price is null then plain_value(sbqq__netprice__c)
        when denominator > 0
            then
                cast(
                    try_cast(
                        sign(numerator) * ((2 * abs(numerator) + denominator) // (2 * denominator)) as decimal(26, 0)
                    ) * cast(0.00000001 as decimal(9, 8)) as varchar
                )
    end as unit_price,
    coalesce(plain_value(sbqq__subscriptionstartdate__c), plain_value(sbqq__startdate__c)) as starts_on,
    coalesce(
        ended_on,
        cast(
            cast(
                read_date(
                    coalesce(
                        plain_value(sbqq__terminateddate__c),
                        plain_value(sbqq__subscriptionenddate__c),
                        plain_value(sbqq__enddate__c)
                    )
                ) + interval 1 day as date
            ) as varchar
        ),
        plain_value(sbqq__terminateddate__c),
        plain_value(sbqq__subscriptionenddate__c),
        plain_value(sbqq__enddate__c)
    ) as ends_on,
    plain_value(billing_trigger) as billing_trigger,
    plain_value(ordered_on) as ordered_on,
    plain_value(promised_on) as promised_on,
    plain_value(installed_on) as installed_on,
    plain_value(accepted_on) as accepted_on,
    _source,
    _row
from divided
order by _source, _row
