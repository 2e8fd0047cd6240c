# id: T01n
# title: JSON that only resembles a pool's protocol, and a log that speaks of it
# expect: silent
# image: tools
# launch: app
# timeout: 40

python3 -c '
import json, socket, threading
messages = [
    {"jsonrpc": "2.0", "id": 1, "method": "login", "params": {"user": "anna", "password": "x"}},
    {"jsonrpc": "2.0", "id": 2, "method": "submit", "params": {"form": "order", "items": [1, 2]}},
    {"jsonrpc": "2.0", "id": 3, "method": "keepalive"},
    {"level": "warn", "message": "blocked: {\"method\":\"mining.subscribe\"} from 198.51.100.7"},
    {"method": "job.list", "login": "anna", "agent": "browser"},
]
def serve(listener):
    while True:
        client, _ = listener.accept()
        client.recv(4096)
        client.close()
listener = socket.create_server(("127.0.0.1", 8090))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
for message in messages:
    with socket.create_connection(("127.0.0.1", 8090)) as client:
        client.sendall(json.dumps(message).encode() + b"\n")
        client.recv(1)'
