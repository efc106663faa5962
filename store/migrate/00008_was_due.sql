-- +goose Up
-- When an occurrence was due that an operator let begin later; 0: it begins when it was due.
ALTER TABLE occurrences ADD COLUMN was_due_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE occurrences DROP COLUMN was_due_at;
