"""Sentence vectors by infinity on one thread: for each line of texts (a JSON array) a line of vectors.

infinity_vectors.py MODEL_FOLDER
"""

import asyncio
import contextlib
import json
import sys

import torch
from infinity_emb import AsyncEmbeddingEngine, EngineArgs


async def main() -> None:
    torch.set_num_threads(1)
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        engine = AsyncEmbeddingEngine.from_args(
            EngineArgs(
                model_name_or_path=sys.argv[1],
                engine="torch",
                device="cpu",
                dtype="float32",
                batch_size=32,
                compile=False,
                bettertransformer=False,
                model_warmup=False,
            )
        )
        async with engine:
            for line in sys.stdin:
                vectors, _ = await engine.embed(sentences=json.loads(line))
                print(json.dumps([[round(float(value), 6) for value in each] for each in vectors]), file=answers, flush=True)


asyncio.run(main())
