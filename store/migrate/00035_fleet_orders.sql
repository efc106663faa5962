-- What operators ask of the processes that share a database of PostgreSQL. drained_hosts are machines that take no number, and give up
-- those that they have. owners.wants is the host on which a number is to be served, and owners.leaves the one that it is to leave. Both are
-- '' where nothing is asked. owners.since is when its process took the number, by the server's clock (milliseconds since 1970).

-- +goose Up
CREATE TABLE drained_hosts (
    host  TEXT PRIMARY KEY,
    since BIGINT NOT NULL
);
ALTER TABLE owners ADD COLUMN since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE owners ADD COLUMN wants TEXT NOT NULL DEFAULT '';
ALTER TABLE owners ADD COLUMN leaves TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE owners DROP COLUMN leaves;
ALTER TABLE owners DROP COLUMN wants;
ALTER TABLE owners DROP COLUMN since;
DROP TABLE drained_hosts;
