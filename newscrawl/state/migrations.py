"""SQL statements of the ledger's schema migrations, for SQLite and for PostgreSQL."""

SQLITE = {
    "articles, files, walks, texts and domains": """
    CREATE TABLE articles (
        id       TEXT NOT NULL UNIQUE,      -- maghress:fr/lopinion/36897
        site     TEXT NOT NULL,
        edition  TEXT NOT NULL,
        outlet   TEXT NOT NULL,
        state    TEXT NOT NULL,
        job      TEXT NOT NULL,             -- the run that has or had it in hand
        attempts INTEGER NOT NULL DEFAULT 0,
        found    TEXT NOT NULL,             -- ISO 8601, UTC
        reason   TEXT,                      -- why rejected or failed
        due      TEXT,                      -- when to read it again, ISO 8601, UTC; null is never
        version  INTEGER NOT NULL DEFAULT 0,-- of the record last exported
        prints   BLOB,                      -- fingerprints of that record's fields
        exported TEXT,                      -- the run that exported it
        file     TEXT                       -- where it was written, relative to the data directory
    );
    CREATE INDEX articles_by_job ON articles (job, state);
    CREATE INDEX articles_unfinished ON articles (site) WHERE state = 'found';
    CREATE INDEX articles_due ON articles (site, due) WHERE due IS NOT NULL;
    CREATE TABLE files (
        path   TEXT PRIMARY KEY,            -- relative to the data directory
        site   TEXT NOT NULL,
        length INTEGER NOT NULL             -- bytes that are committed; what follows is torn
    ) WITHOUT ROWID;
    CREATE TABLE walks (
        site  TEXT NOT NULL,
        start TEXT NOT NULL,                -- first page of the listing
        next  TEXT NOT NULL,                -- page to go on with
        PRIMARY KEY (site, start)
    ) WITHOUT ROWID;
    CREATE TABLE texts (
        number    INTEGER PRIMARY KEY,      -- in the order in which texts were first seen
        id        TEXT NOT NULL UNIQUE,     -- of the article
        signature BLOB NOT NULL             -- MinHash of its text
    );
    CREATE TABLE bands (
        band   INTEGER NOT NULL,            -- hash of a part of the signature
        number INTEGER NOT NULL,
        PRIMARY KEY (band, number)
    ) WITHOUT ROWID;
    CREATE TABLE domains (
        site    TEXT NOT NULL,
        edition TEXT NOT NULL,
        outlet  TEXT NOT NULL,
        domain  TEXT NOT NULL,
        pages   INTEGER NOT NULL DEFAULT 1, -- sources read there
        PRIMARY KEY (site, edition, outlet, domain)
    ) WITHOUT ROWID;
    """,
    "rendered hosts": """
    CREATE TABLE rendered (
        host TEXT PRIMARY KEY               -- whose pages were read through the browser
    ) WITHOUT ROWID;
    """,
    "walk order and outlet rules": """
    ALTER TABLE walks ADD COLUMN noted INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE rules (
        site   TEXT NOT NULL,
        domain TEXT NOT NULL,
        rules  BLOB NOT NULL,               -- what an outlet has taught, as JSON Lines
        PRIMARY KEY (site, domain)
    ) WITHOUT ROWID;
    """,
    "feed validators": """
    CREATE TABLE validators (
        url      TEXT PRIMARY KEY,          -- of a feed whose articles are all in the ledger
        etag     TEXT,                      -- as the server sent them
        modified TEXT
    ) WITHOUT ROWID;
    """,
    "numbered names and record positions": """
    CREATE TABLE names (                    -- of runs and files: long, and with each article
        number INTEGER PRIMARY KEY,
        name   TEXT NOT NULL UNIQUE
    );
    INSERT INTO names (name)
        SELECT job FROM articles UNION SELECT exported FROM articles WHERE exported IS NOT NULL
        UNION SELECT file FROM articles WHERE file IS NOT NULL;
    CREATE TABLE slimmer (
        id       TEXT NOT NULL UNIQUE,
        site     TEXT NOT NULL,
        edition  TEXT NOT NULL,
        outlet   TEXT NOT NULL,
        state    TEXT NOT NULL,
        job      INTEGER NOT NULL,          -- number of its name; 0 is none
        attempts INTEGER NOT NULL DEFAULT 0,
        found    TEXT NOT NULL,
        reason   TEXT,
        due      TEXT,
        version  INTEGER NOT NULL DEFAULT 0,
        prints   BLOB,
        exported INTEGER,                   -- number of the run's name
        file     INTEGER,                   -- number of the file's name
        position INTEGER                    -- where in it the record begins, or its packed batch
    );
    INSERT INTO slimmer (rowid, id, site, edition, outlet, state, job, attempts, found, reason, due,
                         version, prints, exported, file)
        SELECT a.rowid, a.id, a.site, a.edition, a.outlet, a.state, j.number, a.attempts, a.found,
               a.reason, a.due, a.version, a.prints, e.number, f.number
        FROM articles AS a JOIN names AS j ON j.name = a.job
        LEFT JOIN names AS e ON e.name = a.exported LEFT JOIN names AS f ON f.name = a.file
        ORDER BY a.rowid;
    DROP TABLE articles;
    ALTER TABLE slimmer RENAME TO articles;
    CREATE INDEX articles_by_job ON articles (job, state);
    CREATE INDEX articles_unfinished ON articles (site) WHERE state = 'found';
    CREATE INDEX articles_due ON articles (site, due) WHERE due IS NOT NULL;
    """,
    "claims, forgotten articles and scopes of walks": """
    CREATE TABLE claimable (
        number   INTEGER PRIMARY KEY,       -- in the order of discovery
        id       TEXT NOT NULL UNIQUE,
        site     TEXT NOT NULL,
        edition  TEXT NOT NULL,
        outlet   TEXT NOT NULL,
        state    TEXT NOT NULL,             -- its last outcome
        claim    TEXT,                      -- what its job has it in hand for; null if it has not
        job      INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,-- outcomes of the same kind in a row
        found    TEXT NOT NULL,
        settled  TEXT,                      -- when it had its last outcome, ISO 8601, UTC
        reason   TEXT,
        due      TEXT,
        day      TEXT,                      -- printed date that a run did not want, ISO 8601
        version  INTEGER NOT NULL DEFAULT 0,
        prints   BLOB,
        exported INTEGER,
        file     INTEGER,
        position INTEGER
    );
    INSERT INTO claimable (number, id, site, edition, outlet, state, job, attempts, found, reason,
                           due, version, prints, exported, file, position)
        SELECT rowid, id, site, edition, outlet, state, job, attempts, found, reason,
               due, version, prints, exported, file, position
        FROM articles ORDER BY rowid;
    DROP TABLE articles;
    ALTER TABLE claimable RENAME TO articles;
    CREATE INDEX articles_by_job ON articles (job, state);
    CREATE INDEX articles_unfinished ON articles (site) WHERE state = 'found';
    CREATE INDEX articles_claimed ON articles (site) WHERE claim IS NOT NULL;
    CREATE INDEX articles_failed ON articles (site, edition, outlet) WHERE state = 'failed';
    CREATE INDEX articles_due ON articles (site, due) WHERE due IS NOT NULL;
    CREATE TABLE forgotten (
        id      TEXT PRIMARY KEY,
        version INTEGER NOT NULL            -- of the record last exported
    ) WITHOUT ROWID;
    CREATE TABLE lists (
        site   TEXT NOT NULL,
        digest TEXT NOT NULL,               -- of a list of URLs that has not come to its end
        begun  TEXT NOT NULL,               -- ISO 8601, UTC
        PRIMARY KEY (site, digest)
    ) WITHOUT ROWID;
    ALTER TABLE walks ADD COLUMN head TEXT;
    ALTER TABLE walks ADD COLUMN tail TEXT;
    ALTER TABLE walks ADD COLUMN since TEXT;
    ALTER TABLE walks ADD COLUMN until TEXT;
    ALTER TABLE walks ADD COLUMN outlets TEXT;
    """,
    "source checks": """
    CREATE TABLE source_checks (
        id      TEXT PRIMARY KEY,           -- of an exported article
        checked TEXT NOT NULL               -- when its source was last checked, ISO 8601, UTC
    ) WITHOUT ROWID;
    """,
    "host slots and nodes of files": """
    CREATE TABLE processes (
        owner       TEXT PRIMARY KEY,       -- of host slots; never used again
        site        TEXT NOT NULL,
        node        TEXT NOT NULL,
        lease_until REAL NOT NULL           -- seconds since 1970, by the database's clock
    ) WITHOUT ROWID;
    CREATE TABLE host_slots (
        host         TEXT PRIMARY KEY,
        owner        TEXT,                  -- process that may send requests; null is none
        wanted_by    TEXT,                  -- process for which the slot is reserved next
        wanted_until REAL,
        free_at      REAL NOT NULL DEFAULT 0,-- earliest time of the next request
        rests_until  REAL NOT NULL DEFAULT 0,-- end of the back-off
        failures     INTEGER NOT NULL DEFAULT 0,
        rests        INTEGER NOT NULL DEFAULT 0,
        reason       TEXT NOT NULL DEFAULT ''
    ) WITHOUT ROWID;
    CREATE INDEX host_slots_wanted ON host_slots (owner) WHERE wanted_by IS NOT NULL;
    ALTER TABLE files ADD COLUMN node TEXT NOT NULL DEFAULT '';
    """,
    "stored files": """
    CREATE TABLE stored_files (
        path   TEXT PRIMARY KEY,            -- relative to the data directory
        node   TEXT NOT NULL,               -- machine that has uploaded it
        url    TEXT NOT NULL,               -- of the object
        size   INTEGER NOT NULL,            -- bytes
        sha256 TEXT NOT NULL,               -- hexadecimal
        stored TEXT NOT NULL                -- when it was verified, ISO 8601, UTC
    ) WITHOUT ROWID;
    """,
    "validators of checked sources": """
    -- Of a page with validators, which are kept as the server sent them.
    ALTER TABLE source_checks ADD COLUMN url TEXT;
    ALTER TABLE source_checks ADD COLUMN etag TEXT;
    ALTER TABLE source_checks ADD COLUMN modified TEXT;
    ALTER TABLE source_checks ADD COLUMN agreement REAL;
    ALTER TABLE source_checks ADD COLUMN words INTEGER;
    """,
}
"""SQL scripts by name, in the order in which they are applied; existing ones never change."""

_TEXT_KEYS = ", ".join(
    f"{band << 17} | ((({' + '.join(terms)}) >> 15) & 131071)::integer"
    for band in range(12)
    for terms in [
        [
            f"(get_byte(signature, {6 * band + 2 * place})"
            f" + get_byte(signature, {6 * band + 2 * place + 1}) * 256) * {factor}"
            for place, factor in enumerate((2654435761, 2246822519, 3266489917))
        ]
    ]
)
"""SQL expressions of the keys of a signature: one a band, of 17 bits and the band's number."""

_SAME_BAND = " OR ".join(
    f"substr(one, {6 * band + 1}, 6) = substr(other, {6 * band + 1}, 6)" for band in range(12)
)
"""SQL expression of whether two signatures share a band."""

POSTGRES = {
    "articles, files, walks, texts and domains": f"""
    CREATE TABLE names (
        number bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
        name   text COLLATE "C" NOT NULL UNIQUE
    );
    CREATE TABLE articles (
        number   bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
        id       text COLLATE "C" NOT NULL UNIQUE,
        site     text COLLATE "C" NOT NULL,
        edition  text COLLATE "C" NOT NULL,
        outlet   text COLLATE "C" NOT NULL,
        state    text COLLATE "C" NOT NULL,
        claim    text COLLATE "C",
        job      bigint NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        found    text COLLATE "C" NOT NULL,
        settled  text COLLATE "C",
        reason   text COLLATE "C",
        due      text COLLATE "C",
        day      text COLLATE "C",
        version  integer NOT NULL DEFAULT 0,
        prints   bytea,
        exported bigint,
        file     bigint,
        position bigint
    );
    CREATE INDEX articles_by_job ON articles (job, state);
    CREATE INDEX articles_unfinished ON articles (site, number) WHERE state = 'found';
    CREATE INDEX articles_claimed ON articles (site) WHERE claim IS NOT NULL;
    CREATE INDEX articles_failed ON articles (site, edition, outlet) WHERE state = 'failed';
    CREATE INDEX articles_due ON articles (site, due) WHERE due IS NOT NULL;
    CREATE TABLE forgotten (
        id      text COLLATE "C" PRIMARY KEY,
        version integer NOT NULL
    );
    CREATE TABLE lists (
        site   text COLLATE "C" NOT NULL,
        digest text COLLATE "C" NOT NULL,
        begun  text COLLATE "C" NOT NULL,
        PRIMARY KEY (site, digest)
    );
    CREATE TABLE files (
        path   text COLLATE "C" PRIMARY KEY,
        site   text COLLATE "C" NOT NULL,
        length bigint NOT NULL,
        node   text COLLATE "C" NOT NULL
    );
    CREATE TABLE walks (
        site  text COLLATE "C" NOT NULL,
        start text COLLATE "C" NOT NULL,
        next  text COLLATE "C" NOT NULL,
        noted bigint NOT NULL,
        head  text COLLATE "C",
        tail  text COLLATE "C",
        since text COLLATE "C",
        until text COLLATE "C",
        outlets text COLLATE "C",
        PRIMARY KEY (site, start)
    );
    CREATE TABLE validators (
        url      text COLLATE "C" PRIMARY KEY,
        etag     text COLLATE "C",
        modified text COLLATE "C"
    );
    CREATE TABLE domains (
        site    text COLLATE "C" NOT NULL,
        edition text COLLATE "C" NOT NULL,
        outlet  text COLLATE "C" NOT NULL,
        domain  text COLLATE "C" NOT NULL,
        pages   integer NOT NULL DEFAULT 1,
        PRIMARY KEY (site, edition, outlet, domain)
    );
    CREATE TABLE rules (
        site   text COLLATE "C" NOT NULL,
        domain text COLLATE "C" NOT NULL,
        rules  bytea NOT NULL,
        PRIMARY KEY (site, domain)
    );
    CREATE TABLE rendered (host text COLLATE "C" PRIMARY KEY);
    CREATE TABLE source_checks (
        id      text COLLATE "C" PRIMARY KEY,
        checked text COLLATE "C" NOT NULL
    );
    CREATE TABLE texts (
        number    bigint GENERATED BY DEFAULT AS IDENTITY,
        signature bytea NOT NULL,
        id        text COLLATE "C" PRIMARY KEY
    );
    -- Keys of few bits: several texts share one, so that the index packs their places.
    CREATE FUNCTION text_keys(signature bytea) RETURNS integer[]
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT ARRAY[{_TEXT_KEYS}]';
    CREATE FUNCTION share_band(one bytea, other bytea) RETURNS boolean
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT {_SAME_BAND}';
    CREATE INDEX texts_by_key ON texts USING gin (text_keys(signature)) WITH (fastupdate = off);
    """,
    "host slots and site leases": """
    CREATE TABLE processes (
        owner       text COLLATE "C" PRIMARY KEY,
        site        text COLLATE "C" NOT NULL,
        node        text COLLATE "C" NOT NULL,
        lease_until double precision NOT NULL
    );
    CREATE TABLE host_slots (
        host         text COLLATE "C" PRIMARY KEY,
        owner        text COLLATE "C",
        wanted_by    text COLLATE "C",
        wanted_until double precision,
        free_at      double precision NOT NULL DEFAULT 0,
        rests_until  double precision NOT NULL DEFAULT 0,
        failures     integer NOT NULL DEFAULT 0,
        rests        integer NOT NULL DEFAULT 0,
        reason       text COLLATE "C" NOT NULL DEFAULT ''
    );
    CREATE INDEX host_slots_wanted ON host_slots (owner) WHERE wanted_by IS NOT NULL;
    CREATE TABLE nodes (
        name    text COLLATE "C" PRIMARY KEY,
        id      text COLLATE "C" NOT NULL,       -- of its data directory
        machine text COLLATE "C" NOT NULL
    );
    CREATE TABLE site_leases (
        site  text COLLATE "C" PRIMARY KEY,
        owner text COLLATE "C",                  -- process that crawls the site; null is none
        epoch bigint NOT NULL,                   -- counts the owners
        node  text COLLATE "C" NOT NULL,
        job   text COLLATE "C" NOT NULL
    );
    CREATE TABLE runs (
        job     text COLLATE "C" PRIMARY KEY,
        site    text COLLATE "C" NOT NULL,
        node    text COLLATE "C" NOT NULL,
        written double precision NOT NULL,       -- seconds since 1970
        report  text COLLATE "C" NOT NULL        -- JSON
    );
    CREATE INDEX runs_by_time ON runs (written);
    """,
    "look-up of texts": """
    -- The number of texts that share a key is estimated hundreds of times too high: without these
    -- settings the look-up would start parallel workers and a compiler.
    CREATE FUNCTION alike_texts(article text, sign bytea, keys integer[], most integer)
        RETURNS TABLE (number bigint, id text, signature bytea)
        LANGUAGE plpgsql STABLE ROWS 10
        SET jit = off
        SET max_parallel_workers_per_gather = 0
        SET enable_seqscan = off
        SET plan_cache_mode = force_generic_plan
    AS $$ BEGIN
        RETURN QUERY SELECT t.number, t.id, t.signature FROM texts AS t WHERE t.id = article;
        RETURN QUERY SELECT t.number, t.id, t.signature FROM texts AS t
            WHERE text_keys(t.signature) && keys AND share_band(t.signature, sign)
            ORDER BY t.number LIMIT most;
    END $$;
    """,
    "stored files": """
    CREATE TABLE stored_files (
        path   text COLLATE "C" PRIMARY KEY,
        node   text COLLATE "C" NOT NULL,
        url    text COLLATE "C" NOT NULL,
        size   bigint NOT NULL,
        sha256 text COLLATE "C" NOT NULL,
        stored text COLLATE "C" NOT NULL
    );
    """,
    "validators of checked sources": """
    ALTER TABLE source_checks ADD COLUMN url text COLLATE "C";
    ALTER TABLE source_checks ADD COLUMN etag text COLLATE "C";
    ALTER TABLE source_checks ADD COLUMN modified text COLLATE "C";
    ALTER TABLE source_checks ADD COLUMN agreement double precision;
    ALTER TABLE source_checks ADD COLUMN words integer;
    """,
}
"""SQL scripts for PostgreSQL; new ones bear the names of those for SQLite."""
