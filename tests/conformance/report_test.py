#!/usr/bin/env python3
"""Tests of report.py: what makes a run of the conformance suite fail."""
import contextlib
import io
import json
import pathlib
import tempfile
import unittest

import report


class ReportTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        report.LEAST_SCENARIOS = {"r1": 2}
        self.excuses({})

    def excuses(self, checks):
        report.EXCUSES = self.folder / "cannot.json"
        report.EXCUSES.write_text(json.dumps([{"reason": "so it is", "checks": {"r1": checks}}] if checks else []))

    def judge(self, scenarios, kind="gateway"):
        results = self.folder / "results"
        for name, checks in scenarios.items():
            place = results / f"server-{name}-2026-01-31T12-00-00-000Z"
            place.mkdir(parents=True)
            (place / "checks.json").write_text(
                json.dumps([{"id": id, "status": status} for id, status in checks.items()]))
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = report.main([kind, "r1", str(results)])
        return status, out.getvalue()

    def test_passes_where_all_checks_do(self):
        status, text = self.judge({"a": {"one": "SUCCESS", "two": "INFO"}, "b": {"three": "SUCCESS"}})
        self.assertEqual(status, 0)
        self.assertIn("2/2 checks pass in 2 scenarios (1 info)", text)

    def test_fails_for_failures_and_warnings(self):
        for bad in ("FAILURE", "WARNING"):
            with self.subTest(bad):
                self.setUp()
                status, text = self.judge({"a": {"one": bad}, "b": {"two": "SUCCESS"}})
                self.assertEqual(status, 1)
                self.assertIn(f"{bad} a one", text)

    def test_passes_over_what_is_excused(self):
        self.excuses(["a one", "b *"])
        status, text = self.judge({"a": {"one": "FAILURE", "two": "SUCCESS"}, "b": {"x": "FAILURE", "y": "SUCCESS"}})
        self.assertEqual(status, 0, text)
        self.assertIn("2 excused", text)

    def test_excuses_nothing_for_the_fixture(self):
        self.excuses(["a one"])
        self.assertEqual(self.judge({"a": {"one": "FAILURE"}, "b": {"two": "SUCCESS"}}, kind="fixture")[0], 1)

    def test_fails_for_an_excuse_that_nothing_needs(self):
        for stale in ("a one", "b *", "gone *"):
            with self.subTest(stale):
                self.setUp()
                self.excuses([stale])
                status, text = self.judge({"a": {"one": "SUCCESS"}, "b": {"two": "SUCCESS"}})
                self.assertEqual(status, 1)
                self.assertIn(f"excuses {stale}, which does not fail (take it out)", text)

    def test_fails_where_the_run_was_not_whole(self):
        self.assertEqual(self.judge({"a": {"one": "SUCCESS"}})[0], 1)


if __name__ == "__main__":
    unittest.main()
