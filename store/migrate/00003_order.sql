-- +goose Up
-- By how much the clock of the machine that runs the bot was ahead of WhatsApp's, in milliseconds, and when that was found.
ALTER TABLE numbers ADD COLUMN clock_ahead BIGINT NOT NULL DEFAULT 0;
ALTER TABLE numbers ADD COLUMN clock_at BIGINT NOT NULL DEFAULT 0;

-- 1: nobody is subscribed any more whose last word was a stop, as earlier versions could leave them.
ALTER TABLE numbers ADD COLUMN order_settled BIGINT NOT NULL DEFAULT 0;

-- Stops that an operator recorded by the clock of the machine, until that has been compared with WhatsApp's.
CREATE TABLE operator_stops (
    at       BIGINT NOT NULL,                     -- as it was recorded: the later of now and the last opt-in
    local_at BIGINT NOT NULL,                     -- what the machine's clock said
    PRIMARY KEY (at, local_at)
);

-- +goose Down
DROP TABLE operator_stops;
ALTER TABLE numbers DROP COLUMN order_settled;
ALTER TABLE numbers DROP COLUMN clock_at;
ALTER TABLE numbers DROP COLUMN clock_ahead;
