-- What can be tapped in a message of the outbox: bot.Buttons as JSON, '' for none.

-- +goose Up
ALTER TABLE outbox ADD COLUMN buttons TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE outbox DROP COLUMN buttons;
