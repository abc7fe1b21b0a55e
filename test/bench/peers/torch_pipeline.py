"""The pipeline of transformers on torch, batches of 32: what its documentation shows.

usage: torch_pipeline.py INPUT.csv MODEL_DIRECTORY THREADS
"""

import sys
from collections.abc import Callable

import torch
from measure import measure, read_texts
from transformers import AutoModelForSequenceClassification, PreTrainedTokenizerFast, pipeline


def main() -> None:
    path, directory, threads = sys.argv[1:4]
    torch.set_num_threads(int(threads))

    def load() -> Callable[[list[str]], int]:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(directory)
        model = AutoModelForSequenceClassification.from_pretrained(directory)
        classify = pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")

        def label(texts: list[str]) -> int:
            results = classify(texts, batch_size=32, truncation=True, top_k=None, function_to_apply="sigmoid")
            assert len(results) == len(texts)
            return 0

        return label

    measure(read_texts(path), load)


main()
