-- +goose Up
-- What happened that programs outside may want to hear of, in the order of the commits of its number.
CREATE TABLE changes (
    number     TEXT NOT NULL,
    seq        BIGINT NOT NULL,                   -- from 1. The last row of a number always stays
    at         BIGINT NOT NULL,
    type       TEXT NOT NULL,                     -- bot.EventType
    contact_id BIGINT NOT NULL DEFAULT 0,         -- 0: about nobody in particular; negative: somebody who was erased
    what       TEXT NOT NULL DEFAULT '',          -- bot.Event.What
    PRIMARY KEY (number, seq)
);
CREATE INDEX changes_by_contact ON changes (contact_id) WHERE contact_id <> 0;

-- What became of promotions. With seq 0 it waits to be gathered; afterwards it belongs to that change.
CREATE TABLE outcomes (
    number        TEXT NOT NULL,
    seq           BIGINT NOT NULL DEFAULT 0,
    occurrence_id BIGINT NOT NULL,
    contact_id    BIGINT NOT NULL,                -- as of changes
    status        TEXT NOT NULL,                  -- bot.DeliveryStatus
    at            BIGINT NOT NULL,
    PRIMARY KEY (number, seq, occurrence_id, contact_id)
);
CREATE INDEX outcomes_by_contact ON outcomes (contact_id);

-- The receivers of webhooks.
CREATE TABLE endpoints (
    id            INTEGER PRIMARY KEY,
    url           TEXT NOT NULL,
    secret        TEXT NOT NULL,                  -- encrypted, see sealed.go
    old_secret    TEXT NOT NULL DEFAULT '',       -- the one before; it signs too, until old_until
    old_until     BIGINT NOT NULL DEFAULT 0,
    types         TEXT NOT NULL,                  -- joined by commas
    numbers       TEXT NOT NULL DEFAULT '',       -- joined by commas; '': all
    personal      BIGINT NOT NULL DEFAULT 0,      -- 1: with phone and LID
    created_at    BIGINT NOT NULL,
    off_at        BIGINT NOT NULL DEFAULT 0,      -- when it was switched off; 0: it is on
    off_why       TEXT NOT NULL DEFAULT '',
    failing_since BIGINT NOT NULL DEFAULT 0,      -- the first failure after the last success; 0: none
    failed_at     BIGINT NOT NULL DEFAULT 0       -- the last failure
);

-- How far an endpoint has got in the changes of a number: up to seq all are delivered, wait apart, or were not asked for.
CREATE TABLE endpoint_cursors (
    endpoint_id BIGINT NOT NULL,
    number      TEXT NOT NULL,
    seq         BIGINT NOT NULL,
    PRIMARY KEY (endpoint_id, number)
);

-- Changes that wait apart, because they failed, or an earlier one of the same person did.
CREATE TABLE endpoint_waits (
    endpoint_id BIGINT NOT NULL,
    number      TEXT NOT NULL,
    seq         BIGINT NOT NULL,
    type        TEXT NOT NULL,
    contact_id  BIGINT NOT NULL,                  -- as of changes
    attempts    BIGINT NOT NULL DEFAULT 0,
    first_at    BIGINT NOT NULL DEFAULT 0,        -- the first attempt
    next_at     BIGINT NOT NULL DEFAULT 0,        -- not before
    dead_at     BIGINT NOT NULL DEFAULT 0,        -- when it was given up; 0: it waits
    PRIMARY KEY (endpoint_id, number, seq)
);
CREATE INDEX endpoint_waits_next ON endpoint_waits (endpoint_id, next_at) WHERE dead_at = 0;
CREATE INDEX endpoint_waits_by_contact ON endpoint_waits (contact_id) WHERE contact_id <> 0;

-- The last attempts, for `webhook log`.
CREATE TABLE endpoint_attempts (
    id          INTEGER PRIMARY KEY,
    endpoint_id BIGINT NOT NULL,
    number      TEXT NOT NULL,
    seq         BIGINT NOT NULL,
    type        TEXT NOT NULL,
    contact_id  BIGINT NOT NULL,                  -- as of changes
    at          BIGINT NOT NULL,
    took        BIGINT NOT NULL,                  -- milliseconds
    status      BIGINT NOT NULL,                  -- of HTTP; 0: no answer
    failed      TEXT NOT NULL,                    -- why; '': it was delivered
    answer      TEXT NOT NULL                     -- of a failure, the beginning
);
CREATE INDEX endpoint_attempts_of ON endpoint_attempts (endpoint_id, id);
CREATE INDEX endpoint_attempts_by_contact ON endpoint_attempts (contact_id) WHERE contact_id <> 0;

-- What programs outside heard last of the number's connection, and since when it is not connected; 0: it is.
ALTER TABLE numbers ADD COLUMN told_news TEXT NOT NULL DEFAULT '';
ALTER TABLE numbers ADD COLUMN away_from BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE numbers DROP COLUMN away_from;
ALTER TABLE numbers DROP COLUMN told_news;
DROP TABLE endpoint_attempts;
DROP TABLE endpoint_waits;
DROP TABLE endpoint_cursors;
DROP TABLE endpoints;
DROP TABLE outcomes;
DROP TABLE changes;
