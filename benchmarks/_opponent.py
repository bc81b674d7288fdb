"""Another program that answers the same question, in a process of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pandas as pd


class Opponent:
    """It writes its answers to a file, then times one round for every line it reads."""

    def __init__(self, command: list[str | Path], rows: Path, answers: Path) -> None:
        command = [str(part) for part in (*command, rows, answers)]
        self.process = subprocess.Popen(
            command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.version = self.process.stdout.readline().strip()
        if not self.version:
            raise SystemExit(f"{command[0]} did not answer; its own message stands above.")
        self.answers = pd.read_csv(answers)

    def round(self) -> float:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()
