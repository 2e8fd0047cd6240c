# id: A17
# title: An application's JSON-RPC on port 3333 with methods called login and submit
# expect: silent
# image: python
# launch: image
# phase: learning
# timeout: 40

mkdir -p /opt/app
cat >/opt/app/rpc.py <<'END'
import json, socket, threading, time

def serve(listener):
    while True:
        client, _ = listener.accept()
        for line in client.makefile("rb"):
            client.sendall(json.dumps({"jsonrpc": "2.0", "id": json.loads(line)["id"], "result": True}).encode() + b"\n")

listener = socket.create_server(("127.0.0.1", 3333))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
for call in range(10):
    with socket.create_connection(("127.0.0.1", 3333)) as client:
        client.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "login", "params": {"user": "anna", "password": "x"}}).encode() + b"\n")
        client.recv(4096)
        client.sendall(json.dumps({"jsonrpc": "2.0", "id": 2, "method": "submit", "params": {"order": call, "items": 3}}).encode() + b"\n")
        client.recv(4096)
    time.sleep(1)
END
python3 /opt/app/rpc.py
