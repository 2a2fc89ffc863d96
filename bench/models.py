"""Architectures of the zoo: those of the published models, with seeded random weights.

A function of this file gives (module, example inputs, names of the inputs). `build`
seeds it, so that every process that builds a model gets the same numbers.
"""

import torch
import transformers
from torch import nn


class Field(nn.Module):
    """A transformers model as a function of positional tensors with one tensor as its result."""

    def __init__(self, model, field, names):
        super().__init__()
        self.model, self.field, self.names = model, field, names

    def forward(self, *tensors):
        out = self.model(**dict(zip(self.names, tensors)), return_dict=True)
        return getattr(out, self.field)


def _classifier(model):
    return Field(model, "logits", ["pixel_values"]), _image(224), ["pixel_values"]


def _image(side):
    return (torch.randn(1, 3, side, side),)


def _tokens(vocabulary, length=128):
    return torch.randint(0, vocabulary, (1, length))


def mlp():
    net = nn.Sequential(nn.Linear(512, 1024), nn.BatchNorm1d(1024), nn.ReLU(),
                        nn.Linear(1024, 1024), nn.BatchNorm1d(1024), nn.ReLU(),
                        nn.Linear(1024, 10))
    return net, (torch.randn(32, 512),), ["x"]


def two_layers():
    """So small that what is timed is the call."""
    net = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 8))
    return net, (torch.randn(1, 16),), ["x"]


def resnet50():
    return _classifier(transformers.ResNetForImageClassification(
        transformers.ResNetConfig(num_labels=1000)))


def mobilenet_v2():
    return _classifier(transformers.MobileNetV2ForImageClassification(
        transformers.MobileNetV2Config(num_labels=1001)))


def convnext_tiny():
    return _classifier(transformers.ConvNextForImageClassification(
        transformers.ConvNextConfig(num_labels=1000)))


def vit_b16():
    return _classifier(transformers.ViTForImageClassification(
        transformers.ViTConfig(num_labels=1000)))


def bert_base():
    model = transformers.BertModel(transformers.BertConfig(attn_implementation="eager"),
                                   add_pooling_layer=False)
    names = ["input_ids", "attention_mask"]
    ids = _tokens(model.config.vocab_size)
    return Field(model, "last_hidden_state", names), (ids, torch.ones_like(ids)), names


def gpt2_prefill():
    model = transformers.GPT2LMHeadModel(
        transformers.GPT2Config(use_cache=False, attn_implementation="eager"))
    ids = _tokens(model.config.vocab_size)
    return Field(model, "logits", ["input_ids"]), (ids,), ["input_ids"]


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(256, 512, num_layers=2, batch_first=True)
        self.head = nn.Linear(512, 64)

    def forward(self, x):
        return self.head(self.lstm(x)[0])


def lstm():
    return Tagger(), (torch.randn(8, 100, 256),), ["x"]


def _convolutions(channels_in, channels_out):
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, padding=1), nn.BatchNorm2d(channels_out), nn.ReLU(),
        nn.Conv2d(channels_out, channels_out, 3, padding=1), nn.BatchNorm2d(channels_out),
        nn.ReLU())


class UNet(nn.Module):
    def __init__(self, widths=(32, 64, 128, 256)):
        super().__init__()
        self.down = nn.ModuleList(map(_convolutions, (3,) + widths, widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(below, above, 2, stride=2)
                                for above, below in zip(widths, widths[1:]))
        self.merge = nn.ModuleList(_convolutions(2 * width, width) for width in widths[:-1])
        self.pool, self.head = nn.MaxPool2d(2), nn.Conv2d(widths[0], 2, 1)

    def forward(self, x):
        skips = []
        for depth, block in enumerate(self.down):
            x = block(x if depth == 0 else self.pool(x))
            skips.append(x)
        for depth in reversed(range(len(self.merge))):
            x = self.merge[depth](torch.cat([self.up[depth](x), skips[depth]], 1))
        return self.head(x)


def unet():
    return UNet(), _image(256), ["x"]


def whisper_tiny_encoder():
    model = transformers.WhisperModel(transformers.WhisperConfig(
        d_model=384, encoder_layers=4, encoder_attention_heads=6, encoder_ffn_dim=1536,
        decoder_layers=1, attn_implementation="eager")).encoder
    names = ["input_features"]
    return Field(model, "last_hidden_state", names), (torch.randn(1, 80, 3000),), names


def _settle_batch_norms(model, args):
    """Random statistics would let activations grow without bound: these are of a real pass."""
    norms = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    if not norms:
        return
    for norm in norms:
        norm.momentum = None
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.normal_(norm.bias, std=0.1)
    model.train()
    with torch.no_grad():
        model(*(torch.randn(max(4, a.shape[0]), *a.shape[1:]) for a in args))


def build(function):
    """The seeded model in eval mode, its inputs and their names."""
    torch.manual_seed(sum(map(ord, function.__name__)))
    model, args, names = function()
    _settle_batch_norms(model, args)
    return model.eval(), args, names
