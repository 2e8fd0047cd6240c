"""A small web application: orders are kept in files, one a customer."""
import http.server
import json
import os
import re

FOLDER = "/var/lib/app"


class Shop(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = re.fullmatch(r"/orders/([a-z]+)", self.path)
        path = os.path.join(FOLDER, name[1] + ".json") if name else ""
        if self.path == "/":
            self.reply(200, {"shop": "open"})
        elif path and os.path.exists(path):
            with open(path) as orders:
                self.reply(200, json.load(orders))
        else:
            self.reply(404, {"error": "no such thing"})

    def do_POST(self):
        length = min(int(self.headers.get("Content-Length", 0)), 65536)
        self.rfile.read(length)
        with open(os.path.join(FOLDER, "last.json"), "w") as orders:
            json.dump({"bytes": length}, orders)
        with open(os.path.join(FOLDER, "all.log"), "a") as history:
            history.write(f"{length}\n")
        self.reply(200, {"ordered": length})

    def reply(self, code, value):
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


os.makedirs(FOLDER, exist_ok=True)
http.server.ThreadingHTTPServer(("0.0.0.0", 80), Shop).serve_forever()
