-- store_identity has one row. state is '' where the database may be served, 'copying' while a folder is moved here, 'leaving' while the
-- shop is moved from here to a folder, and 'left' when it has been. move tells that move from every other one.
-- owners.seen is the cluster, the database and the timeline (SYSTEM/OID/TIMELINE) on which the number was served last: on another one,
-- what was acknowledged may be lost.

-- +goose Up
CREATE TABLE store_identity (
    id    BIGINT PRIMARY KEY,                     -- 1
    state TEXT NOT NULL DEFAULT '',
    move  TEXT NOT NULL DEFAULT ''
);
INSERT INTO store_identity (id) VALUES (1);
ALTER TABLE owners ADD COLUMN seen TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE owners DROP COLUMN seen;
DROP TABLE store_identity;
