-- as administrator
-- Nobody may do anything here but by a grant: each domain's migration grants what its doors need.
do $$
begin
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect, create on database %I to cloister_owner', current_database());
  execute format(
    'grant connect on database %I to cloister_inside, cloister_building, cloister_outside, '
    'cloister_operator, cloister_sequencer, cloister_jobs',
    current_database()
  );
end
$$;

revoke all on schema public from public;
alter default privileges for role cloister_owner revoke execute on functions from public;

-- Each process checks at its start that the database is at the state that the program expects.
grant usage on schema kernel to
  cloister_owner, cloister_inside, cloister_building, cloister_outside,
  cloister_operator, cloister_sequencer, cloister_jobs;
grant select on kernel.migration to
  cloister_owner, cloister_inside, cloister_building, cloister_outside,
  cloister_operator, cloister_sequencer, cloister_jobs;
