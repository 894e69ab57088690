"""Runs a program on a terminal of its own. argv: columns, rows, program, arguments. What the terminal is sent goes to stdout as it is;
lines on stdin are orders: resize COLUMNS ROWS, signal NAME, type TEXT (JSON), stop, go (nobody reads in between), hang-up. The exit code
(or minus the signal) is written to descriptor 3 as text."""
import fcntl, json, os, pty, select, signal, struct, sys, termios

columns, rows = int(sys.argv[1]), int(sys.argv[2])


def resize(columns, rows):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))


child, master = pty.fork()
if child == 0:
    os.closerange(3, 64)
    # The size must be there before the program looks.
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
    os.execvp(sys.argv[3], sys.argv[3:])

reading, orders, pending, open_master = True, True, b'', True
while open_master:
    ready, _, _ = select.select(([master] if reading else []) + ([0] if orders else []), [], [], 0.1)
    if master in ready:
        try:
            data = os.read(master, 65536)
        except OSError:
            data = b''
        if not data:
            break
        os.write(1, data)
    if 0 in ready:
        data = os.read(0, 65536)
        orders = data != b''
        pending += data
        *lines, pending = pending.split(b'\n')
        for line in lines:
            word, _, rest = line.decode().partition(' ')
            if word == 'resize':
                resize(*map(int, rest.split()))
            elif word == 'signal':
                os.kill(child, getattr(signal, rest))
            elif word == 'type':
                os.write(master, json.loads(rest).encode())
            elif word in ('stop', 'go'):
                reading = word == 'go'
            elif word == 'hang-up':
                os.close(master)
                open_master = False
    if not reading and os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        break
_, status = os.waitpid(child, 0)
os.write(3, str(os.waitstatus_to_exitcode(status)).encode())
