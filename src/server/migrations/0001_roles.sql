-- as administrator
-- The roles belong to the whole cluster, so another database of it may have made them before.
do $$
declare
  wanted text;
begin
  foreach wanted in array array[
    'cloister_owner',
    'cloister_inside',
    'cloister_building',
    'cloister_outside',
    'cloister_operator',
    'cloister_sequencer',
    'cloister_jobs'
  ] loop
    if not exists (select from pg_roles where rolname = wanted) then
      execute format('create role %I login nosuperuser nocreatedb nocreaterole noreplication nobypassrls', wanted);
    end if;
  end loop;
  if not pg_has_role(current_user, 'cloister_owner', 'member') then
    grant cloister_owner to current_user;
  end if;
end
$$;
