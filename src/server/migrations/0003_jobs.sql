-- as administrator
-- The worker's own tables are made by its library, in a schema that the jobs role owns.
do $$
begin
  if not pg_has_role(current_user, 'cloister_jobs', 'member') then
    grant cloister_jobs to current_user;
  end if;
end
$$;
create schema graphile_worker authorization cloister_jobs;
create schema jobs authorization cloister_jobs;

set local role cloister_jobs;

-- Where this table is missing the library would create its schema itself, which no role but the owner may.
create table graphile_worker.migrations (
  id integer primary key,
  ts timestamptz not null default now(),
  breaking boolean not null default false
);

-- The one way for a door to order a job: it may add, and neither read nor change what others ordered.
create function jobs.enqueue(task text, payload json, job_key text, attempts integer) returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform graphile_worker.add_job(task, payload, job_key => job_key, max_attempts => attempts);
end
$$;
revoke execute on function jobs.enqueue from public;
grant usage on schema jobs to
  cloister_inside, cloister_building, cloister_outside, cloister_operator, cloister_sequencer;
grant execute on function jobs.enqueue to
  cloister_inside, cloister_building, cloister_outside, cloister_operator, cloister_sequencer;
