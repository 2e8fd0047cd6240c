-- Whether an agent is awaited: how often it proves its sight (0: never), and whether it was stopped in order.
ALTER TABLE agents ADD COLUMN probe_interval_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN stopped INTEGER NOT NULL DEFAULT 0;
