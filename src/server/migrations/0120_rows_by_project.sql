-- The last line behind the gate: what belongs to a project is seen and written only in a transaction
-- that was opened for that project, whatever the statement asks for. The transaction's own setting
-- `cloister.projects` names them; without it there is no row. Only the gate opens transactions.
do $$
declare
  opened constant text :=
    'any ((select string_to_array(current_setting(''cloister.projects'', true), '',''))::text[])';
  bound record;
begin
  for bound in
    select * from (values
      ('projects.project', 'id = ' || opened),
      ('projects.instruction', 'project = ' || opened),
      ('projects.team', 'project = ' || opened),
      ('projects.label_schema', 'project = ' || opened),
      ('projects.guideline', 'project = ' || opened),
      ('projects.batch', 'project = ' || opened),
      ('projects.item', 'project = ' || opened),
      ('projects.subject', 'project = ' || opened),
      ('vault.project_key', 'project = ' || opened),
      ('vault.owner_key', 'project = ' || opened),
      ('vault.object', 'project = ' || opened),
      ('annotation.task', 'project = ' || opened),
      ('annotation.tongue', 'project = ' || opened),
      ('annotation.lease', 'project = ' || opened),
      ('annotation.annotation', 'project = ' || opened),
      ('annotation.decision', 'project = ' || opened),
      ('annotation.listening', 'project = ' || opened),
      ('annotation.tally', 'project = ' || opened),
      ('delivery.delivery', 'project = ' || opened),
      -- These have no project of their own: who sees the row they hang on sees them. A project has
      -- few batches and deliveries, which are gathered once; a task is looked up by its id.
      ('projects.rejected', 'batch in (select b.id from projects.batch b)'),
      ('delivery.item', 'delivery in (select d.id from delivery.delivery d)'),
      ('annotation.draft', 'exists (select from annotation.task t where t.id = task)'),
      ('annotation.flag', 'exists (select from annotation.task t where t.id = task)')
    ) as listed (name, condition)
  loop
    execute format('alter table %s enable row level security, force row level security', bound.name);
    execute format('create policy by_project on %s using (%s)', bound.name, bound.condition);
    -- Migrations and the functions below run as the owner, who serves no request.
    execute format('create policy of_owner on %s to cloister_owner using (true)', bound.name);
  end loop;
end
$$;

-- What looks past the policies. Each answers names of projects and nothing else of a row. Their names
-- are resolved here and now, so that no search path can turn them.
create schema access;

create function access.project_of_task(task text) returns text
language sql stable strict security definer
return (select t.project from annotation.task t where t.id = task);

create function access.project_of_item(item text) returns text
language sql stable strict security definer
return (select i.project from projects.item i where i.id = item);

create function access.project_of_delivery(delivery text) returns text
language sql stable strict security definer
return (select d.project from delivery.delivery d where d.id = delivery);

-- On whose team somebody is, or for whose client they speak.
create function access.projects_of(who text) returns setof text
language sql stable strict security definer
begin atomic
  select t.project from projects.team t where t.person = who
  union
  select p.id from projects.client_person c join projects.project p on p.client = c.client
   where c.person = who;
end;

-- All there are, and the site, which has keys of its own.
create function access.every_project() returns setof text
language sql stable security definer
begin atomic
  select p.id from projects.project p
  union
  select k.project from vault.project_key k;
end;

grant usage on schema access to cloister_inside, cloister_outside, cloister_operator, cloister_jobs;
grant execute on all functions in schema access
  to cloister_inside, cloister_outside, cloister_operator, cloister_jobs;

-- Files without a row are deleted: this must know every row, whoever asks and whatever is opened.
create function vault.unknown_locations(asked text[]) returns setof text
language sql stable strict security definer
begin atomic
  select l.location from unnest(asked) as l (location)
   where not exists (select from vault.object o where o.location = l.location);
end;
grant execute on function vault.unknown_locations to cloister_inside, cloister_operator, cloister_jobs;
