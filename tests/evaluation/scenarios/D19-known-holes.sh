# id: D19
# title: Shapes of known holes: sudoedit -s and an over-long GLIBC_TUNABLES
# expect: alert
# severity: medium
# kinds: process, library
# attck: T1068
# image: tools
# launch: app

cp /usr/bin/true /usr/local/bin/sudoedit
sudoedit -s '\' "$(printf 'A%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20)"
long=$(head -c 2000 /dev/zero | tr '\0' A)
GLIBC_TUNABLES="glibc.malloc.mxfast=glibc.malloc.mxfast=$long" id >/dev/null
exit 0
