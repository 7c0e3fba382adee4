#!/usr/bin/env python3
"""Judges the results of one run of the official conformance suite.

    report.py fixture|gateway REVISION FOLDER

Prints totals and every check that failed or warned; exits 1 where there is one, or where the run
was not whole. For the gateway, `gateway_cannot.json` beside this file names the checks that no
manifest can make pass, each group with its reason; all the others must pass, and one that is
excused must fail, so that the list says what is so.
"""
import collections
import json
import pathlib
import re
import sys

EXCUSES = pathlib.Path(__file__).parent / "gateway_cannot.json"
# What a complete run holds at least; fewer means that the suite ended early.
LEAST_SCENARIOS = {"2025-11-25": 33, "2026-07-28": 50}


def read(folder: pathlib.Path):
    """Scenario name -> its checks."""
    scenarios = {}
    for path in sorted(folder.glob("**/checks.json")):
        # server-SCENARIO-2026-01-31T12-00-00-000Z
        name = re.sub(r"-\d{4}-\d\d-\d\dT[\d-]+Z$", "", path.parent.name).removeprefix("server-")
        scenarios[name] = json.loads(path.read_text())
    return scenarios


def is_bad(check) -> bool:
    return check["status"] in ("FAILURE", "WARNING")


def show(scenario, check) -> None:
    reason = check.get("errorMessage") or check.get("description", "")
    print(f"  {check['status']} {scenario} {check['id']}: {reason[:300]}")


def excused(kind: str, revision: str) -> set[str]:
    """The names "SCENARIO CHECK" of what the gateway can't pass; CHECK may be * for all."""
    if kind != "gateway":
        return set()
    groups = json.loads(EXCUSES.read_text())
    return {name for group in groups for name in group["checks"].get(revision, [])}


def main(arguments) -> int:
    kind, revision, folder = arguments[0], arguments[1], pathlib.Path(arguments[2])
    scenarios = read(folder)
    excuses = excused(kind, revision)
    used = set()
    status = 0
    count = collections.Counter()
    for scenario, checks in scenarios.items():
        for check in checks:
            names = {f"{scenario} {check['id']}", f"{scenario} *"} & excuses
            if is_bad(check) and names:
                used |= names
                count["EXCUSED"] += 1
                continue
            count[check["status"]] += 1
            if is_bad(check):
                show(scenario, check)
                status = 1
    for name in sorted(excuses - used):
        print(f"  gateway_cannot.json excuses {name}, which does not fail (take it out)")
        status = 1
    if len(scenarios) < LEAST_SCENARIOS[revision]:
        print(f"  only {len(scenarios)} of {LEAST_SCENARIOS[revision]} scenarios ran; see suite.log")
        status = 1
    passed = count["SUCCESS"]
    judged = passed + count["FAILURE"] + count["WARNING"]
    rest = ", ".join(f"{count[k]} {k.lower()}" for k in sorted(count) if k != "SUCCESS")
    print(f"{kind} {revision}: {passed}/{judged} checks pass in {len(scenarios)} scenarios"
          f"{' (' + rest + ')' if rest else ''}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
