# id: B18c
# title: A dropped library is put into a program by LD_AUDIT
# expect: alert
# severity: high
# kinds: library, process
# attck: T1574.006
# image: tools
# launch: app

cat >/tmp/a.c <<'END'
unsigned la_version(unsigned version) { return version; }
END
gcc -shared -fPIC -nostdlib -o /var/tmp/.audit.so /tmp/a.c
LD_AUDIT=/var/tmp/.audit.so sleep 1
