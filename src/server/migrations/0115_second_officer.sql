-- A role on the site takes effect when a second officer has confirmed it. The operator's officers are
-- the root; what officers granted before this waits for somebody who did not grant it.
alter table identity.role
  add column confirmed_by text,
  add column confirmed_at timestamptz,
  add constraint role_confirmed check ((confirmed_by is null) = (confirmed_at is null)),
  add constraint role_by_two check (confirmed_by <> person and (confirmed_by <> granted_by or granted_by = 'operator'));
update identity.role set confirmed_by = granted_by, confirmed_at = granted_at where granted_by = 'operator';

alter table identity.person add column admitted_by text;
update identity.person p set admitted_by = 'operator'
 where exists (select 1 from identity.role r where r.person = p.id and r.granted_by = 'operator');

-- The operator's command raises an alarm when it makes an officer at a site that has its two.
grant insert, update on facility.alarm to cloister_operator;
