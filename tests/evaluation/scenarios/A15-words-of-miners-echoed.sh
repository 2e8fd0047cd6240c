# id: A15
# title: A miner's command line is only echoed and searched for
# expect: silent
# image: tools
# launch: app

/bin/echo xmrig -o stratum+tcp://pool.example:3333 -u 48Ab --donate-level 1 --rig-id r1
/bin/echo '{"id":1,"method":"login","params":{"login":"48Ab","agent":"XMRig/6.21"}}' >/tmp/sample.json
cat /tmp/sample.json >/dev/null
sh -c 'echo "checked for stratum+tcp:// and kdevtmpfsi: nothing found"'
ps aux | cat >/dev/null
