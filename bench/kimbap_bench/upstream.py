"""nginx as the local API that every contender calls, and as the proxies that kimbap is set beside."""
import os

from .processes import answers, free_port, wait_for

SMALL = ('{"id":"1001","customer":"Ada","amount":4900,"state":"paid",'
         '"items":[{"sku":"A-1","quantity":2},{"sku":"B-7","quantity":1}]}')


def json_of(size):
    """A JSON answer of about `size` bytes that looks like a list of orders."""
    if size <= len(SMALL):
        return SMALL
    rows = [SMALL] * (size // (len(SMALL) + 1))
    return '{"orders":[' + ",".join(rows) + "]}"


class Nginx:
    """An upstream that answers from memory or disk, and two ways of `proxy_pass` to it, with an access log, as kimbap
    must log too: as nginx does it by itself, over a connection to the upstream for each request (`proxy`), and told
    to keep those connections (`tuned_proxy`). One worker a core each."""

    def __init__(self, workshop, answer=SMALL):
        self.upstream_port, self.proxy_port, self.tuned_port = free_port(), free_port(), free_port()
        home = workshop.folder
        workshop.write("www/answer.json", answer)
        workshop.write("nginx.conf", f"""
{"user root;" if os.geteuid() == 0 else ""}
worker_processes auto; pid {home}/nginx.pid; error_log {home}/nginx.err; daemon off;
events {{ worker_connections 4096; }}
http {{
    access_log off; keepalive_requests 1000000000; default_type application/json;
    sendfile on; open_file_cache max=10 inactive=1h;
    client_body_temp_path {home}/nb; proxy_temp_path {home}/np; fastcgi_temp_path {home}/nf;
    uwsgi_temp_path {home}/nu; scgi_temp_path {home}/ns;
    upstream api {{ server 127.0.0.1:{self.upstream_port}; keepalive 256;
                    keepalive_requests 1000000000; }}
    server {{ listen 127.0.0.1:{self.upstream_port} backlog=4096; root {home}/www;
              location / {{ {self._answering(answer)} }} }}
    server {{ listen 127.0.0.1:{self.proxy_port} backlog=4096; access_log {home}/access.log;
              location / {{ proxy_pass http://127.0.0.1:{self.upstream_port}; }} }}
    server {{ listen 127.0.0.1:{self.tuned_port} backlog=4096; access_log {home}/access.log;
              location / {{ proxy_pass http://api; proxy_http_version 1.1;
                            proxy_set_header Connection ""; }} }}
}}
""")
        workshop.start("nginx", ["/usr/sbin/nginx", "-c", workshop.path("nginx.conf"), "-e",
                                 workshop.path("nginx.err")])
        for port in (self.upstream_port, self.proxy_port, self.tuned_port):
            wait_for("nginx", lambda port=port: answers(f"http://127.0.0.1:{port}/"))

    @staticmethod
    def _answering(answer):
        # Static files take no POST, as proxied requests may be: 405 becomes the file all the same.
        return (f"return 200 '{answer}';" if len(answer) < 2000 else
                "error_page 405 =200 /answer.json; try_files /answer.json =404;")

    @property
    def upstream(self):
        return f"http://127.0.0.1:{self.upstream_port}"

    @property
    def proxy(self):
        return f"http://127.0.0.1:{self.proxy_port}/"

    @property
    def tuned_proxy(self):
        return f"http://127.0.0.1:{self.tuned_port}/"
