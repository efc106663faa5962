-- +goose Up
-- Promotions in a row that WhatsApp's server did not take, for now, or left without an answer (bot.Refusals).
ALTER TABLE numbers ADD COLUMN refusals BIGINT NOT NULL DEFAULT 0;
ALTER TABLE numbers ADD COLUMN refused_contact BIGINT NOT NULL DEFAULT 0; -- whose the last one was
ALTER TABLE numbers ADD COLUMN slow_until BIGINT NOT NULL DEFAULT 0;      -- no promotion before
ALTER TABLE deliveries ADD COLUMN refused BIGINT NOT NULL DEFAULT 0;      -- how often the server did not take it, for now

-- The brake on answers to people who are not subscribed.
ALTER TABLE numbers ADD COLUMN braked_at BIGINT NOT NULL DEFAULT 0;       -- when somebody was last left without an answer
ALTER TABLE outbox ADD COLUMN braked BIGINT NOT NULL DEFAULT 0;           -- 1: goes out at the brake's pace
ALTER TABLE outbox ADD COLUMN not_before BIGINT NOT NULL DEFAULT 0;       -- after a refusal for now
CREATE INDEX outbox_free ON outbox (number, position) WHERE status = 'queued' AND braked = 0;
CREATE INDEX outbox_braked ON outbox (number, position) WHERE status = 'queued' AND braked = 1;
CREATE INDEX outbox_goodbyes ON outbox (number, position) WHERE status = 'queued' AND braked = 0 AND kind = 'goodbye';
CREATE INDEX outbox_answered ON outbox (number, claimed_at) WHERE braked = 1;

-- What comes in is bounded.
ALTER TABLE numbers ADD COLUMN strangers BIGINT NOT NULL DEFAULT 0;       -- people who wrote for the first time since then
ALTER TABLE numbers ADD COLUMN strangers_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE inbox ADD COLUMN length BIGINT NOT NULL DEFAULT 0;            -- of a text of which only the beginning is kept, in bytes

-- +goose Down
ALTER TABLE inbox DROP COLUMN length;
ALTER TABLE numbers DROP COLUMN strangers_from;
ALTER TABLE numbers DROP COLUMN strangers;
DROP INDEX outbox_answered;
DROP INDEX outbox_goodbyes;
DROP INDEX outbox_braked;
DROP INDEX outbox_free;
ALTER TABLE outbox DROP COLUMN not_before;
ALTER TABLE outbox DROP COLUMN braked;
ALTER TABLE numbers DROP COLUMN braked_at;
ALTER TABLE deliveries DROP COLUMN refused;
ALTER TABLE numbers DROP COLUMN slow_until;
ALTER TABLE numbers DROP COLUMN refused_contact;
ALTER TABLE numbers DROP COLUMN refusals;
