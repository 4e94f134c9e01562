-- A delivery's package proves the entries that let it go: they are found by what they were done to.
create index leaf_by_resource on audit.leaf (resource, index);
