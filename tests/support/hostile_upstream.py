#!/usr/bin/env python3
"""An HTTP API that means its callers ill: it repeats what it was sent in every spelling, redirects
elsewhere, streams in splinters and stalls.

    hostile_upstream.py [CERTIFICATE KEY]

Prints "PORT OTHER_PORT" once it listens: the API, over TLS where there is a certificate, and another
origin that credentials must not reach. Prints "other: PATH" for each request that gets there.
"""
import base64
import http.server
import json
import ssl
import sys
import threading
import time
import urllib.parse

OTHER_PORT = 0


def escaped(text, form):
    return "".join(form % ord(c) for c in text)


SPELLINGS = {
    "plain": lambda t: t,
    "json": lambda t: json.dumps(t),
    "slashes": lambda t: t.replace("/", "\\/"),
    "unicode": lambda t: escaped(t, "\\u%04x"),
    "twice": lambda t: json.dumps(json.dumps(t)),
    "percent": lambda t: urllib.parse.quote(t, safe=""),
    "percent-all": lambda t: escaped(t, "%%%02x"),
    "percent-twice": lambda t: urllib.parse.quote(urllib.parse.quote(t, safe=""), safe=""),
    "base64": lambda t: base64.b64encode(t.encode("latin-1")).decode(),
    "base64-1": lambda t: base64.b64encode(b"x" + t.encode("latin-1")).decode(),
    "base64-2": lambda t: base64.b64encode(b"xy" + t.encode("latin-1")).decode(),
    "base64url": lambda t: base64.urlsafe_b64encode(t.encode("latin-1")).decode(),
}


class Other(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        print("other:", self.path.split("?")[0], flush=True)
        text = self.path + "\n" + str(self.headers)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode("latin-1"))

    def log_message(self, *_):
        pass


class Hostile(Other):
    def answer(self, status, body, content_type="text/plain", headers=()):
        data = body.encode("latin-1")
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def stream(self, text, size):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        events = "data: start\n\ndata: " + text.replace("\n", " ").replace("\r", "") + "\n\n"
        for at in range(0, len(events), size):
            piece = events[at:at + size].encode("latin-1")
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def redirect(self, status, where):
        scheme = "https" if isinstance(self.connection, ssl.SSLSocket) else "http"
        here = "%s://%s" % (scheme, self.headers["Host"])
        query = urllib.parse.urlsplit(self.path).query
        location = {
            "same": "/echo/plain",
            "loop": self.path,
            "other": "http://127.0.0.1:%d/stolen" % OTHER_PORT,
            "carrying": "http://127.0.0.1:%d/stolen?%s" % (OTHER_PORT, query),
            "protocol-relative": "//127.0.0.1:%d/stolen" % OTHER_PORT,
            "name": here.replace("127.0.0.1", "localhost") + "/echo/plain",
            "metadata": "http://169.254.169.254/latest/meta-data/",
            "decimal": "http://2130706433:%d/stolen" % OTHER_PORT,
            "user": "http://127.0.0.1@127.0.0.1:%d/stolen" % OTHER_PORT,
        }[where]
        self.answer(status, "", headers=[("Location", location)])

    def act(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("latin-1")
        sent = self.path + "\n" + str(self.headers) + body
        parts = urllib.parse.urlsplit(self.path).path.strip("/").split("/")
        what, how = parts[0], parts[1] if len(parts) > 1 else ""
        if what == "echo":
            self.answer(200, SPELLINGS[how](sent))
        elif what == "fields":  # each header's value by itself, as a JSON document
            values = [SPELLINGS[how](value) for value in self.headers.values()]
            self.answer(200, json.dumps({"sent": values, "target": SPELLINGS[how](self.path),
                                         "body": SPELLINGS[how](body)}), "application/json")
        elif what == "last":
            self.close_connection = True
            self.answer(200, SPELLINGS[how](sent), headers=[("Connection", "close")])
        elif what == "error":
            self.answer(500, json.dumps({"message": sent}), "application/json",
                        [("X-Echo", (self.headers["Authorization"] or ""))])
        elif what == "stream":
            self.stream(sent, int(how))
        elif what == "redirect":
            self.redirect(int(how), parts[2])
        elif what == "stall":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it")
            self.wfile.flush()
            time.sleep(30)
        else:
            self.answer(404, sent)

    do_GET = do_POST = do_DELETE = act


def serve(handler, certificate=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


OTHER_PORT = serve(Other)
print(serve(Hostile, sys.argv[1:3] if len(sys.argv) > 2 else None), OTHER_PORT, flush=True)
sys.stdin.read()  # until whoever started this closes it
