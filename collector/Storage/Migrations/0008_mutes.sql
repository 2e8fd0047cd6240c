-- What people silence for a while, and what it silenced.
CREATE TABLE mutes (
  number         INTEGER PRIMARY KEY AUTOINCREMENT,
  id             TEXT NOT NULL UNIQUE,
  scope_id       TEXT NOT NULL,          -- kept when the scope goes
  expires        INTEGER NOT NULL,
  document       TEXT NOT NULL,          -- what does not change, JSON
  ended          INTEGER,                -- before its time; null: not
  end_state      TEXT NOT NULL DEFAULT '',
  ended_by       TEXT NOT NULL DEFAULT '',
  silenced       INTEGER NOT NULL DEFAULT 0,
  last_silenced  INTEGER
) STRICT;
CREATE INDEX mutes_active ON mutes (expires) WHERE ended IS NULL;
