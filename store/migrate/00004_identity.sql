-- +goose Up
-- After a new link promotions wait for the phone's history, until this moment; -1: until the end of the first offline sync, from
-- which the time counts; 0: they do not wait.
ALTER TABLE numbers ADD COLUMN history_until BIGINT NOT NULL DEFAULT 0;
-- The last event of the connection before that link.
ALTER TABLE numbers ADD COLUMN away_since BIGINT NOT NULL DEFAULT 0;

-- Phones of people who left off WhatsApp and whom no contact has, until WhatsApp was asked whether they are a contact that is known by
-- LID only. A row goes when its phone was asked about, or erased.
CREATE TABLE phones_to_ask (
    number TEXT NOT NULL,
    phone  TEXT NOT NULL,                         -- E.164
    since  BIGINT NOT NULL,
    PRIMARY KEY (number, phone)
);
CREATE INDEX phones_to_ask_first ON phones_to_ask (number, since);

-- When WhatsApp was asked about a phone, for an hour: only so many an hour are asked.
CREATE TABLE asked (
    number TEXT NOT NULL,
    at     BIGINT NOT NULL
);
CREATE INDEX asked_at ON asked (number, at);

-- +goose Down
DROP TABLE asked;
DROP TABLE phones_to_ask;
ALTER TABLE numbers DROP COLUMN away_since;
ALTER TABLE numbers DROP COLUMN history_until;
