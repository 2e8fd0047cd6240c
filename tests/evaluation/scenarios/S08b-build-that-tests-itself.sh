# id: S08b
# title: A builder compiles a program and runs its test, from the first start on
# expect: silent
# image: builder
# launch: image
# phase: learning
# timeout: 60

mkdir -p /var/tmp/checked
cd /var/tmp/checked || exit 1
printf '#include <assert.h>\nint main(void) { assert(6 * 7 == 42); return 0; }\n' >check.c
printf 'check: check.c\n\t$(CC) -O1 -o $@ $<\ntest: check\n\t./check\n' >Makefile
make -s test
