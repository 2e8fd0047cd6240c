-- What was sent where, when, with which answer; and what may wait for the end of quiet hours.
ALTER TABLE deliveries ADD COLUMN severity INTEGER NOT NULL DEFAULT 5;     -- of the incident; 0: a digest. Rows from before wait for nothing.
ALTER TABLE deliveries ADD COLUMN tried INTEGER;                           -- when first; null before
UPDATE deliveries SET tried = enqueued WHERE attempts > 0;
CREATE INDEX deliveries_settled ON deliveries (answered, id) WHERE due IS NULL;
CREATE INDEX deliveries_by_state ON deliveries (state, id);
DROP INDEX deliveries_of_digests;
