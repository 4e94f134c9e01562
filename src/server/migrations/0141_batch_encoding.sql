-- How a manifest is read is part of what its batch is: who goes on with an import that was interrupted
-- goes on in the same encoding.
alter table projects.batch
  add column encoding text not null default 'utf-8' check (encoding in ('utf-8', 'latin1'));
