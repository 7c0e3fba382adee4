#!/usr/bin/env python3
"""Judges the results of one run of the official conformance suite.

    report.py fixture|gateway REVISION FOLDER

Prints totals and every check that failed or warned; exits 1 where there is one, or where the run
was not whole. For the gateway, `gateway_cannot.json` beside this file names the scenarios that a
manifest can't express, each with its reason: those must fail (or the list is out of date), all the
others must pass.
"""
import collections
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
# What a complete run holds at least; fewer means that the suite ended early.
LEAST_SCENARIOS = {"2025-11-25": 33, "2026-07-28": 50}


def read(folder: pathlib.Path):
    """Scenario name -> its checks."""
    scenarios = {}
    for path in sorted(folder.glob("**/checks.json")):
        # server-SCENARIO-2026-01-31T12-00-00-000Z
        name = re.sub(r"-\d{4}-\d\d-\d\dT[\d-]+Z$", "", path.parent.name).removeprefix("server-", )
        scenarios[name] = json.loads(path.read_text())
    return scenarios


def is_bad(check) -> bool:
    return check["status"] in ("FAILURE", "WARNING")


def show(scenario, check) -> None:
    reason = check.get("errorMessage") or check.get("description", "")
    print(f"  {check['status']} {scenario} {check['id']}: {reason[:300]}")


def main() -> int:
    kind, revision, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    scenarios = read(folder)
    cannot = {}
    if kind == "gateway":
        cannot = json.loads((HERE / "gateway_cannot.json").read_text())[revision]
    status = 0
    count = collections.Counter()
    for name, checks in scenarios.items():
        bad = [check for check in checks if is_bad(check)]
        if name in cannot:
            if not bad:
                print(f"  {name} passes, though gateway_cannot.json says that it can't")
                status = 1
            continue
        for check in checks:
            count[check["status"]] += 1
        for check in bad:
            show(name, check)
        status |= bool(bad)
    for name in cannot.keys() - scenarios.keys():
        print(f"  gateway_cannot.json names {name}, which the suite does not run")
        status = 1
    if len(scenarios) < LEAST_SCENARIOS[revision]:
        print(f"  only {len(scenarios)} of {LEAST_SCENARIOS[revision]} scenarios ran; see suite.log")
        status = 1
    passed = count["SUCCESS"]
    judged = passed + count["FAILURE"] + count["WARNING"]
    rest = ", ".join(f"{count[k]} {k.lower()}" for k in sorted(count) if k != "SUCCESS")
    left_out = f", {len(cannot)} scenarios that no manifest expresses" if cannot else ""
    print(f"{kind} {revision}: {passed}/{judged} checks pass in {len(scenarios) - len(cannot)} scenarios"
          f"{' (' + rest + ')' if rest else ''}{left_out}")
    return status


if __name__ == "__main__":
    sys.exit(main())
