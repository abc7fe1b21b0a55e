"""The teacher as a bundle in fp32: what the students are measured against. It is not shipped.

python teacher_bundle.py --config config.toml --work WORK --out DIRECTORY
"""

import json
import sys
from pathlib import Path

from tokenizers import Tokenizer

import bundle
from compress import calibrate, export, measure
from corpus import Corpus
from settings import arguments, load, tier_folder
from training import load_model

NAME = "teacher-fp32"


def build(work: Path, out: Path, config: dict) -> None:
    config = config | {"student": config["teacher"] | {"name": NAME}}
    corpus, folder = Corpus.load(work), tier_folder(work, config)
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    model = load_model(config, work / "teacher" / "model.pt", config["teacher"])
    calibrate(model, tokenizer, corpus, config)
    export(model, folder / "model.onnx")
    report, thresholds = measure(folder / "model.onnx", tokenizer, corpus, config, model.shape.pieces)
    (folder / "thresholds-int8.json").write_text(json.dumps(thresholds))
    bundle.build(work, out, config)
    print(json.dumps(report), file=sys.stderr)


def main() -> None:
    parser = arguments(__doc__, with_tier=False)
    parser.add_argument("--out", type=Path, required=True, help="bundle directory")
    given = parser.parse_args()
    build(given.work, given.out, load(given.config))


if __name__ == "__main__":
    main()
