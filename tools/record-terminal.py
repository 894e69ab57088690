"""Runs a command on a terminal of its own, 80 columns wide, and writes what it shows there to a file: record-terminal.py FILE COMMAND...

The exit code is the command's own. Standard library alone.
"""
import fcntl
import os
import pty
import struct
import sys
import termios

path, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    # Before the command can ask for it.
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 500, 80, 0, 0))
    os.execvp(command[0], command)
with open(path, "wb") as shown:
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux says EIO when the other side is closed.
            break
        if not piece:
            break
        shown.write(piece)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
