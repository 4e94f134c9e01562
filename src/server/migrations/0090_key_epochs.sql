-- The wrapped keys of projects lie in files of their own, where destroying one leaves neither a dead
-- row nor a copy in each backup of the database; here stands which epochs there are.
do $$
begin
  if exists (select from vault.project_key) then
    raise exception 'the keys in this database are of a build before 0.1.0: begin with a new directory';
  end if;
end
$$;
alter table vault.project_key
  drop column wrapped,
  add column location text unique,
  add column begun_by text not null,
  add check (location is not null or destroyed_at is not null);

-- What an epoch still holds.
create index owner_key_by_epoch on vault.owner_key (project, epoch);
