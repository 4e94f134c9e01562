-- An undone batch leaves its manifest free to be imported again.
alter table projects.batch drop constraint batch_project_manifest_key;
create unique index batch_by_manifest on projects.batch (project, manifest) where state <> 'undone';
-- What is left of a batch, in the order of its rows, while it is undone; and what is not free in it.
create index item_not_free on projects.item (batch) where state <> 'free';
