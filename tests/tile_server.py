"""
A store of tiles that misbehaves on request; run as a process of its own.

Usage: tile_server.py, which prints its port. ``POST /_/rules`` takes
``{"root": folder, "rules": {part of a name: rule}}`` and forgets what was asked;
``GET /_/log`` gives what was asked since then. A rule may hold:

status, times     answer with this status, so many times (always, when left out)
on                only to this method ("HEAD" or "GET")
cut, times        close the connection after so many bytes of a body
length            added to the Content-Length that is told
flip, times       turn the bits of the byte at this place
wait_s            pause before the answer
wait_for          pause before the answer until this file has so many bytes: [path, bytes]
stall_after       bytes of a body after which it stands still for stall_s (60 s, when left out)
drip_s            pause before each byte of a body
drip_head_s       pause before each byte of a head that never ends
etag              "md5" (the default), "parts", "none", "weak", "new" (another each time), or itself
deaf              ignore Range
careless          ignore If-Range
headers           further headers
range_claim       Content-Range of a part
redirect          send on to this address
endless           give no length, and bytes without an end
no_length         give no length
then              folder of the files after the first GET
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sys
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar


class Handler(BaseHTTPRequestHandler):
    """Answers for one connection."""

    protocol_version = "HTTP/1.1"
    root: ClassVar[Path] = Path()
    rules: ClassVar[dict[str, dict[str, Any]]] = {}
    asked: ClassVar[list[dict[str, Any]]] = []
    lock: ClassVar[threading.Lock] = threading.Lock()
    count: ClassVar[itertools.count[int]] = itertools.count()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Set the rules."""
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.lock:
            Handler.root, Handler.rules = Path(order["root"]), order["rules"]
            Handler.asked.clear()
        self.answer(200, b"")

    def do_HEAD(self) -> None:
        """Serve a head."""
        self.serve()

    def do_GET(self) -> None:
        """Serve a file, or the log."""
        if self.path == "/_/log":
            with self.lock:
                self.answer(200, json.dumps(Handler.asked).encode())
            return
        self.serve()

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        """Send a short answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def rule(self) -> dict[str, Any]:
        """Find the rule for this question, and count down how often it still holds."""
        with self.lock:
            for part, rule in Handler.rules.items():
                if part in self.path and rule.get("on", self.command) == self.command:
                    left = rule.get("times", 1)
                    if left > 0:
                        if "times" in rule:
                            rule["times"] = left - 1
                        return dict(rule)
        return {}

    def serve(self) -> None:
        """Serve a file by the rule for it."""
        rule = self.rule()
        noted = {
            "method": self.command,
            "path": self.path,
            "range": self.headers.get("Range"),
            "if_range": self.headers.get("If-Range"),
            "authorization": self.headers.get("Authorization"),
            "token": self.headers.get("x-ucdp-access-token"),
            "sent": 0,
        }
        with self.lock:
            Handler.asked.append(noted)
        time.sleep(rule.get("wait_s", 0))
        if "wait_for" in rule:
            wait_for(Path(rule["wait_for"][0]), rule["wait_for"][1])
        if "drip_head_s" in rule:
            self.drip_head(rule["drip_head_s"])
            return
        if "redirect" in rule:
            self.answer(302, b"", Location=rule["redirect"])
            return
        if "status" in rule:
            self.answer(rule["status"], b"", **rule.get("headers", {}))
            return
        path = Handler.root / self.path.lstrip("/")
        if not path.is_file():
            self.answer(404, b"no such key")
            return
        body = bytearray(path.read_bytes())
        etag = self.etag(bytes(body), rule)
        if "then" in rule and self.command == "GET":
            Handler.root = Path(rule["then"])
        if "flip" in rule:
            body[rule["flip"]] ^= 0xFF
        self.send_file(bytes(body), etag, rule, noted)

    def drip_head(self, pause_s: float) -> None:
        """Send a head byte by byte until nobody listens."""
        self.close_connection = True
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Endless: ")
            while True:
                self.wfile.write(b"x")
                time.sleep(pause_s)
        except OSError:
            return

    def etag(self, body: bytes, rule: dict[str, Any]) -> str | None:
        """Give the mark of a body."""
        md5 = hashlib.md5(body, usedforsecurity=False)
        kind = rule.get("etag", "md5")
        if kind == "parts":  # as S3 gives for an upload in parts of 5 MiB
            step = 5 * 1024 * 1024
            parts = [body[i : i + step] for i in range(0, len(body), step)]
            joined = b"".join(hashlib.md5(p, usedforsecurity=False).digest() for p in parts)
            return f'"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(parts)}"'
        known = {
            "md5": f'"{md5.hexdigest()}"',
            "none": None,
            "weak": f'W/"{md5.hexdigest()}"',
            "new": f'"state-{next(Handler.count)}"',
        }
        return known.get(kind, kind)

    def send_file(
        self, body: bytes, etag: str | None, rule: dict[str, Any], noted: dict[str, Any]
    ) -> None:
        """Send the head of a file, and go on with its body."""
        total, start = len(body), 0
        wanted = self.headers.get("Range")
        fits = self.headers.get("If-Range") in {None, etag} or rule.get("careless")
        if wanted and fits and not rule.get("deaf"):
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= total:
                self.answer(416, b"")
                return
        self.send_response(206 if start else 200)
        self.send_head(etag, rule, start, total)
        if self.command == "GET":
            self.send_body(body[start:], rule, noted)

    def send_head(self, etag: str | None, rule: dict[str, Any], start: int, total: int) -> None:
        """Send what is told before the body."""
        if etag is not None:
            self.send_header("ETag", etag)
        if rule.get("dated"):
            self.send_header("Last-Modified", formatdate(0, usegmt=True))
        for name, value in rule.get("headers", {}).items():
            self.send_header(name, value)
        if start:
            claim = rule.get("range_claim", f"bytes {start}-{total - 1}/{total}")
            self.send_header("Content-Range", claim)
        unbounded = rule.get("endless") or rule.get("no_length")
        if unbounded and (self.command == "GET" or rule.get("no_length")):
            self.send_header("Connection", "close")
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(total - start + rule.get("length", 0)))
        self.end_headers()

    def send_body(self, body: bytes, rule: dict[str, Any], noted: dict[str, Any]) -> None:
        """Send a body, or as much of it as the rule allows."""
        whole = len(body)
        if rule.get("endless"):
            body = body + bytes(1 << 22)
        body = body[: rule.get("cut", len(body))]
        step = 1 if "drip_s" in rule else 10_000
        try:
            for i in range(0, len(body), step):
                time.sleep(rule.get("drip_s", 0))
                if noted["sent"] == rule.get("stall_after"):
                    self.wfile.flush()
                    time.sleep(rule.get("stall_s", 60))
                self.wfile.write(body[i : i + step])
                noted["sent"] += len(body[i : i + step])
            self.wfile.flush()
        except OSError:
            self.close_connection = True
        if len(body) != whole or rule.get("length"):
            self.close_connection = True


def wait_for(path: Path, size: int) -> None:
    """Wait until a file has so many bytes."""
    while not (path.exists() and path.stat().st_size >= size):
        time.sleep(0.02)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)  # noqa: T201
    sys.stdin.close()
    server.serve_forever()
