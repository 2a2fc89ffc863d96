"""A run that fails leaves nothing behind: the next one, on the same shapes, is right."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import lazuli

TABLE = np.arange(4000, dtype=np.float32).reshape(4, 1000)


@pytest.fixture(scope="module")
def embedding(tmp_path_factory):
    node = helper.make_node("Gather", ["table", "ids"], ["y"], name="embedding")
    graph = helper.make_graph(
        [node], "graph", [helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "length"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", "length", 1000])],
        [numpy_helper.from_array(TABLE, "table")])
    path = tmp_path_factory.mktemp("recovery") / "embedding.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    return path


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("length", [2, 300])
def test_a_good_run_after_a_bad_one(embedding, threads, length):
    model = lazuli.compile(embedding, threads=threads)
    good = np.arange(length).reshape(1, length) % 4
    bad = good.copy()
    bad[0, -1] = 7
    for _ in range(2):
        with pytest.raises(lazuli.Error, match=r"index 7 is out of range \[-4, 4\)"):
            model.run(bad)
        np.testing.assert_array_equal(model.run(good)[0], TABLE[good])
