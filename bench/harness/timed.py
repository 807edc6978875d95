"""Runs a command and writes what it cost to descriptor 3, as JSON: Node.js cannot ask wait4 about one child.

peak is the largest resident set of any one process among the command and what it waited for, in bytes.
"""

import json
import os
import sys
import time

os.set_inheritable(3, False)
start = time.monotonic()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
seconds = time.monotonic() - start
cost = {
    "seconds": seconds,
    "cpu": usage.ru_utime + usage.ru_stime,
    "peak": usage.ru_maxrss * 1024,
    "exit": os.waitstatus_to_exitcode(status),
}
os.write(3, json.dumps(cost).encode())
