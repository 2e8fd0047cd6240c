# id: S07b
# title: Queries, a vacuum and a dump by the database's own programs
# expect: silent
# image: postgres
# launch: exec
# timeout: 40

psql -U postgres -q -c 'create table if not exists visits (id int); insert into visits select generate_series(1, 5000);'
psql -U postgres -q -c 'vacuum analyze visits'
psql -U postgres -q -c 'select count(*) from visits' >/dev/null
pg_dump -U postgres postgres >/var/lib/postgresql/visits.sql
exit 0
