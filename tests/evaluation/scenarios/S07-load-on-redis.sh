# id: S07
# title: A measurement of the database by its own program
# expect: silent
# image: redis
# launch: exec
# timeout: 40

redis-cli ping >/dev/null
redis-benchmark -q -n 5000 -c 10 -t set,get,incr >/dev/null
redis-cli bgsave >/dev/null
sleep 2
redis-cli info memory >/dev/null
