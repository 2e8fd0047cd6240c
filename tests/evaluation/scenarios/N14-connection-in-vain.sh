# id: N14
# title: An application's own service is away: its client tries again without blocking
# expect: silent
# image: tools
# launch: app

python3 -c '
import errno, select, socket, time
for attempt in range(10):
    with socket.socket() as stream:
        stream.setblocking(False)
        assert stream.connect_ex(("127.0.0.1", 8081)) in (errno.EINPROGRESS, errno.ECONNREFUSED)
        select.select([], [stream], [], 2)
        assert stream.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) in (0, errno.ECONNREFUSED)
    time.sleep(0.2)'
