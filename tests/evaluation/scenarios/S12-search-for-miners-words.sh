# id: S12
# title: Somebody searches logs and processes for signs of miners
# expect: silent
# image: tools
# launch: exec

echo '198.51.100.7 GET /?x=stratum+tcp://pool' >/var/log/access.log
grep -r -e 'stratum+tcp://' -e xmrig -e kdevtmpfsi /var/log >/dev/null
ps aux | grep -e xmrig -e minerd >/dev/null
ls -la /tmp /dev/shm /var/tmp
exit 0
