-- numbers.claims is how many promotions a number has ever claimed. It never goes down, unlike sent_today, which a claim that is given
-- back takes from. A process that shares the database remembers it: a smaller one means that the database has lost what it acknowledged.

-- +goose Up
ALTER TABLE numbers ADD COLUMN claims BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE numbers DROP COLUMN claims;
