-- How a number stands on WhatsApp's business platform: its rating, how many people it may write to first in 24 hours and how many messages
-- a second it may send (0: not known), and when the access to it ends. written_first counts to how many people a number wrote first, in
-- pieces of ten minutes since 1970: the numbers of one portfolio share that limit.

-- +goose Up
ALTER TABLE numbers ADD COLUMN rating TEXT NOT NULL DEFAULT '';
ALTER TABLE numbers ADD COLUMN messaging_limit BIGINT NOT NULL DEFAULT 0;
ALTER TABLE numbers ADD COLUMN throughput BIGINT NOT NULL DEFAULT 0;
ALTER TABLE numbers ADD COLUMN token_ends BIGINT NOT NULL DEFAULT 0;
CREATE TABLE written_first (
    number TEXT NOT NULL,
    piece  BIGINT NOT NULL,
    people BIGINT NOT NULL,
    PRIMARY KEY (number, piece)
);

-- +goose Down
DROP TABLE written_first;
ALTER TABLE numbers DROP COLUMN token_ends;
ALTER TABLE numbers DROP COLUMN throughput;
ALTER TABLE numbers DROP COLUMN messaging_limit;
ALTER TABLE numbers DROP COLUMN rating;
