"""Instructions of a gateway's calls, counted by valgrind's callgrind: the same from run to run, whatever else the machine
does."""
import re
import subprocess

from .load import call_script, measure
from .processes import Workshop
from .upstream import Nginx

#: Answered within two seconds they show that what is done once is done.
WARM_CALLS = 100


def _lines(annotated):
    for line in annotated.splitlines():
        found = re.match(r"\s*([\d,]+) \(\s*[\d.]+%\)\s+(.*)", line)
        if found and "PROGRAM TOTALS" not in line:
            yield int(found.group(1).replace(",", "")), found.group(2)


def count(make, seconds):
    """`make(workshop, upstream, wrapper=…)` gives the Gateway. Returns (calls, [(instructions, where)])."""
    with Workshop() as workshop:
        nginx = Nginx(workshop)
        out = workshop.path("callgrind.out")
        gateway = make(workshop, nginx.upstream,
                       wrapper=["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"])
        call = call_script(workshop, "call", "shop_get-order", {"order": "1001"}, gateway.token)
        # Under valgrind the first call derives its credential's key for seconds.
        while measure(gateway.url, call, 8, 2).requests < WARM_CALLS:
            pass

        def counting(state):
            subprocess.run(["callgrind_control", "-i", state, str(gateway.child.pid)], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        counting("on")
        measured = measure(gateway.url, call, 8, seconds)
        counting("off")
        gateway.stop()
        annotated = subprocess.run(["callgrind_annotate", "--auto=no", "--threshold=100", out], capture_output=True,
                                   text=True, check=True).stdout
        return measured.requests, list(_lines(annotated))
