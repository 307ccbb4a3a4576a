/*---
table: users
what: >
  One user each, active or not. The role is that of the role hierarchy, else the profile. Salesforce's own users and
  those with a profile for integrations are systems, all others persons. It says since when a user may work, but not
  until when one that is inactive could.
rows_of: user_account
---*/
with people as (
    select
        *,
        plain_value(id) as own_id,
        plain_value(userroleid) as role_id,
        plain_value(profileid) as profile_id,
        lower(plain_value(usertype)) as kind_word
    from user_account
),

roles as (
    select
        substr(plain_value(id), 1, 15) as role_key,
        min(plain_value(name)) as name
    from user_role
    group by substr(plain_value(id), 1, 15)
),

profiles as (
    select
        substr(plain_value(id), 1, 15) as profile_key,
        min(plain_value(name)) as name
    from user_profile
    group by substr(plain_value(id), 1, 15)
)

select
    people.own_id || coalesce(
        array_to_string(
            list_transform(
                case when regexp_full_match(people.own_id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                lambda place: substr(
                    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                    1 + cast(
                        '0b' || reverse(
                            regexp_replace(
                                regexp_replace(substr(people.own_id, place, 5), '[^A-Z]', '0', 'g'),
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
    ) as user_id,
    coalesce(plain_value(people.name), plain_value(people.username)) as name,
    coalesce(roles.name, profiles.name, people.role_id, people.profile_id, 'none') as role,
    case
        when people.kind_word in ('automatedprocess', 'cloudintegrationuser', 'guest') then 'system'
        when lower(profiles.name) like '%integration%' or lower(profiles.name) like '%api only%' then 'system'
        else 'person'
    end as kind,
    coalesce(
        cast(cast(read_time(plain_value(people.createddate)) as date) as varchar), plain_value(people.createddate)
    ) as active_from,
    people._source,
    people._row
from people
left join roles on substr(people.role_id, 1, 15) = roles.role_key
left join profiles on substr(people.profile_id, 1, 15) = profiles.profile_key
order by people._source, people._row
