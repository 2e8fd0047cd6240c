-- What people hear of once a day instead of at once: incidents that are open, never alerted, and whose evidence is 1 or more.
ALTER TABLE incidents ADD COLUMN e_value REAL NOT NULL DEFAULT 0;
-- 0: not for a digest; 1: for the next one; 2: was in one, and nothing came since.
ALTER TABLE incidents ADD COLUMN digest INTEGER NOT NULL DEFAULT 0;
-- When it was in one last, by the collector's clock; 0: never.
ALTER TABLE incidents ADD COLUMN digested INTEGER NOT NULL DEFAULT 0;
UPDATE incidents SET e_value = CAST(json_extract(document, '$.EValue') AS REAL), digest = 1
WHERE state = 0 AND json_extract(document, '$.AlertedRevision') = 0 AND CAST(json_extract(document, '$.EValue') AS REAL) >= 1;
CREATE INDEX incidents_for_digest ON incidents (digest, scope) WHERE digest > 0;

-- The newest digest.
CREATE TABLE digests (
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  slot  INTEGER NOT NULL,                -- the time of day that it was due
  told  INTEGER NOT NULL                 -- when it was made
) STRICT;

ALTER TABLE deliveries ADD COLUMN kind TEXT NOT NULL DEFAULT 'alert';      -- or digest: its document is one
CREATE INDEX deliveries_of_digests ON deliveries (answered) WHERE kind = 'digest';
