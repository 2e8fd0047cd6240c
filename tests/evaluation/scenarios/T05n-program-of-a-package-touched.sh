# id: T05n
# title: The image's start sets owner and mode of a package's programs anew, which copies them up unchanged
# expect: silent
# image: tools
# launch: image
# phase: learning
# timeout: 30

chown root:root /usr/bin/vmstat /usr/bin/free
chmod 755 /usr/bin/vmstat /usr/bin/free
vmstat >/dev/null
free -m >/dev/null
