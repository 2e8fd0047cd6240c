-- What people search the log by. Texts are kept once, rows of the log name them by number.
CREATE TABLE words (
  number  INTEGER PRIMARY KEY,
  value   TEXT NOT NULL UNIQUE,
  used    INTEGER NOT NULL               -- day since 1970 by the collector's clock on which it was named last
) STRICT;

CREATE TABLE images (
  number      INTEGER PRIMARY KEY,
  reference   TEXT NOT NULL UNIQUE,      -- as the pod names it
  registry    TEXT NOT NULL,             -- lower case
  repository  TEXT NOT NULL,
  tag         TEXT NOT NULL,             -- empty for a reference by digest alone
  first_seen  INTEGER NOT NULL,          -- the agents' clocks
  used        INTEGER NOT NULL           -- as above
) STRICT;

-- One for each row of observations, in the order in which they are read.
CREATE TABLE facts (
  time          INTEGER NOT NULL,        -- observations.time
  id            INTEGER NOT NULL,        -- observations.id
  scope         INTEGER NOT NULL,
  kind          TEXT NOT NULL,
  operation     TEXT,
  binary        INTEGER,                 -- words, as the next columns down to node
  parent        INTEGER,
  path          INTEGER,
  sha256        INTEGER,
  name          INTEGER,
  pod           INTEGER,
  container     INTEGER,
  digest        INTEGER,
  node          INTEGER,
  image         INTEGER,                 -- images
  address       BLOB,                    -- 16 bytes, IPv4 as mapped IPv6
  port          INTEGER,
  uid           INTEGER,
  count         INTEGER NOT NULL,
  is_new        INTEGER NOT NULL,        -- 1: the first sight in its scope of something that sightings has
  PRIMARY KEY (time, id)
) STRICT, WITHOUT ROWID;
-- Each holds the primary key too: rows of one value lie in the order of time.
CREATE INDEX facts_by_scope ON facts (scope);
CREATE INDEX facts_by_binary ON facts (binary) WHERE binary IS NOT NULL;
CREATE INDEX facts_by_path ON facts (path) WHERE path IS NOT NULL;
CREATE INDEX facts_by_sha256 ON facts (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX facts_by_name ON facts (name) WHERE name IS NOT NULL;
CREATE INDEX facts_by_address ON facts (address) WHERE address IS NOT NULL;
CREATE INDEX facts_by_pod ON facts (pod) WHERE pod IS NOT NULL;
CREATE INDEX facts_new ON facts (is_new) WHERE is_new = 1;

-- Where something appeared: kept longer than the log, until its scope was not heard of for Storage:ScopeRetention.
CREATE TABLE sightings (
  word        INTEGER NOT NULL,
  role        INTEGER NOT NULL,          -- SightingRole
  scope       INTEGER NOT NULL,
  first_seen  INTEGER NOT NULL,          -- the agents' clocks
  last_seen   INTEGER NOT NULL,
  count       INTEGER NOT NULL,
  PRIMARY KEY (word, role, scope)
) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_by_scope ON sightings (scope, last_seen);
CREATE INDEX sightings_of_addresses ON sightings (word) WHERE role = 5;

-- How far rows from before this schema were made searchable.
CREATE TABLE search_state (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  through  INTEGER NOT NULL,             -- observations.id
  until    INTEGER NOT NULL
) STRICT;
INSERT INTO search_state SELECT 1, 0, coalesce(max(id), 0) FROM observations;
