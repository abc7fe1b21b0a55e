"""ONNX Runtime and Hugging Face's tokenizers in Python, as one writes it by hand: batches of 32, padded.

usage: onnx_batches.py INPUT.csv MODEL.onnx TOKENIZER.json MAX_LENGTH THREADS (input-order | by-length) [ROWS]
"""

import sys
from collections.abc import Callable

import numpy as np
import onnxruntime
from measure import measure, read_texts
from tokenizers import Tokenizer

BATCH = 32


def main() -> None:
    path, model, tokenizer_file, max_length, threads, order = sys.argv[1:7]
    rows = int(sys.argv[7]) if len(sys.argv) > 7 else None

    def load() -> Callable[[list[str]], int]:
        tokenizer = Tokenizer.from_file(tokenizer_file)
        tokenizer.enable_truncation(int(max_length))
        tokenizer.enable_padding(pad_id=tokenizer.token_to_id("<pad>") or 0)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(threads)
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        inputs = [value.name for value in session.get_inputs()]

        def label(texts: list[str]) -> int:
            # Sorting by characters is what sentence-transformers does, and needs no second pass.
            places = range(len(texts))
            if order == "by-length":
                places = sorted(places, key=lambda place: -len(texts[place]))
            results: list[list[np.ndarray] | None] = [None] * len(texts)
            tokens = 0
            for first in range(0, len(texts), BATCH):
                batch = places[first : first + BATCH]
                encodings = tokenizer.encode_batch([texts[place] for place in batch])
                ids = np.array([encoding.ids for encoding in encodings], dtype=np.int64)
                mask = np.array([encoding.attention_mask for encoding in encodings], dtype=np.int64)
                feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
                logits = session.run(None, {name: feeds[name] for name in inputs})
                scores = [1 / (1 + np.exp(-each)) for each in logits]
                for row, place in enumerate(batch):
                    results[place] = [each[row] for each in scores]
                tokens += int(mask.sum())
            assert all(result is not None for result in results)
            return tokens

        return label

    measure(read_texts(path)[:rows], load)


main()
