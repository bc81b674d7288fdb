"""The same shares by svy, timed on request: python _svy.py ROWS.csv ANSWERS.csv"""

import sys
import time

import polars as pl
import svy

rows, answers = sys.argv[1:]
frame = pl.read_csv(rows)
items = [name for name in frame.columns if name.startswith("q")]
sample = svy.Sample(frame, svy.Design(stratum="region", psu="commune", wgt="weight"))


def shares():
    return sample.estimation.mean(items, by=["wave", "region"])


names = {"y": "outcome", "wave": "wave", "region": "region", "est": "estimate", "se": "std_error"}
shares().to_polars().select(pl.col(old).alias(new) for old, new in names.items()).write_csv(answers)
print(f"svy {svy.__version__}", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    shares()
    print(time.perf_counter() - start, flush=True)
