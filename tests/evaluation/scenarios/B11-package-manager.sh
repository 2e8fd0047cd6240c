# id: B11
# title: A package manager runs in a container
# expect: alert
# severity: medium
# kinds: process
# attck: T1105
# image: tools
# launch: app

if command -v apt-get >/dev/null; then apt-get --version >/dev/null; else dpkg --version >/dev/null; fi
