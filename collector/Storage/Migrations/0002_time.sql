-- What people ask by time, and what grows without a bound, is found without going through a whole table.
CREATE INDEX observations_by_time ON observations (time);
CREATE INDEX observations_by_scope_time ON observations (scope, time);
CREATE INDEX incidents_by_first_seen ON incidents (first_seen);
CREATE INDEX incidents_by_last_seen ON incidents (last_seen);
CREATE INDEX incidents_by_state ON incidents (state, number);
CREATE INDEX deviations_by_first_seen ON deviations (first_seen);
CREATE INDEX deviations_by_last_seen ON deviations (last_seen);
CREATE INDEX deviations_by_kind ON deviations (kind, incident_id);

-- Rows of the log: counting them would read one of its indexes.
CREATE TABLE log_size (
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  rows  INTEGER NOT NULL
) STRICT;
INSERT INTO log_size SELECT 1, count(*) FROM observations;
