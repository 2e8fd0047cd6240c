-- What agents read of images' files, so that the next node need not. Bounded by the setting Ingest:SharedHashes.
CREATE TABLE file_hashes (
  cluster      TEXT NOT NULL,
  image        TEXT NOT NULL,            -- digest
  path         BLOB NOT NULL,
  size         INTEGER NOT NULL,
  modified     INTEGER NOT NULL,         -- Unix nanoseconds, on the agents' disks
  sha256       BLOB NOT NULL,            -- empty: nodes disagreed, and everyone reads for himself
  node         TEXT NOT NULL,            -- that told it first
  confirmed    INTEGER NOT NULL,         -- 1: another node told the same
  used         INTEGER NOT NULL,         -- by the collector's clock, to the day
  PRIMARY KEY (cluster, image, path, size, modified)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_hashes_by_use ON file_hashes (used);
