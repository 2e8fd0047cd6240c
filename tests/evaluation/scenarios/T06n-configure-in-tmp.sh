# id: T06n
# title: A build's configure compiles small programs in /tmp and runs them, from the first start on
# expect: silent
# image: builder
# launch: image
# phase: learning
# timeout: 50

mkdir -p /tmp/configure
cd /tmp/configure || exit 1
for probe in 'sizeof(long) == 8' 'sizeof(int) == 4' 'sizeof(void *) == 8'; do
    echo "int main(void) { return !($probe); }" >conftest.c
    cc -o conftest conftest.c && ./conftest
    rm -f conftest conftest.c
done
