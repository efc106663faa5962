-- Who serves which number where several processes share a database of PostgreSQL. processes has a row for each, which renews renewed_at by
-- the server's clock (milliseconds since 1970) for as long as it lives, and holds the advisory lock life. owners has a row for each number
-- that was ever served there: each owner has the next epoch. host is where its owner runs, or ran last. In a file of SQLite's both are
-- empty.

-- +goose Up
CREATE TABLE processes (
    id         TEXT PRIMARY KEY,
    host       TEXT NOT NULL,
    life       BIGINT NOT NULL,
    renewed_at BIGINT NOT NULL
);
CREATE TABLE owners (
    number  TEXT PRIMARY KEY,
    epoch   BIGINT NOT NULL,
    process TEXT NOT NULL,
    host    TEXT NOT NULL
);

-- +goose Down
DROP TABLE owners;
DROP TABLE processes;
