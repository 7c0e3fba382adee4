"""An installation as it looks after years: many secrets, a long audit log."""
import contextlib
import hashlib
import os
import sqlite3


@contextlib.contextmanager
def _database(home):
    connection = sqlite3.connect(os.path.join(home, "data/kimbap.db"), isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def grow_vault(home, secrets):
    """Brings the vault to so many records: copies of the first one under other names, which nobody opens (deriving
    10,000 keys would take an hour)."""
    with _database(home) as database:
        columns = ", ".join(row[1] for row in database.execute("PRAGMA table_info(secrets)") if row[1] != "name")
        database.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            f"INSERT INTO secrets (name, {columns}) SELECT 'other.token-' || i, {columns} FROM n, "
            "(SELECT * FROM secrets LIMIT 1)", (secrets - 1,))


def grow_audit(home, records):
    """Appends so many records, alike to the last one that is there, to the chain: `audit verify` finds it whole."""
    with _database(home) as database:
        seq, time, line, last = database.execute(
            "SELECT seq, time, line, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        chain = line[:line.index(',"seq":')]
        body = line[line.index(',"time":'):line.rindex(',"prev":')]

        def rows(previous):
            for number in range(seq + 1, seq + 1 + records):
                text = f'{chain},"seq":{number}{body},"prev":"{previous.hex()}"}}'
                previous = hashlib.sha256(text.encode()).digest()
                yield number, time, text, previous

        database.executemany("INSERT INTO audit (seq, time, line, hash) VALUES (?, ?, ?, ?)", rows(last))
