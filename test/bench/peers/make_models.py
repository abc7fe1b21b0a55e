"""Models that only their size matters of: random weights, the shapes of what people would use.

usage: make_models.py BUNDLE_DIRECTORY OUT

OUT/bert: BertForSequenceClassification with the vocabulary, width, layers and feed-forward of the bundle's model.
OUT/xlmr.onnx: XLM-R base, float32: 12 layers of 768, 3072, 12 heads, 250,002 pieces.
"""

import json
import shutil
import sys
from collections import Counter
from pathlib import Path

import onnx
import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)


def shape_of(model: Path) -> dict[str, int]:
    """Sizes of an encoder, read off its weights: the table has the most rows, the projections of attention are squares."""
    weights = [tuple(each.dims) for each in onnx.load(model).graph.initializer if len(each.dims) == 2]
    squares = Counter(rows for rows, columns in weights if rows == columns)
    width, count = squares.most_common(1)[0]
    # A feed-forward block may be in two parts, one of them in float.
    inner = sum(
        {columns for rows, columns in weights if rows == width and columns not in (width, 3 * width) and (columns, width) in weights}
    )
    # Query, key and value are one matrix in some models.
    layers = sum(dims == (width, 3 * width) for dims in weights) or count // 4
    return {"vocab_size": max(rows for rows, _ in weights), "hidden_size": width, "intermediate_size": inner, "num_hidden_layers": layers}


def export(model: torch.nn.Module, path: Path) -> None:
    class Logits(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    ids = torch.ones(2, 8, dtype=torch.int64)
    axes = {0: "batch", 1: "sequence"}
    torch.onnx.export(
        Logits().eval(),
        (ids, ids),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )


def main() -> None:
    bundle, out = Path(sys.argv[1]), Path(sys.argv[2])
    manifest = json.loads((bundle / "bundle.json").read_text())
    labels = sum(len(task["labels"]) for task in manifest["tasks"])
    length = manifest["max_length"]
    torch.manual_seed(1)

    shape = shape_of(bundle / "model.onnx")
    directory = out / "bert"
    special = {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(bundle / "tokenizer.json"), model_max_length=length, **special)
    tokenizer.save_pretrained(directory)
    heads = max(1, shape["hidden_size"] // 32)  # as many as MiniLM has
    config = BertConfig(
        **shape, num_attention_heads=heads, max_position_embeddings=length, num_labels=labels, pad_token_id=tokenizer.pad_token_id
    )
    BertForSequenceClassification(config).save_pretrained(directory)
    (directory / "shape.json").write_text(json.dumps(shape))

    # What transformers.js loads: the bundle's own model and tokenizer under the names that it expects.
    own = out / "own"
    (own / "onnx").mkdir(parents=True, exist_ok=True)
    shutil.copy(bundle / "model.onnx", own / "onnx" / "model.onnx")
    shutil.copy(bundle / "tokenizer.json", own / "tokenizer.json")
    (own / "config.json").write_text(json.dumps({"model_type": "bert", "architectures": ["BertModel"]}))
    names = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": length, **special}
    (own / "tokenizer_config.json").write_text(json.dumps(names))

    xlmr = XLMRobertaConfig(
        vocab_size=250002,
        hidden_size=768,
        num_hidden_layers=12,
        num_attention_heads=12,
        intermediate_size=3072,
        max_position_embeddings=514,
        num_labels=labels,
        attn_implementation="eager",
    )
    if not (out / "xlmr.onnx").exists():
        export(XLMRobertaForSequenceClassification(xlmr), out / "xlmr.tmp.onnx")
        (out / "xlmr.tmp.onnx").rename(out / "xlmr.onnx")


main()
