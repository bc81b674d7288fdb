"""The same regression by svy, timed on request: python _svy_glm.py +|* ROWS.csv ANSWERS.csv"""

import sys
import time

import polars as pl
import svy

sign, rows, answers = sys.argv[1:]
sample = svy.Sample(pl.read_csv(rows), svy.Design(stratum="region", psu="commune", wgt="weight"))
wave, region = svy.Cat("wave", ref="Q1"), svy.Cat("region", ref="R1")
terms = [wave, region, svy.Cross(wave, region)] if sign == "*" else [wave, region]


def regression():
    return sample.glm.fit("y", x=terms, family="binomial")


names = {"term": "coefficient", "estimate": "estimate", "std_err": "std_error", "df": "df"}
table = regression().fitted.to_polars()
table.select(pl.col(old).alias(new) for old, new in names.items()).write_csv(answers)
print(f"svy {svy.__version__}", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    regression()
    print(time.perf_counter() - start, flush=True)
