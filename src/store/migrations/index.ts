/** The migrations, generated from the *.sql beside this file by `node src/store/migrations/generate.ts`; never edit it by hand. */

export const MIGRATIONS: readonly { version: number; sql: string }[] = [
  {
    version: 1,
    sql: `CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS reports (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  created_at TEXT NOT NULL,
  status TEXT NOT NULL,
  mode TEXT NOT NULL,
  how TEXT,
  agreement REAL,
  excerpt TEXT NOT NULL,
  cost_usd REAL,
  total_ms INTEGER NOT NULL,
  sha256 TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS reports_newest ON reports (owner, created_at DESC, id DESC);
CREATE TABLE IF NOT EXISTS texts (
  id TEXT NOT NULL,
  part INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (id, part)
) STRICT;
CREATE TABLE IF NOT EXISTS history (
  run TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  ballots TEXT NOT NULL,
  keys TEXT NOT NULL,
  winner INTEGER,
  feedback INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS history_newest ON history (kind, at DESC);
CREATE TABLE IF NOT EXISTS memory (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS replies (
  id TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  claimed_at INTEGER NOT NULL,
  run TEXT,
  status INTEGER,
  headers TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS replies_oldest ON replies (claimed_at);
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  state TEXT NOT NULL,
  request TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  lease_until INTEGER,
  report_id TEXT,
  problem TEXT,
  progress TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_waiting ON jobs (state, created_at);
CREATE INDEX IF NOT EXISTS jobs_newest ON jobs (owner, created_at DESC, id DESC);
INSERT OR IGNORE INTO schema_versions (version) VALUES (1);
`,
  },
];
