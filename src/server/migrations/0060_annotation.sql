-- Tasks, leases, annotations, drafts and reviews. What anybody wrote or said is a sealed object of the
-- vault, named here by its id; everything in these tables may be read without learning any content.
create schema annotation;

-- One task to annotate an item, and from the first submission on one task to review it.
create table annotation.task (
  id text primary key,
  project text not null,
  item text not null,
  batch text not null,
  type text not null check (type in ('annotate', 'review')),
  language text not null,
  -- The queue's order is the order of import.
  seq bigint generated always as identity,
  state text not null check (state in
    ('waiting', 'leased', 'submitted', 'returned', 'skipped', 'accepted', 'withdrawn')),
  -- Only this person is offered the task.
  reserved text,
  -- Whose work this is: who annotated or skipped the item last.
  author text,
  -- The annotation that stands.
  annotation text,
  -- The versions under which the work was begun.
  schema integer,
  guideline integer,
  since timestamptz not null,
  unique (item, type)
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
create index task_open on annotation.task (project, type, language, seq)
  where state = 'waiting' and reserved is null;
create index task_reserved on annotation.task (project, type, reserved, seq)
  where reserved is not null and state in ('waiting', 'returned');
create index task_accepted on annotation.task (project, item)
  where type = 'annotate' and state = 'accepted';
create index task_of_batch on annotation.task (batch, state) where type = 'annotate';
create index task_set_aside on annotation.task (project, since)
  where state in ('skipped', 'returned');

-- Which languages a project's tasks were ever in: the queue is asked language by language.
create table annotation.tongue (
  project text not null,
  type text not null,
  language text not null,
  primary key (project, type, language)
);

create table annotation.lease (
  task text primary key references annotation.task (id) on delete cascade,
  project text not null,
  type text not null,
  person text not null,
  until timestamptz not null,
  unique (person, project, type)
);
create index lease_by_end on annotation.lease (project, type, until);

create table annotation.annotation (
  id text primary key,
  item text not null,
  project text not null,
  version integer not null check (version > 0),
  person text not null,
  made text not null check (made in ('annotated', 'corrected')),
  schema integer not null,
  guideline integer,
  at timestamptz not null,
  object text not null,
  unique (item, version)
);
create index annotation_by_person on annotation.annotation (person, at desc);

create table annotation.draft (
  task text not null references annotation.task (id) on delete cascade,
  person text not null,
  version integer not null check (version > 0),
  object text not null,
  at timestamptz not null,
  primary key (task, person)
);

create table annotation.flag (
  id text primary key,
  task text not null references annotation.task (id) on delete cascade,
  person text not null,
  reason text not null check (reason in ('inaudible', 'wrong-language', 'disturbing', 'other')),
  note text,
  at timestamptz not null,
  undone_at timestamptz
);
create index flag_by_task on annotation.flag (task, at desc);
create index flag_by_person on annotation.flag (person, at desc);

create table annotation.decision (
  id text primary key,
  item text not null,
  project text not null,
  annotation text not null unique references annotation.annotation (id),
  reviewer text not null,
  decision text not null check (decision in ('accept', 'correct', 'return')),
  -- The new version, where the reviewer corrected.
  corrected text references annotation.annotation (id),
  reason text,
  at timestamptz not null
);
create unique index decision_by_correction on annotation.decision (corrected)
  where corrected is not null;
create index decision_by_item on annotation.decision (item, at desc);

-- Openings of recordings, with the bytes of the rendition that were really sent.
create table annotation.listening (
  id text primary key,
  task text not null,
  project text not null,
  item text not null,
  person text not null,
  workstation text,
  zone text,
  opened_at timestamptz not null,
  closed_at timestamptz,
  sent int8multirange not null default '{}'
);
create unique index listening_open on annotation.listening (task, person) where closed_at is null;

-- Counts of tasks, kept by the table itself so that no statement can forget them. Each database
-- connection adds to a share of its own: the counts of a project would else be one row for which
-- every submission waits. The lock keeps two connections that fall on one share in order.
create table annotation.tally (
  project text not null,
  type text not null,
  language text not null,
  state text not null,
  share integer not null,
  tasks bigint not null,
  primary key (project, type, language, state, share)
) with (fillfactor = 50);

create function annotation.count_tasks() returns trigger language plpgsql as $$
declare
  mine constant integer := pg_backend_pid() % 64;
begin
  perform pg_advisory_xact_lock(1129268563, mine);
  if tg_op = 'UPDATE' then
    insert into annotation.tally as t (project, type, language, state, share, tasks)
      select c.project, c.type, c.language, c.state, mine, sum(c.n)
        from (select project, type, language, state, 1 as n from now_rows
              union all
              select project, type, language, state, -1 from old_rows) c
       group by 1, 2, 3, 4 having sum(c.n) <> 0
      on conflict (project, type, language, state, share)
      do update set tasks = t.tasks + excluded.tasks;
  elsif tg_op = 'INSERT' then
    insert into annotation.tally as t (project, type, language, state, share, tasks)
      select project, type, language, state, mine, count(*) from now_rows group by 1, 2, 3, 4
      on conflict (project, type, language, state, share)
      do update set tasks = t.tasks + excluded.tasks;
    insert into annotation.tongue (project, type, language)
      select distinct project, type, language from now_rows on conflict do nothing;
  else
    insert into annotation.tally as t (project, type, language, state, share, tasks)
      select project, type, language, state, mine, -count(*) from old_rows group by 1, 2, 3, 4
      on conflict (project, type, language, state, share)
      do update set tasks = t.tasks + excluded.tasks;
  end if;
  return null;
end
$$;
create trigger count_inserted after insert on annotation.task
  referencing new table as now_rows for each statement execute function annotation.count_tasks();
create trigger count_updated after update on annotation.task
  referencing new table as now_rows old table as old_rows
  for each statement execute function annotation.count_tasks();
create trigger count_deleted after delete on annotation.task
  referencing old table as old_rows for each statement execute function annotation.count_tasks();

grant usage on schema annotation to cloister_inside, cloister_outside, cloister_operator, cloister_jobs;
grant execute on function annotation.count_tasks() to cloister_inside, cloister_outside, cloister_operator, cloister_jobs;
grant select, insert, update on all tables in schema annotation to cloister_inside;
grant delete on annotation.lease, annotation.draft to cloister_inside;
-- Import adds tasks and its undoing removes them; a delivery reads what was accepted.
grant select on all tables in schema annotation to cloister_operator, cloister_jobs;
grant insert, delete on annotation.task to cloister_operator, cloister_jobs;
grant insert, update on annotation.tally, annotation.tongue to cloister_operator, cloister_jobs;
-- Managers away from the room: counts, and whose turn it is. Nothing that names a sealed object.
grant select on annotation.task, annotation.lease, annotation.tally, annotation.tongue to cloister_outside;
grant select (item, person) on annotation.annotation to cloister_outside;
grant select (task, person, reason, at, undone_at) on annotation.flag to cloister_outside;
grant update (state, reserved, since) on annotation.task to cloister_outside;
grant delete on annotation.lease to cloister_outside;
grant insert, update on annotation.tally, annotation.tongue to cloister_outside;
