-- Where in a chat an incident is told, so that later revisions change the message that is there.
CREATE TABLE threads (
  incident_id  TEXT NOT NULL,
  notifier     TEXT NOT NULL,
  channel      TEXT NOT NULL,
  ts           TEXT NOT NULL,            -- of the first message
  revision     INTEGER NOT NULL,         -- told last
  severity     INTEGER NOT NULL,
  PRIMARY KEY (incident_id, notifier)
) STRICT, WITHOUT ROWID;
