-- A delivery whose build was given up stands as failed, with the kind of the fault, until it is built
-- anew or recalled. Who builds tells the guards.
alter table delivery.delivery
  add column failure text check (failure ~ '^[a-z][a-z-]{0,39}$'),
  drop constraint delivery_state_check,
  add constraint delivery_state_check check (state in
    ('proposed', 'approved', 'refused', 'failed', 'built', 'accepted', 'rejected', 'recalled')),
  add constraint delivery_failure_is_named check ((state = 'failed') <= (failure is not null));

grant insert, update on facility.alarm to cloister_jobs;
