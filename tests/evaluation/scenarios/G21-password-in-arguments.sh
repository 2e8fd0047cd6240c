# id: G21
# title: A dropped program is told passwords in its arguments and environment
# expect: alert
# severity: high
# kinds: process, file
# attck: T1105
# image: redis
# launch: app

cp /bin/true /tmp/dump
DB_PASSWORD=stand-in-secret-1 /tmp/dump --password=stand-in-secret-2 -p stand-in-secret-3 'https://anna:stand-in-secret-4@db.example.net/' 'Authorization: Bearer eyJhbGciOiJub25lIn0.stand-in.'
