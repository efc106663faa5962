-- Templates of a number on the Cloud API, as WhatsApp last told of them. hash names their words: flows.HashApproval, '' where they hold
-- what no draft can. An occurrence knows by which templates it goes out, as they were when it was armed: a list of bot.TemplateRef as JSON.

-- +goose Up
CREATE TABLE templates (
    number   TEXT NOT NULL,
    name     TEXT NOT NULL,
    language TEXT NOT NULL,
    id       TEXT NOT NULL,
    status   TEXT NOT NULL,
    category TEXT NOT NULL,
    quality  TEXT NOT NULL,
    reason   TEXT NOT NULL,
    hash     TEXT NOT NULL,
    seen_at  BIGINT NOT NULL,
    PRIMARY KEY (number, name, language)
);
ALTER TABLE occurrences ADD COLUMN templates TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE occurrences DROP COLUMN templates;
DROP TABLE templates;
