-- What the wire calls a message of ours, where it gives messages IDs of its own. Personal: it may hold a phone.

-- +goose Up
ALTER TABLE outbox ADD COLUMN wire_id TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX outbox_wire_id ON outbox (number, wire_id) WHERE wire_id <> '';

-- +goose Down
DROP INDEX outbox_wire_id;
ALTER TABLE outbox DROP COLUMN wire_id;
