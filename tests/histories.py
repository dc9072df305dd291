"""`make histories`: random histories, many more than the tests try; each line is held against `git blame`.

    python tests/histories.py [--seeds 1000] [--first 0] [--check NAME]

A disagreement is printed with the call that shows it again; then the status is 1 in the end.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from support import looks

CHECKS = {
    check.__name__.removeprefix("check_"): check
    for check in (
        looks.check_against_blame,
        looks.check_ignored,
        looks.check_moves,
        looks.check_times,
        looks.check_what_is_known,
    )
}

REPORT = 100
"""Seeds from one line of progress to the next."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--check", choices=CHECKS, action="append", help="only this one (default: all)")
    asked = parser.parse_args()
    bad = 0
    started = time.process_time()
    for done, seed in enumerate(range(asked.first, asked.first + asked.seeds), 1):
        dice = random.Random(seed)
        size, share = dice.randint(1, 45), dice.choice([0.05, 0.3, 1.0])
        for name in asked.check or CHECKS:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    CHECKS[name](Path(folder), seed, size, share)
                except AssertionError as error:
                    bad += 1
                    print(f"check_{name}(folder, {seed}, {size}, {share}): {error}", flush=True)
        if done % REPORT == 0 or done == asked.seeds:
            print(
                f"{done:,} histories, {bad} disagreements, {time.process_time() - started:,.0f} s of CPU",
                flush=True,
            )
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
