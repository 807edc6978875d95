"""Runs a command on a pseudo-terminal of its own: terminal.py ROWS COLUMNS COMMAND [ARG...]

Standard input is typed, what appears is standard output, lines `ROWS COLUMNS` on descriptor 3 resize. Ends as the command.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios


def resize(terminal, rows, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main():
    pid, terminal = pty.fork()
    if pid == 0:
        resize(0, int(sys.argv[1]), int(sys.argv[2]))
        os.close(3)
        os.execvp(sys.argv[3], sys.argv[3:])
    sources = [0, 3, terminal]
    while True:
        ready, _, _ = select.select(sources, [], [])
        for source in ready:
            try:
                data = os.read(source, 65536)
            except OSError:
                data = b""
            if source == terminal:
                if not data:
                    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                os.write(1, data)
            elif not data:
                sources.remove(source)
            elif source == 0:
                os.write(terminal, data)
            else:
                resize(terminal, *map(int, data.split(b"\n")[-2].split()))


main()
