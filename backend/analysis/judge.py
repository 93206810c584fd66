"""Decides over the reports of schemathesis (NDJSON): no answer may be a 5xx or another than described, and of the requests that
the description allows fewer than 1 % may be refused as malformed. Texts have rules that no pattern says: checksums of wallets,
cursors of another list, the grammar of login messages.
"""

import json
import sys
from collections import Counter

REJECTED_MAX = 0.01


def scenarios(path):
    with open(path, encoding="utf-8") as events:
        for event in map(json.loads, events):
            if any("Error" in kind for kind in event):
                sys.exit(f"{path}: {json.dumps(event)[:1000]}")
            # What the time ended before its first request has no cases.
            recorder = event.get("ScenarioFinished", {}).get("recorder", {})
            if "cases" in recorder:
                yield recorder


def is_valid(case):
    meta = case["value"].get("meta") or {}
    return meta.get("generation", {}).get("mode") == "positive"


def main(paths):
    sent, valid, rejected, violations = 0, 0, Counter(), Counter()
    for recorder in (recorder for path in paths for recorder in scenarios(path)):
        sent += len(recorder["cases"])
        valid += sum(map(is_valid, recorder["cases"].values()))
        for checks in recorder["checks"].values():
            for check in (check for check in checks if check["status"] == "failure"):
                found = rejected if check["name"] == "positive_data_acceptance" else violations
                found[(recorder["label"], check["name"])] += 1
    for (label, name), count in sorted((rejected + violations).items()):
        print(f"{label}: {name}, {count} times")
    share = rejected.total() / valid if valid else 1
    print(f"{sent} requests, {violations.total()} violations, {rejected.total()} of {valid} valid ones rejected ({share:.2%})")
    return 1 if violations or share >= REJECTED_MAX else 0


sys.exit(main(sys.argv[1:]))
