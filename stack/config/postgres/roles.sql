-- Run once, by the superuser, on a new cluster. Passwords come from the environment, so that no command line has them.
\getenv agent_password POSTGRES_PASSWORD
\getenv conformance_password CONFORMANCE_PG_PASSWORD
\getenv exporter_password EXPORTER_PG_PASSWORD
\getenv backup_password BACKUP_PG_PASSWORD

CREATE ROLE agent_v3 LOGIN PASSWORD :'agent_password';
CREATE DATABASE agent_v3 OWNER agent_v3;
REVOKE CONNECT, TEMPORARY ON DATABASE agent_v3 FROM PUBLIC;

-- Who examines: sees statistics, writes nothing, and never takes the slots that an administrator needs. The planner's
-- statistics and the values of sequences are shown only to those who may SELECT: hence the second membership.
CREATE ROLE conformance LOGIN CONNECTION LIMIT 5 PASSWORD :'conformance_password' IN ROLE pg_monitor, pg_read_all_data;
ALTER ROLE conformance SET default_transaction_read_only = on;
GRANT CONNECT ON DATABASE agent_v3 TO conformance;

CREATE ROLE exporter LOGIN CONNECTION LIMIT 5 PASSWORD :'exporter_password' IN ROLE pg_monitor;
GRANT CONNECT ON DATABASE agent_v3 TO exporter;

CREATE ROLE backup LOGIN CONNECTION LIMIT 5 PASSWORD :'backup_password' IN ROLE pg_read_all_data;
ALTER ROLE backup SET default_transaction_read_only = on;
GRANT CONNECT ON DATABASE agent_v3 TO backup;

\connect agent_v3
CREATE EXTENSION pg_stat_statements;
