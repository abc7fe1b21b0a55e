"""What train.py and distil.py share: a run for a fixed time on the clock, its checkpoints, and several processes on one model.

Processes: torch's threads wait for each other at every operation, so on a CPU several processes of one thread train
more tokens in the same time. Each draws its own batches and goes its own way for some steps; then they meet at the
mean of their weights (local SGD, Stich 2019). A row of a table that only some have touched is their mean alone.
"""

import json
import math
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, distributed, multiprocessing, nn

TABLE_ROWS = 1000  # parameters of so many rows are tables, of which a step touches few


def device() -> torch.device:
    """Where models are trained: on a GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def learning_factor(progress: float, warm_up: float = 0.02) -> float:
    """Linear warm-up, then down to 2 % along a cosine."""
    if progress < warm_up:
        return progress / warm_up
    done = min(1.0, (progress - warm_up) / (1 - warm_up))
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done))


class Optimiser:
    """AdamW, and its sparse form for tables of which a batch touches few rows. `rates`: (parameters, learning rate) each."""

    def __init__(self, dense: list[tuple[list, float]], sparse: list[tuple[list, float]], weight_decay: float) -> None:
        self.parameters = [parameter for group, _ in dense for parameter in group]
        self.rates = [rate for _, rate in dense], [rate for _, rate in sparse]
        groups = [[{"params": group} for group, _ in part] for part in (dense, sparse)]
        self.parts = (
            torch.optim.AdamW(groups[0], weight_decay=weight_decay, betas=(0.9, 0.98)),
            torch.optim.SparseAdam(groups[1], betas=(0.9, 0.98)),
        )

    def step(self, loss: Tensor, factor: float) -> None:
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for part, rates in zip(self.parts, self.rates, strict=True):
            for group, rate in zip(part.param_groups, rates, strict=True):
                group["lr"] = factor * rate
            part.step()
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict]:
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, state: list[dict]) -> None:
        for part, values in zip(self.parts, state, strict=True):
            part.load_state_dict(values)


class Run:
    """The clock, the counts and the checkpoint of one training. `parts` are saved and loaded by name; `model` is one of them."""

    def __init__(self, checkpoint: Path, minutes: float, settings: dict, parts: dict, score: Callable[[], dict]) -> None:
        self.checkpoint, self.total, self.settings, self.parts, self.score = checkpoint, minutes * 60, settings, parts, score
        self.elapsed, self.step, self.tokens = 0.0, 0, 0
        self.kept: dict = {}  # what else the checkpoint holds
        self.shown: dict[str, float] = {}
        self.first = not distributed.is_initialized() or distributed.get_rank() == 0
        if checkpoint.exists():
            state = torch.load(checkpoint, map_location="cpu", weights_only=False)
            for name, part in parts.items():
                part.load_state_dict(state["parts"][name])
            self.elapsed, self.step, self.tokens, self.kept = state["elapsed"], state["step"], state["tokens"], state["kept"]
        self.next_dev = self.elapsed + settings["dev_minutes"] * 60
        self.next_checkpoint = self.elapsed + settings["checkpoint_minutes"] * 60
        self.started = time.monotonic() - self.elapsed
        trained = [parameter for part in parts.values() if isinstance(part, nn.Module) for parameter in part.parameters()]
        self.together = Together(trained) if distributed.is_initialized() else None
        self.goes_on = self.elapsed < self.total

    @property
    def progress(self) -> float:
        return self.elapsed / self.total

    def log(self, *what: object) -> None:
        if self.first:
            print(f"{self.elapsed:.0f}s", *what, file=sys.stderr, flush=True)

    def stepped(self, tokens: int, losses: dict[str, Tensor]) -> None:
        """To be called after each step: counts, and does what is due."""
        self.step += 1
        self.tokens += tokens
        self.elapsed = time.monotonic() - self.started
        for task, value in losses.items():
            self.shown[task] = 0.99 * self.shown.get(task, value.item()) + 0.01 * value.item()
        if self.step % 100 == 0:
            rate = f"{self.tokens / self.elapsed:.0f} tokens/s"
            self.log(f"step {self.step} {rate}", {task: round(value, 3) for task, value in self.shown.items()})
        self.goes_on = self.elapsed < self.total
        if self.together:  # they end together, at a meeting
            if self.step % self.settings["meet_steps"]:
                self.goes_on = True
                return
            self.goes_on = self.together.meet(self.goes_on)
        if self.first and self.elapsed >= self.next_dev:
            self.log("dev", json.dumps(self.score()))
            self.next_dev += self.settings["dev_minutes"] * 60
        if self.first and self.elapsed >= self.next_checkpoint:
            self.save()
            self.next_checkpoint += self.settings["checkpoint_minutes"] * 60

    def save(self) -> None:
        parts = {name: part.state_dict() for name, part in self.parts.items()}
        state = {"parts": parts, "elapsed": self.elapsed, "step": self.step, "tokens": self.tokens, "kept": self.kept}
        torch.save(state, self.checkpoint.with_suffix(".part"))
        os.replace(self.checkpoint.with_suffix(".part"), self.checkpoint)

    def finish(self) -> None:
        """Writes model.pt beside the checkpoint."""
        if self.first:
            self.save()
            about = {"step": self.step, "tokens": self.tokens, "seconds": self.elapsed}
            weights = {name: values.cpu() for name, values in self.parts["model"].state_dict().items()}
            torch.save({"model": weights} | about, self.checkpoint.with_name("model.pt"))
            self.log("final dev", json.dumps(self.score()))


class Together:
    """The weights of all processes, drawn to one place now and then."""

    def __init__(self, parameters: list[nn.Parameter]) -> None:
        self.parameters = parameters
        for parameter in parameters:
            distributed.broadcast(parameter.data, 0)
        self.common = [parameter.detach().clone() for parameter in parameters]

    @torch.no_grad()
    def meet(self, goes_on: bool) -> bool:
        """Averages the weights; True as long as the first process wants to go on."""
        for parameter, common in zip(self.parameters, self.common, strict=True):
            change = parameter - common
            movers: Tensor | int = distributed.get_world_size()
            if change.dim() == 2 and len(change) >= TABLE_ROWS:
                movers = (change != 0).any(1, keepdim=True).float()
                distributed.all_reduce(movers)
                movers.clamp_(min=1)
            distributed.all_reduce(change)
            parameter.copy_(common.add_(change / movers))
        answer = torch.tensor([float(goes_on)])
        distributed.broadcast(answer, 0)
        return bool(answer)


def _enter(rank: int, processes: int, port: int, function: Callable, given: tuple) -> None:
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    distributed.init_process_group("gloo", rank=rank, world_size=processes)
    function(*given, rank)
    sys.stderr.flush()
    # Gloo's threads now and then abort while they are taken down, and all other processes would be ended with this one.
    os._exit(0)


def in_processes(function: Callable, given: tuple, threads: int, wanted: int) -> None:
    """Runs `function(*given, threads, processes, rank)` in as many processes as are wanted and have a core; a GPU is for one, this one."""
    processes = 1 if device().type == "cuda" else min(threads, wanted)
    given = (*given, threads, processes)
    if processes == 1:
        function(*given, 0)
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    multiprocessing.spawn(_enter, (processes, port, function, given), nprocs=processes)
