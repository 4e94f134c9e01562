-- What an alarm says is worded where it is read, in the reader's language: a row keeps what the words
-- need. Words that stood so far are those of its kind.
alter table facility.alarm add column detail jsonb not null default '{}';
alter table facility.alarm drop column words;
