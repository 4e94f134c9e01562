-- A statement that may insert or update fires the triggers of both: the one of updates leaves at once
-- where nothing was updated. Everything else is as it was.
create or replace function annotation.count_tasks() returns trigger language plpgsql as $$
declare
  mine constant integer := pg_backend_pid() % 64;
begin
  if tg_op = 'UPDATE' then
    if not exists (select from old_rows) then
      return null;
    end if;
  end if;
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
