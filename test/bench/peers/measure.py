"""What every peer written in Python does alike: read the texts, take the time, say what was measured."""

import csv
import json
import resource
import sys
import time
from collections.abc import Callable


def read_texts(path: str) -> list[str]:
    csv.field_size_limit(sys.maxsize)
    with open(path, encoding="utf-8", newline="") as file:
        return [row["comment"] for row in csv.DictReader(file)]


def measure(texts: list[str], load: Callable[[], Callable[[list[str]], int]]) -> None:
    """Loads a peer, lets it label all texts, and prints the result; a peer returns the tokens it computed."""
    started = time.perf_counter()
    label = load()
    label(texts[:32])
    loaded = time.perf_counter()
    cpu = time.process_time()
    tokens = label(texts)
    result = {
        "rows": len(texts),
        "tokens": tokens,
        "loadMs": (loaded - started) * 1000,
        "elapsedMs": (time.perf_counter() - loaded) * 1000,
        "cpuMs": (time.process_time() - cpu) * 1000,
        "peakRssMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(result))
