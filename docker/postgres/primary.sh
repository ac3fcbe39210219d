# Runs once, when the primary's files are made: what the application and the replicas need.
psql -X -q -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres <<'SQL'
CREATE ROLE replicator REPLICATION LOGIN PASSWORD 'secret';
CREATE ROLE app LOGIN PASSWORD 'secret';
CREATE DATABASE app OWNER app;
SQL
printf 'host replication replicator all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
