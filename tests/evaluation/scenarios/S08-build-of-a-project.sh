# id: S08
# title: A builder compiles twenty files with two processes at once
# expect: silent
# image: builder
# launch: app
# timeout: 60

mkdir -p /var/tmp/build-two /srv/out
cd /var/tmp/build-two || exit 1
i=0
while [ $i -lt 20 ]; do
    echo "int part$i(int n) { return n * $i; }" >part$i.c
    i=$((i + 1))
done
printf 'parts := $(patsubst %%.c,%%.o,$(wildcard *.c))\nlibparts.a: $(parts)\n\tar rcs $@ $^\n' >Makefile
make -s -j2
tar czf /srv/out/parts.tar.gz libparts.a
