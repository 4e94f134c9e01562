-- An event's leaf holds a stamp like every other row that the log vouches for; the salt stands with it.
alter table facility.event drop column salt;
-- The name under which the log knows it, by which it is found again in order.
alter table facility.event add column name text collate "C" not null unique
  generated always as (controller || '/' || epoch || '/' || seq::text) stored;
