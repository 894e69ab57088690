"""Types into an interactive shell on a terminal of its own: `shell-terminal.py SHELL [ARGUMENT…] < KEYS`, where KEYS is JSON, a list of
texts. Each is typed when the prompt stands there. Prints what the terminal showed. The shell's prompt must be `READY> `."""
import json
import os
import pty
import select
import sys
import time

keys = json.load(sys.stdin)
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
shown = b""
seen = 0
# Only against a shell that never comes to its prompt.
until = time.monotonic() + 50


def read():
    global shown
    if not select.select([terminal], [], [], 1)[0]:
        return True
    try:
        chunk = os.read(terminal, 65536)
    except OSError:
        return False
    shown += chunk
    return chunk != b""


for text in [*keys, "exit\n"]:
    alive = True
    while alive and b"READY> " not in shown[seen:] and time.monotonic() < until:
        alive = read()
    seen = len(shown)
    if not alive:
        break
    os.write(terminal, text.encode())
while time.monotonic() < until and read():
    pass
os.close(terminal)
os.waitpid(child, 0)
sys.stdout.buffer.write(shown)
