"""Training tokens per second of a plain PyTorch transformer on the CPU, for comparison.

Usage: torch_train.py THREADS SECONDS VOCABULARY BATCH LENGTH HIDDEN:LAYERS:HEADS:INNER ...
Prints one JSON object: {"version": …, "gflops": …, "tokensPerSecond": [one for each size]}.
"""
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional

threads, seconds, vocabulary, batch, length = (float(word) for word in sys.argv[1:6])
vocabulary, batch, length = int(vocabulary), int(batch), int(length)
torch.set_num_threads(int(threads))
torch.manual_seed(1)


def best_of(step, limit):
    best = float("inf")
    start = time.perf_counter()
    while time.perf_counter() - start < limit:
        before = time.perf_counter()
        step()
        best = min(best, time.perf_counter() - before)
    return best


class Encoder(nn.Module):
    def __init__(self, hidden, layers, heads, inner):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, hidden)
        self.positions = nn.Parameter(torch.randn(length, hidden) * 0.02)
        layer = nn.TransformerEncoderLayer(
            hidden, heads, inner, dropout=0.0, activation="gelu", batch_first=True
        )
        self.body = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(hidden, vocabulary)

    def forward(self, ids):
        return self.head(self.body(self.tokens(ids) + self.positions))


def tokens_per_second(hidden, layers, heads, inner):
    net = Encoder(hidden, layers, heads, inner)
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-4, fused=True)
    ids = torch.randint(0, vocabulary, (batch, length))
    target = torch.randint(0, vocabulary, (batch * length,))

    def step():
        optimiser.zero_grad(set_to_none=True)
        functional.cross_entropy(net(ids).reshape(-1, vocabulary), target).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()

    step()
    return batch * length / best_of(step, seconds)


def gflops(size=1024):
    left, right = torch.randn(size, size), torch.randn(size, size)
    return 2 * size**3 / best_of(lambda: left @ right, 0.5) / 1e9


sizes = [[int(part) for part in word.split(":")] for word in sys.argv[6:]]
speeds = [tokens_per_second(*size) for size in sizes]
print(json.dumps({"version": torch.__version__, "gflops": gflops(), "tokensPerSecond": speeds}))
