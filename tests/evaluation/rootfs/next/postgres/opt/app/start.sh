#!/bin/sh
install -d -o postgres -g postgres /run/postgresql
exec setpriv --reuid=postgres --regid=postgres --init-groups /usr/lib/postgresql/15/bin/postgres -D /var/lib/postgresql/15/main \
  -c config_file=/etc/postgresql/15/main/postgresql.conf -c 'listen_addresses=*' -c autovacuum_naptime=5s -c checkpoint_timeout=30s -c wal_compression=on -c log_checkpoints=on
