"""A bundle's weights as floats, to go on training from where the run that made it is gone.

    python bundle_weights.py --bundle ../voxpop-mini --config config.toml --work WORK

Writes start.pt and phrases.pt into the tier's folder. The temperatures and shifts of the calibration stay in the heads. The ids of the
pieces must be the bundle's: `tokenizer.py --vocabulary BUNDLE/tokenizer.json`.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from calibrate import scale_heads
from model import Model, Phrases
from settings import arguments, load, tier_folder
from train import model_config, of_depth, task_sizes

PRODUCTS = {"MatMulIntegerToFloat", "Gemm"}


def int8_values(arrays: dict[str, np.ndarray], values: str, scale: str, zero_point: str, axis: int) -> np.ndarray:
    shape = [1] * arrays[values].ndim
    shape[axis] = -1
    zero = arrays[zero_point].astype(np.float32).reshape(shape)
    return (arrays[values].astype(np.float32) - zero) * arrays[scale].reshape(shape)


def int4_values(packed: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Float32 [rows, width], as static_int8.four_bits packed them: two to a byte, 8 is none, one scale per block."""
    values = np.stack([packed & 15, packed >> 4], -1).reshape(len(packed), -1).astype(np.float32) - 8
    return values * np.repeat(scale.astype(np.float32), values.shape[1] // scale.shape[1], axis=1)


def weights_of(graph: onnx.GraphProto) -> dict[str, Tensor]:
    """The state of model.Model, from a graph as compress.py writes it."""
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}
    found: dict[str, np.ndarray] = {}
    for name, values in arrays.items():
        table = name.removesuffix("_int8").removesuffix("_int4")
        if name.endswith("_int8"):
            found[table] = values.astype(np.float32) * arrays[f"{table}_scale"]
        elif name.endswith("_int4"):
            found[table] = int4_values(values, arrays[f"{table}_scale"])
        elif name.startswith("model.") and values.dtype == np.float32 and not name.endswith("_scale"):
            found[name] = values  # norms, positions, biases
    for node in graph.node:
        if node.op_type not in PRODUCTS:
            continue
        module = ".".join(node.name.strip("/").split("/")[:-1])
        if node.op_type == "MatMulIntegerToFloat":
            found[f"{module}.weight"] = int8_values(arrays, node.input[1], node.input[3], node.input[5], axis=1).T
        else:  # the heads, [labels, width] as torch has them; bias too is an integer
            for part, name in zip(("weight", "bias"), node.input[1:], strict=True):
                found[f"{module}.{part}"] = arrays[name] if name in arrays else int8_values(arrays, *makers[name].input, axis=0)
    return {name.removeprefix("model."): torch.from_numpy(np.array(values, np.float32)) for name, values in found.items()}


def as_trained(weights: dict[str, Tensor], config: dict) -> Model:
    """The model with its phrases, their scores at full weight as phrases.py and train.py leave them."""
    config = of_depth(config, weights)
    pieces, shares = len(weights["embedding.weight"]), config["phrases"]["weight"]
    model = Model(model_config(config, pieces))
    if "phrases.pairs.weight" in weights:
        buckets, width = weights["phrases.pairs.weight"].shape
        model.phrases = Phrases(pieces, buckets, width, {task: size for task, size in task_sizes(config).items() if task in shares})
    model.load_state_dict(weights)
    for task in model.phrases.tasks if model.phrases else ():
        scale_heads(model, task, 1 / (1 - shares[task]), 1 / shares[task])
    return model


def build(work: Path, config: dict, bundle: Path, without_layers: bool) -> None:
    model, folder = as_trained(weights_of(onnx.load(bundle / "model.onnx").graph), config), tier_folder(work, config)
    if model.phrases:
        torch.save({"model": model.phrases.state_dict(), "tasks": model.phrases.tasks}, folder / "phrases.pt")
    left_out = ("phrases.", "layers.") if without_layers else ("phrases.",)
    weights = {name: values for name, values in model.state_dict().items() if not name.startswith(left_out)}
    torch.save({"model": weights}, folder / "start.pt")
    print(f"{sum(values.numel() for values in weights.values())} weights of {bundle}", file=sys.stderr)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--without-layers", action="store_true", help="for an encoder of more or fewer layers, which start as pretrained")
    given = parser.parse_args()
    build(given.work, load(given.config, given.tier), given.bundle, given.without_layers)


if __name__ == "__main__":
    main()
