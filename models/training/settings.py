"""The config file, seen from one tier: `[tiers.NAME.*]` replaces what stands in the sections of the same name."""

import argparse
import os
import tomllib
from pathlib import Path


def overlay(config: dict, changes: dict) -> dict:
    return config | {
        name: overlay(config[name], value) if isinstance(value, dict) and isinstance(config.get(name), dict) else value
        for name, value in changes.items()
    }


def load(path: Path, tier: str | None = None) -> dict:
    config = tomllib.loads(path.read_text(encoding="utf-8"))
    tiers = config.pop("tiers", {})
    if tier is not None and tier not in tiers:
        raise SystemExit(f"{path} has no tier {tier!r}: it has {', '.join(tiers)}. Without --tier it is {config['student']['name']}.")
    return overlay(config, tiers[tier]) if tier else config


def tiers(path: Path) -> list[str | None]:
    """All tiers of a config; None is the default one."""
    return [None, *tomllib.loads(path.read_text(encoding="utf-8")).get("tiers", {})]


def tier_folder(work: Path, config: dict) -> Path:
    """Where a tier's own files go; what all tiers share lies in `work` itself."""
    folder = work / config["student"]["name"]
    folder.mkdir(exist_ok=True)
    return folder


def arguments(description: str, with_tier: bool = True, with_threads: bool = False) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description.split("\n")[0])
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    if with_tier:
        parser.add_argument("--tier", help="a tier of the config other than the default one")
    if with_threads:
        parser.add_argument("--threads", type=int, default=os.cpu_count())
    return parser
