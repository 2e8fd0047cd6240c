-- Times are Unix microseconds (UTC). Scopes are named by a small number inside the store.
-- The log is the truth: what a scope has learnt is its state at applied_through plus the rows after it.

CREATE TABLE scopes (
  number      INTEGER PRIMARY KEY,
  scope_id    TEXT NOT NULL UNIQUE,
  first_seen  INTEGER NOT NULL,
  last_seen   INTEGER NOT NULL,
  last_log    INTEGER NOT NULL           -- highest id in the log
) STRICT;

CREATE TABLE agents (
  agent_id        TEXT PRIMARY KEY,
  cluster         TEXT NOT NULL,
  node            TEXT NOT NULL,
  version         TEXT NOT NULL,
  kernel_release  TEXT NOT NULL,
  boot_id         TEXT NOT NULL,
  epoch           TEXT NOT NULL,         -- of the newest Hello
  first_seen      INTEGER NOT NULL,
  last_seen       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE epochs (
  agent_id       TEXT NOT NULL REFERENCES agents ON DELETE CASCADE,
  epoch          TEXT NOT NULL,
  last_sequence  INTEGER NOT NULL,
  last_seen      INTEGER NOT NULL,
  PRIMARY KEY (agent_id, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE observations (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,   -- never given twice, also after the newest rows were removed
  scope     INTEGER NOT NULL REFERENCES scopes,
  time      INTEGER NOT NULL,            -- the agent's clock
  received  INTEGER NOT NULL,            -- the collector's clock; what retention counts from
  kind      TEXT NOT NULL,
  text      TEXT NOT NULL,               -- what people search in
  body      BLOB NOT NULL                -- ObservationCodec
) STRICT;
CREATE INDEX observations_by_scope ON observations (scope, id);

CREATE TABLE containers (
  agent_id      TEXT NOT NULL,
  container_id  TEXT NOT NULL,
  scope         INTEGER NOT NULL REFERENCES scopes,
  instance      TEXT NOT NULL,           -- the pod's uid, else the container's id: what a replica is
  image         TEXT NOT NULL,
  image_digest  TEXT NOT NULL,
  complete      INTEGER NOT NULL,
  first_seen    INTEGER NOT NULL,
  last_seen     INTEGER NOT NULL,
  PRIMARY KEY (agent_id, container_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX containers_by_scope ON containers (scope, last_seen);

CREATE TABLE scope_state (
  scope            INTEGER PRIMARY KEY REFERENCES scopes,
  applied_through  INTEGER NOT NULL,     -- id in the log
  revision         INTEGER NOT NULL,     -- the state's ETag
  saved            INTEGER NOT NULL,
  state            BLOB NOT NULL
) STRICT;

CREATE TABLE incidents (
  number      INTEGER PRIMARY KEY AUTOINCREMENT,
  id          TEXT NOT NULL UNIQUE,
  scope       INTEGER NOT NULL REFERENCES scopes,
  severity    INTEGER NOT NULL,
  state       INTEGER NOT NULL,
  first_seen  INTEGER NOT NULL,
  last_seen   INTEGER NOT NULL,
  text        TEXT NOT NULL,
  document    TEXT NOT NULL              -- JSON
) STRICT;
CREATE INDEX incidents_by_scope ON incidents (scope, number);
CREATE INDEX incidents_open ON incidents (scope) WHERE state = 0;

CREATE TABLE deviations (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  id           TEXT NOT NULL UNIQUE,
  scope        INTEGER NOT NULL REFERENCES scopes,
  incident_id  TEXT NOT NULL,
  kind         TEXT NOT NULL,
  severity     INTEGER NOT NULL,
  first_seen   INTEGER NOT NULL,
  last_seen    INTEGER NOT NULL,
  text         TEXT NOT NULL,
  document     TEXT NOT NULL             -- JSON
) STRICT;
CREATE INDEX deviations_by_scope ON deviations (scope, number);
CREATE INDEX deviations_by_incident ON deviations (incident_id, number);

CREATE TABLE deliveries (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  idempotency_key  TEXT NOT NULL UNIQUE,
  notifier         TEXT NOT NULL,
  incident_id      TEXT NOT NULL,
  document         TEXT NOT NULL,        -- the incident as it was, JSON
  attempts         INTEGER NOT NULL,
  enqueued         INTEGER NOT NULL,
  due              INTEGER,              -- null: delivered or given up
  state            TEXT NOT NULL,        -- waiting, delivered, failed
  answered         INTEGER NOT NULL,     -- of the last attempt; enqueued before the first
  answer           TEXT NOT NULL
) STRICT;
CREATE INDEX deliveries_due ON deliveries (notifier, due) WHERE due IS NOT NULL;
CREATE INDEX deliveries_by_incident ON deliveries (incident_id);

CREATE TABLE losses (
  agent_id    TEXT NOT NULL,
  kind        TEXT NOT NULL,
  reason      TEXT NOT NULL,
  count       INTEGER NOT NULL,
  first_seen  INTEGER NOT NULL,
  last_seen   INTEGER NOT NULL,
  PRIMARY KEY (agent_id, kind, reason)
) STRICT, WITHOUT ROWID;

-- What people did. Rows are never changed and never removed.
CREATE TABLE audit (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  time      INTEGER NOT NULL,
  who       TEXT NOT NULL,
  action    TEXT NOT NULL,
  scope_id  TEXT NOT NULL,
  subject   TEXT NOT NULL,               -- id of the incident or deviation
  note      TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_never_removed BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
