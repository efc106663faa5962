-- A number on Meta's Cloud API: the portfolio of businesses within which people's IDs hold, until when all webhooks had come, and what was
-- posted, with Meta's signature, and could not be read. That may have been a stop of anybody, whom it names or not.

-- +goose Up
ALTER TABLE numbers ADD COLUMN portfolio TEXT NOT NULL DEFAULT '';
ALTER TABLE numbers ADD COLUMN came_until BIGINT NOT NULL DEFAULT 0;
CREATE TABLE unread_webhooks (
    id     INTEGER PRIMARY KEY,
    number TEXT NOT NULL REFERENCES numbers (name),
    at     BIGINT NOT NULL,
    text   BLOB NOT NULL
);
CREATE INDEX unread_webhooks_by_age ON unread_webhooks (number, at);

-- +goose Down
DROP TABLE unread_webhooks;
ALTER TABLE numbers DROP COLUMN came_until;
ALTER TABLE numbers DROP COLUMN portfolio;
