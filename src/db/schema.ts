/**
 * The store's tables, one migration after the other. Everything here is a name or a relation, nothing is content:
 *
 *     tags ──────────────┐                         ┌──▶ image_layers ──▶ layers ──▶ layer_blobs ┄┄▶ blobs
 *     repo_digests ──────┼──▶ images (config blob) ┤
 *     image_manifests ───┘         ▲               └──▶ parent_id (images)
 *     containers ──────────────────┘    containers ──▶ container_layers ──▶ layers
 *     networks ◀┄┄ endpoints ──▶ containers ◀── published_ports    containers ──▶ container_volumes ──▶ volumes
 *     build_steps ──▶ layers
 *     container_health ──▶ containers
 *     events          what happened to any of these
 *     operations ──▶ moves    every move of a tag      leases    what a live process is about to name
 *
 * Times are milliseconds since 1970 unless a column says otherwise. A file that a row of `blobs` or `layers` names is
 * complete, verified and synced before the row is written; a row is deleted before its file is.
 *
 * A migration that has been released is never edited: add another one.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE blobs (
    digest      TEXT PRIMARY KEY,
    size        INTEGER NOT NULL,
    created_at  INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE layers (
    diff_id      TEXT PRIMARY KEY,
    tar_size     INTEGER NOT NULL,           -- bytes of the uncompressed tar
    index_size   INTEGER NOT NULL,           -- bytes of the EROFS index
    content_size INTEGER NOT NULL,           -- bytes of all files, each hard-linked file once: what Docker calls the size
    entries      INTEGER NOT NULL,           -- inodes in the index
    created_at   INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Compressed forms of a layer that are known. The blob itself need not be here: its name is enough for a push to skip it.
  CREATE TABLE layer_blobs (
    diff_id     TEXT NOT NULL REFERENCES layers (diff_id) ON DELETE CASCADE,
    digest      TEXT NOT NULL,
    media_type  TEXT NOT NULL,
    size        INTEGER NOT NULL,
    PRIMARY KEY (diff_id, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX layer_blobs_digest ON layer_blobs (digest);

  CREATE TABLE images (
    id             TEXT PRIMARY KEY,         -- digest of the config blob
    parent_id      TEXT,                     -- the image it was committed or built from, on this machine
    created        TEXT NOT NULL,            -- as the config says it (RFC 3339), '' where it does not
    created_at     INTEGER NOT NULL,         -- the same in milliseconds, 0 where it does not say
    size           INTEGER NOT NULL,         -- sum of content_size over its layers
    os             TEXT NOT NULL,
    architecture   TEXT NOT NULL,
    variant        TEXT NOT NULL,
    labels         TEXT NOT NULL,            -- JSON object
    stored_at      INTEGER NOT NULL,
    last_tagged_at INTEGER,                  -- null: never tagged here
    removed_at     INTEGER                   -- set by rmi; the row goes when the collector takes the content
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX images_parent ON images (parent_id);

  CREATE TABLE image_layers (
    image_id  TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,              -- 0 is the bottom
    diff_id   TEXT NOT NULL REFERENCES layers (diff_id),
    chain_id  TEXT NOT NULL,                 -- of the layers up to here: two images share a layer in Docker's sense when it is equal
    PRIMARY KEY (image_id, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX image_layers_layer ON image_layers (diff_id);
  CREATE INDEX image_layers_chain ON image_layers (chain_id);

  -- Manifests (as blobs) that name the image's config; the newest is the one that save and push send.
  CREATE TABLE image_manifests (
    digest      TEXT PRIMARY KEY,
    image_id    TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    media_type  TEXT NOT NULL,
    size        INTEGER NOT NULL,
    stored_at   INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX image_manifests_image ON image_manifests (image_id);

  CREATE TABLE tags (
    name      TEXT PRIMARY KEY,              -- normalised in full: docker.io/library/ubuntu:14.04
    image_id  TEXT NOT NULL REFERENCES images (id),
    tagged_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tags_image ON tags (image_id);

  CREATE TABLE repo_digests (
    name      TEXT NOT NULL,                 -- normalised repository: docker.io/library/ubuntu
    digest    TEXT NOT NULL,                 -- of a manifest or an index
    image_id  TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    PRIMARY KEY (name, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX repo_digests_image ON repo_digests (image_id);
  CREATE INDEX repo_digests_digest ON repo_digests (digest);

  -- What a person did, and the moves of pointers it consisted of: what the log shows and what undo takes back.
  CREATE TABLE operations (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    command TEXT NOT NULL,                   -- the verb: tag, rmi, load, commit, import, pull, build, prune, undo
    at      INTEGER NOT NULL,
    who     TEXT NOT NULL,                   -- user name
    undoes  INTEGER REFERENCES operations (id)
  ) STRICT;
  CREATE INDEX operations_undoes ON operations (undoes) WHERE undoes IS NOT NULL;

  -- A name is a tag (docker.io/library/ubuntu:14.04), a digest reference (docker.io/library/ubuntu@sha256:…), or '' where
  -- it is the image itself that came (from null) or was removed (to null).
  CREATE TABLE moves (
    sequence  INTEGER PRIMARY KEY AUTOINCREMENT,
    operation INTEGER NOT NULL REFERENCES operations (id),
    name      TEXT NOT NULL,
    from_id   TEXT,                          -- null: the name was new
    to_id     TEXT                           -- null: the name was removed
  ) STRICT;
  CREATE INDEX moves_name ON moves (name, sequence) WHERE name <> '';
  CREATE INDEX moves_operation ON moves (operation);

  -- Held by a living process on what it is about to name, so that no collector takes it. The owner's death ends a lease;
  -- whether it lives is asked of the kernel (boot, pid, start time), never of the clock.
  CREATE TABLE leases (
    id      TEXT NOT NULL,
    owner   TEXT NOT NULL,                   -- boot id, pid and start time of the process
    subject TEXT NOT NULL,                   -- a digest of blobs or layers, or an image id
    PRIMARY KEY (id, subject)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX leases_subject ON leases (subject);

  CREATE TABLE containers (
    id          TEXT PRIMARY KEY,            -- 64 hexadecimal digits
    name        TEXT NOT NULL UNIQUE,        -- without the leading slash
    image_id    TEXT NOT NULL,               -- may name an image that was removed by force since
    image_name  TEXT NOT NULL,               -- as the person wrote it
    created_at  INTEGER NOT NULL,
    spec        TEXT NOT NULL,               -- JSON: what was asked for; never changes but by update and rename
    driver      TEXT NOT NULL,               -- erofs or overlay
    status      TEXT NOT NULL,               -- created, running, paused, exited, removing, dead
    state       TEXT NOT NULL                -- JSON: pid, exit code, times, error, restarts
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX containers_image ON containers (image_id);

  CREATE TABLE container_layers (
    container_id  TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
    position      INTEGER NOT NULL,          -- 0 is the bottom
    diff_id       TEXT NOT NULL REFERENCES layers (diff_id),
    PRIMARY KEY (container_id, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX container_layers_layer ON container_layers (diff_id);
  `,
  `
  -- When a check found the content damaged. Who brings content takes what is damaged for absent, and so replaces it.
  ALTER TABLE layers ADD COLUMN damaged_at INTEGER;
  ALTER TABLE blobs ADD COLUMN damaged_at INTEGER;
  `,
  `
  -- When a push here made this compressed form; null for one that came with an image. What was made can be made again.
  ALTER TABLE layer_blobs ADD COLUMN made_at INTEGER;
  `,
  `
  CREATE TABLE networks (
    id          TEXT PRIMARY KEY,            -- 64 hexadecimal digits
    name        TEXT NOT NULL UNIQUE,
    created_at  INTEGER NOT NULL,
    spec        TEXT NOT NULL                -- JSON: driver, subnets, options, labels, internal, IPv6
  ) STRICT, WITHOUT ROWID;

  -- A container on a network, whether it runs or not. Addresses and holder are there while it runs; the holder is the
  -- process that starts it, then its own first one: what a dead one holds is free.
  CREATE TABLE endpoints (
    container_id  TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
    network       TEXT NOT NULL,             -- name, also of a network that is gone or was never there
    network_id    TEXT,                      -- null until the network is found
    id            TEXT,                      -- of the endpoint, while it runs
    spec          TEXT NOT NULL,             -- JSON: what was asked for: aliases, addresses, priority
    ipv4          TEXT,
    ipv6          TEXT,
    mac           TEXT,
    holder        TEXT,
    PRIMARY KEY (container_id, network)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX endpoints_network ON endpoints (network_id);
  CREATE INDEX endpoints_holder ON endpoints (holder) WHERE holder IS NOT NULL;
  CREATE UNIQUE INDEX endpoints_ipv4 ON endpoints (network_id, ipv4) WHERE ipv4 IS NOT NULL;
  CREATE UNIQUE INDEX endpoints_ipv6 ON endpoints (network_id, ipv6) WHERE ipv6 IS NOT NULL;

  -- Ports of the machine that lead to a container while it runs.
  CREATE TABLE published_ports (
    protocol        TEXT NOT NULL,           -- tcp, udp, sctp
    host_ip         TEXT NOT NULL,           -- '' is every address
    host_port       INTEGER NOT NULL,
    container_id    TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
    container_port  INTEGER NOT NULL,
    network         TEXT NOT NULL,           -- the endpoint it leads to
    PRIMARY KEY (protocol, host_ip, host_port)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX published_ports_container ON published_ports (container_id);

  CREATE TABLE volumes (
    name        TEXT PRIMARY KEY,
    created_at  INTEGER NOT NULL,
    driver      TEXT NOT NULL,               -- local
    labels      TEXT NOT NULL,               -- JSON object; com.docker.volume.anonymous is one that nobody gave a name
    options     TEXT NOT NULL                -- JSON object: type, device, o
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE container_volumes (
    container_id  TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
    target        TEXT NOT NULL,             -- path in the container
    volume        TEXT NOT NULL REFERENCES volumes (name),
    named         INTEGER NOT NULL,          -- 0: nobody asked for it by its name; it goes with the container by rm -v
    fill          INTEGER NOT NULL,          -- 1: if it is empty when first used, it takes what the image has there
    PRIMARY KEY (container_id, target)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX container_volumes_volume ON container_volumes (volume);

  -- Layers of another image that a container mounts.
  CREATE TABLE container_image_mounts (
    container_id  TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
    target        TEXT NOT NULL,             -- path in the container
    position      INTEGER NOT NULL,          -- 0 is the bottom
    diff_id       TEXT NOT NULL REFERENCES layers (diff_id),
    PRIMARY KEY (container_id, target, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX container_image_mounts_layer ON container_image_mounts (diff_id);

  -- How containers with a health check are, from their first start on.
  CREATE TABLE container_health (
    container_id    TEXT PRIMARY KEY REFERENCES containers (id) ON DELETE CASCADE,
    status          TEXT NOT NULL,           -- starting, healthy, unhealthy
    failing_streak  INTEGER NOT NULL,
    log             TEXT NOT NULL            -- JSON: the newest results of the check
  ) STRICT, WITHOUT ROWID;

  -- What happened, for whoever asks later or watches: a bounded number of the newest.
  CREATE TABLE events (
    sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,            -- nanoseconds since 1970
    type        TEXT NOT NULL,               -- container, image, network, volume
    action      TEXT NOT NULL,
    actor       TEXT NOT NULL,               -- ID or name
    attributes  TEXT NOT NULL                -- JSON object
  ) STRICT;
  CREATE INDEX events_at ON events (at);

  -- What a step of a build made, by everything that decides it; a cache that may be lost.
  CREATE TABLE build_steps (
    key          TEXT PRIMARY KEY,
    diff_id      TEXT REFERENCES layers (diff_id) ON DELETE CASCADE,  -- null: it changed nothing
    description  TEXT NOT NULL,              -- the instruction, for people
    created_at   INTEGER NOT NULL,
    used_at      INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX build_steps_layer ON build_steps (diff_id);
  `,
];
