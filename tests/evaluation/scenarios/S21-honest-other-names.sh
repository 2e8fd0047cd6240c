# id: S21
# title: Login shells, links to programs and threads with names of their own
# expect: silent
# image: tools
# launch: app

bash -c 'exec -a -bash bash -c true'
ln -s /usr/bin/python3 /var/lib/app/python
/var/lib/app/python -c '
import ctypes, threading
def work():
    ctypes.CDLL(None).prctl(15, b"gc-worker-1", 0, 0, 0)
thread = threading.Thread(target=work)
thread.start()
thread.join()'
