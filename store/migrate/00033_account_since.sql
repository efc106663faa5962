-- Since when WhatsApp does not let a number send, on a wire that tells only later whether a message was sent. 0: it does, or the wire tells
-- at once.

-- +goose Up
ALTER TABLE numbers ADD COLUMN account_since BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE numbers DROP COLUMN account_since;
