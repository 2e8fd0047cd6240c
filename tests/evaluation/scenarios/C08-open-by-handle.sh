# id: C08
# title: A file is opened by its handle, past paths and mounts (shocker)
# expect: alert
# severity: medium
# kinds: privilege, file
# attck: T1611
# image: redis
# launch: app
# companion: /var/lib/redis/m

# Without CAP_DAC_READ_SEARCH it is refused: the attempt is what must be told.
/var/lib/redis/m /dev/shm
exit 0
