"""label.py <in.jsonl> <out.jsonl> [options of voxpop score]: a pool of long-lived filters, fed with blocks of lines.

One filter per core of the cluster (`RAY_ADDRESS`, else this machine), each with its model loaded once.
"""

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from itertools import islice

import ray

BLOCK_LINES = 2000
RETRIES = 3


class FilterDied(Exception):
    """voxpop ended in the middle of a block; the block may be sent again."""


# Blocks of an actor that dies are sent again to its successor, with or without an exception.
@ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=RETRIES)
class Labeller:
    def __init__(self, options: list[str]) -> None:
        self.command = ["voxpop", "score", "-", "--line-buffered", "--errors", "inline"]
        self.command += ["--workers", "1", "--quiet", *options]
        self.start()

    def start(self) -> None:
        self.filter = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    @ray.method(retry_exceptions=[FilterDied])
    def label(self, block: bytes) -> bytes:
        # Answers are read while lines are sent, or both sides would wait for each other.
        feeder = threading.Thread(target=self.feed, args=(block,))
        feeder.start()
        answers = [self.filter.stdout.readline() for _ in range(block.count(b"\n"))]
        feeder.join()
        if not answers[-1].endswith(b"\n"):
            code = self.filter.wait()
            # 2: the command or the bundle is wrong, and would be again.
            if code == 2:
                raise SystemError("voxpop ended with exit code 2: see the actor's log")
            self.start()
            raise FilterDied(f"voxpop ended with {code}")
        return b"".join(answers)

    def feed(self, block: bytes) -> None:
        try:
            self.filter.stdin.write(block)
            self.filter.stdin.flush()
        except BrokenPipeError:
            pass  # Its missing answers say so.


def blocks(path: str) -> Iterator[bytes]:
    with open(path, "rb") as lines:
        while block := list(islice(lines, BLOCK_LINES)):
            yield b"".join(block[:-1]) + block[-1].rstrip(b"\n") + b"\n"


def main() -> None:
    source, target, *options = sys.argv[1:]
    ray.init()
    pool = [Labeller.remote(options) for _ in range(int(ray.cluster_resources()["CPU"]))]
    waiting = deque()
    with open(f"{target}.part", "wb") as out:
        for index, block in enumerate(blocks(source)):
            waiting.append(pool[index % len(pool)].label.remote(block))
            # Some blocks ahead, not the whole file.
            if len(waiting) > 3 * len(pool):
                out.write(ray.get(waiting.popleft()))
        for answers in waiting:
            out.write(ray.get(answers))
    os.replace(f"{target}.part", target)


main()
