select
    customer_key(customer.customer_no) as customer_id,
    entity.entity_id,
    customer_key(customer.parent_no) as parent_id,
    named.name,
    customer.country,
    customer.country || '-' || lpad(cast(customer.customer_no * 7919 + 10000019 as varchar), 10, '0') as tax_id,
    ['retail', 'wholesale', 'industry', 'public'][1 + customer.segment_no] as segment,
    ['gold', 'silver', 'standard', 'standard', 'standard'][1 + customer.tier_no] as tier,
    customer.currency,
    customer.terms as payment_terms_days,
    money(100 * customer.authority + 2 * coalesce(billed.gross, 0)) as credit_limit,
    case when customer.is_closed then 'closed' else 'active' end as status,
    on_day(-30 - mix(customer.customer_no, 131) % 2000) as opened_on,
    case when customer.is_closed then on_day(mix(customer.customer_no, 132) % 700) end as closed_on,
    clerk(customer.entity_no, customer.customer_no) as owner
from customer
inner join entity on customer.entity_no = entity.entity_no
inner join customer_name as named on customer.customer_no = named.customer_no
left join (
    select
        bill.customer_no,
        cast(sum(greatest(bill.gross, 0)) as bigint) as gross
    from bill
    group by bill.customer_no
) as billed on customer.customer_no = billed.customer_no
order by customer.customer_no
