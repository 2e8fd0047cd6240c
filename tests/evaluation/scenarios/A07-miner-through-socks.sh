# id: A07
# title: A Python launcher starts a preloaded miner that goes through a SOCKS proxy, and on inside TLS
# expect: alert
# severity: high
# kinds: process, network, library
# attck: T1090.003
# image: tools
# launch: app
# peers: tls:443
# companion: /tmp/dao
# timeout: 50
# within: 15

cat >/tmp/pc.c <<'END'
int runtime_stand_in(void) { return 0; }
END
gcc -shared -fPIC -nostdlib -o /tmp/libproxychains.so.4 /tmp/pc.c
cat >/tmp/dao.py <<'END'
import os, socket, ssl, subprocess, threading

def relay(source, sink):
    while data := source.recv(4096):
        sink.sendall(data)

def anonymise(listener):
    """A SOCKS5 server that takes every stream to the one peer there is, inside TLS, as Tor does."""
    client, _ = listener.accept()
    client.recv(3)
    client.sendall(b"\x05\x00")
    client.recv(256)
    client.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    upstream = context.wrap_socket(socket.create_connection(("tls", 443)), server_hostname="www.abcdefghij.net")
    threading.Thread(target=relay, args=(upstream, client), daemon=True).start()
    relay(client, upstream)

listener = socket.create_server(("127.0.0.1", 9050))
threading.Thread(target=anonymise, args=(listener,), daemon=True).start()
subprocess.run(["/tmp/dao"], env={**os.environ, "LD_PRELOAD": "/tmp/libproxychains.so.4"}, timeout=40)
END
python3 /tmp/dao.py
exit 0
