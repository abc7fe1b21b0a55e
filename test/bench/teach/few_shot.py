"""SetFit on the recipe's pretrained encoder: for `npm run bench:teach` and for the scoreboard."""

import json
import math
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

MOST_TOKENS = 64  # of a text
ASKED = "query: "  # before a text, as the encoder's authors ask for


def encoder_folder(work: Path) -> Path:
    """The recipe's pretrained encoder (multilingual-e5-small, the pieces that 17 languages use) as transformers reads it."""
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = work / "encoder-for-transformers"
    if (folder / "config.json").exists():
        return folder
    saved = torch.load(work / "encoder.pt", weights_only=True)
    shape, own = saved["shape"], saved["weights"]
    config = BertConfig(
        vocab_size=len(own["words.weight"]),
        hidden_size=shape["width"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=shape["feed_forward"],
        max_position_embeddings=shape["positions"],
        type_vocab_size=len(own["types.weight"]),
        layer_norm_eps=shape["epsilon"],
    )
    model = BertModel(config, add_pooling_layer=False)
    inner = {"query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value"}
    inner |= {"attention_out": "attention.output.dense", "attention_norm": "attention.output.LayerNorm"}
    inner |= {"feed_forward_in": "intermediate.dense", "feed_forward_out": "output.dense", "feed_forward_norm": "output.LayerNorm"}
    outer = {"words": "word_embeddings", "positions": "position_embeddings", "types": "token_type_embeddings", "norm": "LayerNorm"}
    state = {}
    for name, values in own.items():
        first, *rest = name.split(".")
        if first == "layers":
            state[f"encoder.layer.{rest[0]}.{inner[rest[1]]}.{rest[2]}"] = values
        else:
            state[f"embeddings.{outer[first]}.{rest[0]}"] = values
    model.load_state_dict(state, strict=True)
    model.save_pretrained(folder)
    special = {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>"}
    special |= {"pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(work / "tokenizer.json"), model_max_length=shape["positions"], **special)
    tokenizer.save_pretrained(folder)
    # The class's name of this version is unknown to earlier ones, which infinity needs.
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tokenizer_class": "PreTrainedTokenizerFast"}))
    return folder


def epoch_steps(classes: list[int]) -> int:
    """Batches of 16 in one of SetFit's epochs: all pairs of rows, the rarer of alike and unlike ones repeated to as many as the others."""
    counts = Counter(classes).values()
    alike = sum(count * (count + 1) // 2 for count in counts)
    unlike = len(classes) * (len(classes) + 1) // 2 - alike
    return math.ceil(2 * max(alike, unlike) / 16)


def setfit(work: Path, texts: list[str], classes: list[int], most_steps: int, seed: int) -> Callable[[list[str]], np.ndarray]:
    """A function from texts to classes, int [texts], trained by SetFit's own trainer with its defaults: one epoch over its pairs, at most
    `most_steps` of 16. On a GPU if there is one.
    """
    import torch
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer
    from setfit import SetFitModel, Trainer, TrainingArguments
    from sklearn.linear_model import LogisticRegression

    layers = Transformer(str(encoder_folder(work)), max_seq_length=MOST_TOKENS)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    body = SentenceTransformer(modules=[layers, Pooling(layers.get_embedding_dimension()), Normalize()], device=device)
    model = SetFitModel(model_body=body, model_head=LogisticRegression(max_iter=1000))
    data = Dataset.from_dict({"text": [ASKED + text for text in texts], "label": classes})
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            batch_size=16,
            num_epochs=1,
            max_steps=most_steps if epoch_steps(classes) > most_steps else -1,  # else it would go on past the epoch
            seed=seed,
            report_to="none",
            save_strategy="no",
            show_progress_bar=False,
        )
        trainer = Trainer(model=model, args=arguments, train_dataset=data)
        trainer.train()
    print(f"SetFit: {trainer.st_trainer.state.global_step} steps", file=sys.stderr)

    def label(texts: list[str]) -> np.ndarray:
        return np.array(model.predict([ASKED + text for text in texts], batch_size=32, use_labels=False), np.int64)

    return label
