-- What WhatsApp says of a number beyond its connection: that it may not send, until when that is not
-- tried again, and how its broadcasts go out by WhatsApp's rating of it ('', slowed, paused).

-- +goose Up
ALTER TABLE numbers ADD COLUMN account_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE numbers ADD COLUMN account_trouble TEXT NOT NULL DEFAULT '';
ALTER TABLE numbers ADD COLUMN quality TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE numbers DROP COLUMN quality;
ALTER TABLE numbers DROP COLUMN account_trouble;
ALTER TABLE numbers DROP COLUMN account_until;
