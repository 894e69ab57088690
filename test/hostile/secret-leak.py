"""Prints its first argument in every way in which programs print secrets by mistake."""
import base64, html, json, subprocess, sys, time, urllib.parse

secret = sys.argv[1]
raw = secret.encode()


def wrapped(text, width):
    return "\n".join(text[i : i + width] for i in range(0, len(text), width))


def forms(s, b):
    b64 = base64.b64encode
    pad = b"u" * 100
    yield s
    yield json.dumps(s)
    yield json.dumps({s: "as a key"})
    yield json.dumps(json.dumps({"inner": s}))
    yield json.dumps(json.dumps(json.dumps(s)))
    yield json.dumps(s, ensure_ascii=False)
    yield "".join("\\u%04x" % ord(c) for c in s)
    yield "".join("\\u%04X" % ord(c) for c in s)
    yield "".join("\\x%02x" % x for x in b)
    yield "".join("\\%03o" % x for x in b)
    yield repr(s)
    yield repr(b)
    yield repr([repr(s)])
    yield urllib.parse.quote(s)
    yield urllib.parse.quote(s, safe="")
    yield urllib.parse.quote_plus(s)
    yield urllib.parse.quote(urllib.parse.quote(s, safe=""), safe="")
    yield "".join("%%%02x" % x for x in b)
    yield "postgresql://app:%s@db.example:5432/app" % urllib.parse.quote(s, safe="")
    yield "fatal: Authentication failed for 'https://%s@git.example/x.git/'" % urllib.parse.quote(s, safe="")
    yield "https://user:%s@host/" % s
    yield html.escape(s)
    yield "".join("&#%d;" % ord(c) for c in s)
    yield "".join("&#x%x;" % ord(c) for c in s)
    yield b64(b).decode()
    yield base64.urlsafe_b64encode(b).decode()
    for shift in range(4):
        yield b64(b"x" * shift + b + b"yz").decode()
    yield "Authorization: Basic " + b64(b"user:" + b).decode()
    yield wrapped(b64(pad + b + pad).decode(), 64)
    yield wrapped(b64(pad + b + pad).decode(), 76).replace("\n", "\r\n")
    yield json.dumps(wrapped(b64(pad + b + pad).decode(), 76))
    yield json.dumps({"auths": b64(json.dumps({"auth": b64(b"user:" + b).decode()}).encode()).decode()})
    yield b64(s.encode("utf-16-le")).decode()
    yield b64(urllib.parse.quote(s, safe="").encode()).decode()
    yield b.hex()
    yield b.hex().upper()
    yield b.hex(":")
    yield b.hex(" ")
    yield b.hex(" ", 2)
    yield ", ".join("0x%02x" % x for x in b)
    yield "\\x" + b.hex()
    yield "'" + s.replace("'", "'\\''") + "'"
    yield "'" + s.replace("'", "''") + "'"
    yield "U&'" + "".join("\\%04x" % ord(c) for c in s) + "'"
    yield "E'" + s.replace("\\", "\\\\").replace("'", "\\'") + "'"
    yield subprocess.run(["bash", "-c", 'printf %q "$1"', "bash", s], capture_output=True, text=True).stdout
    yield subprocess.run(["bash", "-c", 'set -x; : "$1"', "bash", s], capture_output=True, text=True).stderr
    yield "a: |\n    " + s


out = sys.stdout.buffer
for form in forms(secret, raw):
    out.write(form.encode("utf-8", "replace") + b"\n")
out.write(secret.encode("utf-16-le") + b"\n" + secret.encode("utf-16-be") + b"\n")
out.flush()
# Byte by byte, so that each lies in a chunk of its own; then in pieces that end in the middle.
for stream in (sys.stdout, sys.stderr):
    for byte in (secret + "\n" + base64.b64encode(raw).decode() + "\n").encode():
        stream.buffer.write(bytes([byte]))
        stream.buffer.flush()
        time.sleep(0.0002)
# At the borders of chunks, of the excerpts, and in a line that is longer than any reader keeps.
for offset in range(0, len(raw) + 3, 5):
    sys.stderr.buffer.write(b"." * (65536 - offset) + raw + b"\n")
sys.stderr.buffer.flush()
out.write(b"." * 70000 + raw + b"." * 70000 + b"\n")
out.flush()
out.write(b"~" * (4096 - len(raw) // 2) + b"\n")
out.write(b"done\n")
