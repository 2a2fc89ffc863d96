#!/usr/bin/env python3
"""Train the demo's network in PyTorch, with PyTorch's own lazy modules.

Writes beside itself
  digits.safetensors   the trained state dict (keys as in digits.cpp)
  heldout.npz          images f32 [360, 1, 8, 8] in 0..1 and labels i64 [360], never seen in training
The data is the UCI handwritten digits set that scikit-learn ships. Takes about a minute:
  python examples/digits/train.py
"""
import pathlib

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn


def network() -> nn.Module:
    """No layer names an input size: the first batch tells them all."""
    return nn.Sequential(
        nn.LazyConv2d(16, 3, padding=1), nn.LazyBatchNorm2d(), nn.ReLU(),
        nn.LazyConv2d(32, 3, padding=1), nn.LazyBatchNorm2d(), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(),
        nn.LazyLinear(64), nn.ReLU(),
        nn.LazyLinear(10),
    )


def shifted(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Each image moved by up to one pixel: more data than 1,437 digits are."""
    padded = nn.functional.pad(images, (1, 1, 1, 1))
    moves = torch.randint(0, 3, (len(images), 2), generator=generator)
    return torch.stack([p[:, y:y + 8, x:x + 8] for p, (y, x) in zip(padded, moves.tolist())])


def main() -> None:
    here = pathlib.Path(__file__).resolve().parent
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    images, labels = load_digits(return_X_y=True)
    images = (images / 16.0).astype(np.float32).reshape(-1, 1, 8, 8)
    x_train, x_test, y_train, y_test = train_test_split(
        images, labels.astype(np.int64), test_size=0.2, random_state=0, stratify=labels)
    x, y = torch.from_numpy(x_train), torch.from_numpy(y_train)

    model = network()
    model(x[:2])  # materializes every lazy layer
    epochs, batch = 40, 64
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(epochs):
        model.train()
        order = torch.randperm(len(x), generator=generator)
        for part in order.split(batch):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(shifted(x[part], generator)), y[part])
            loss.backward()
            optimizer.step()
        schedule.step()

    model.eval()
    with torch.no_grad():
        accuracy = (model(torch.from_numpy(x_test)).argmax(1).numpy() == y_test).mean()
    print(f"held-out accuracy {accuracy:.2%} on {len(y_test)} images")
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, here / "digits.safetensors")
    np.savez_compressed(here / "heldout.npz", images=x_test, labels=y_test)


if __name__ == "__main__":
    main()
