"""A proxy before the stand-in that passes everything through unchanged, and keeps what was said."""

import http.client
import http.server
import threading
import urllib.parse

DROPPED = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class Recorder(http.server.ThreadingHTTPServer):
    """Listens on a free port of the loopback interface, and speaks to the stand-in at `port`."""

    daemon_threads = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", 0), Passing)
        self.port = port
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.exchanges = []
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Passing(http.server.BaseHTTPRequestHandler):
    """Passes one request on."""

    protocol_version = "HTTP/1.1"

    def passed(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        onward = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in {"host", *DROPPED}}
        onward.request(self.command, self.path, body=body, headers=headers)
        reply = onward.getresponse()
        answer = reply.read()
        here = urllib.parse.urlsplit(self.path)
        with self.server.lock:
            self.server.exchanges.append(
                {
                    "method": self.command,
                    "path": urllib.parse.unquote(here.path),
                    "query": here.query,
                    "body": body.decode("utf-8", "replace"),
                    "status": reply.status,
                    "response": answer.decode("utf-8", "replace"),
                }
            )
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in DROPPED:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        onward.close()

    do_GET = passed
    do_POST = passed
    do_DELETE = passed

    def log_message(self, *_):
        """Nothing: the exchanges are kept."""
