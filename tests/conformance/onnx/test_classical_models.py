"""The operators of ai.onnx.ml against ONNX's reference implementation; the
backend suite has few cases of them."""

import numpy as np
import pytest
from onnx import TensorProto, numpy_helper

import reference

FLOAT, INT, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
TRANSFORMS = ["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"]


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def strings(*values):
    return np.array(values, object)


def compare(op, inputs, output_types, **attributes):
    reference.compare(op, inputs, output_types, domain="ai.onnx.ml", **attributes)


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("labels", [
    {"classlabels_ints": [5, 6, 7]},
    {"classlabels_ints": [5, 6]},
    {"classlabels_strings": ["a", "b", "c"]},
])
def test_linear_classifier(transform, labels):
    names = next(iter(labels.values()))
    rows = 1 if len(names) == 2 else 3
    label = INT if "classlabels_ints" in labels else STRING
    compare("LinearClassifier", [random(5, 4)], [label, FLOAT],
            coefficients=random(rows * 4, seed=1).tolist(),
            intercepts=[0.1, 0.2, 0.3][:rows], post_transform=transform, **labels)


def test_linear_classifier_of_one_class():
    compare("LinearClassifier", [random(5, 4)], [INT, FLOAT],
            coefficients=random(4, seed=1).tolist(), intercepts=[0.1],
            classlabels_ints=[5])


def test_linear_classifier_probit():
    compare("LinearClassifier", [np.array([[0.2], [0.7], [0.5]], np.float32)],
            [INT, FLOAT], coefficients=[1.0, -1.0], intercepts=[0.0, 1.0],
            classlabels_ints=[5, 6], post_transform="PROBIT")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_linear_regressor(dtype):
    model = reference.make_model(
        "LinearRegressor", [random(5, 4).astype(dtype)], [FLOAT], "ai.onnx.ml",
        coefficients=random(8, seed=1).tolist(), intercepts=[0.1, 0.2], targets=2)
    x, weights = random(5, 4), random(8, seed=1).reshape(2, 4)
    (found,) = reference.run(model, [x.astype(dtype)])
    assert found.dtype == np.float32  # whatever the features are
    reference.same(found, (x @ weights.T + [0.1, 0.2]).astype(np.float32))


@pytest.mark.parametrize("kernel", ["LINEAR", "POLY", "RBF", "SIGMOID"])
def test_support_vectors(kernel):
    compare("SVMRegressor", [random(5, 4)], [FLOAT], coefficients=[0.3, -0.4, 0.5],
            support_vectors=random(12, seed=1).tolist(), n_supports=3,
            kernel_type=kernel, kernel_params=[0.4, 0.5, 3.0], rho=[0.2])


def test_one_class():
    compare("SVMRegressor", [random(5, 4)], [FLOAT], n_supports=0, one_class=1,
            coefficients=[0.3, -0.4, 0.5, 0.1], kernel_type="LINEAR", rho=[0.2])


@pytest.mark.parametrize("norm", ["MAX", "L1", "L2"])
def test_normalizer(norm):
    x = random(5, 4)
    x[2] = 0
    compare("Normalizer", [x], [FLOAT], norm=norm)


def test_scaler():
    compare("Scaler", [random(5, 4)], [FLOAT], offset=[1.0, 2.0, 3.0, 4.0],
            scale=[2.0, 0.5, 1.0, 3.0])


def test_imputer():
    x = random(5, 4)
    x[0, 1] = x[2, 3] = np.nan
    compare("Imputer", [x], [FLOAT], imputed_value_floats=[1.0, 2.0, 3.0, 4.0],
            replaced_value_float=float("nan"))
    compare("Imputer", [np.array([[1, 2], [2, 3]])], [INT],
            imputed_value_int64s=[7, 8], replaced_value_int64=2)


def test_one_hot_encoder():
    compare("OneHotEncoder", [np.array([[1, 2], [3, 9]])], [FLOAT],
            cats_int64s=[1, 2, 3])
    compare("OneHotEncoder", [strings("a", "c", "z")], [FLOAT],
            cats_strings=["a", "b", "c"])


def test_one_hot_encoder_refuses_what_it_does_not_know():
    model = reference.make_model(
        "OneHotEncoder", [np.array([1, 4])], [FLOAT], "ai.onnx.ml",
        cats_int64s=[1, 2, 3], zeros=0)
    assert reference.run(model, [np.array([1, 3])])[0].tolist() == [[1, 0, 0], [0, 0, 1]]
    with pytest.raises(Exception, match="none of its categories"):
        reference.run(model, [np.array([1, 4])])


def test_features():
    x = random(5, 4)
    compare("FeatureVectorizer", [x, x[:, :2]], [FLOAT], inputdimensions=[3, 4])
    compare("ArrayFeatureExtractor", [x, np.array([[0, 2]])], [FLOAT])
    compare("ArrayFeatureExtractor", [x[0], np.array([1, 3])], [FLOAT])
    compare("ArrayFeatureExtractor", [strings(["a", "b", "c"]), np.array([2, 0])],
            [STRING])
    compare("Binarizer", [x], [FLOAT], threshold=0.3)


def test_label_encoder():
    compare("LabelEncoder", [np.array([1.0, np.nan, 3.0], np.float32)], [STRING],
            keys_floats=[1.0, 3.0], values_strings=["x", "y"], default_string="d")
    compare("LabelEncoder", [np.array([1, 2, 9])], [FLOAT], keys_int64s=[1, 2],
            values_floats=[1.5, 2.5], default_float=-9.0)
    compare("LabelEncoder", [strings("u", "v")], [STRING], keys_strings=["u"],
            values_strings=["U"])
    compare("LabelEncoder", [np.array([1, 2, 9])], [INT], keys_int64s=[1, 2],
            values_int64s=[2**60 + 1, 2], default_int64=7)


def make_forest(trees, depth, classes, what):
    """Complete trees of all comparisons; each leaf weighs one class."""
    generator = np.random.default_rng(3)
    modes = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT"]
    nodes = {name: [] for name in ("treeids", "nodeids", "featureids", "modes", "values",
                                   "truenodeids", "falsenodeids",
                                   "missing_value_tracks_true")}
    weights = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}
    for tree in range(trees):
        for i in range(2 ** (depth + 1) - 1):
            leaf = i >= 2**depth - 1
            row = (tree, i, int(generator.integers(4)),
                   "LEAF" if leaf else modes[generator.integers(4)],
                   float(generator.standard_normal() / 2), 0 if leaf else 2 * i + 1,
                   0 if leaf else 2 * i + 2, int(generator.integers(2)))
            for column, value in zip(nodes.values(), row, strict=True):
                column.append(value)
            if leaf:
                row = (tree, i, int(generator.integers(classes)),
                       float(generator.standard_normal()))
                for column, value in zip(weights.values(), row, strict=True):
                    column.append(value)
    return ({f"nodes_{name}": column for name, column in nodes.items()}
            | {f"{what}_{name}": column for name, column in weights.items()})


def make_features():
    x = random(20, 4)
    x[3] = x[5, 1] = np.nan
    return x


@pytest.mark.parametrize("aggregate", ["SUM", "MIN", "MAX", "AVERAGE"])
def test_tree_regressor(aggregate):
    compare("TreeEnsembleRegressor", [make_features()], [FLOAT], n_targets=2,
            aggregate_function=aggregate, base_values=[0.5, 0.25],
            **make_forest(6, 3, 2, "target"))


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("classes", [1, 3])
def test_tree_classifier(transform, classes):
    compare("TreeEnsembleClassifier", [make_features()], [INT, FLOAT],
            classlabels_int64s=[4, 5, 6] if classes == 3 else [0, 1],
            post_transform=transform, **make_forest(5, 4, classes, "class"))


def test_tree_classifier_with_names():
    compare("TreeEnsembleClassifier", [make_features()], [STRING, FLOAT],
            classlabels_strings=["a", "b", "c"], **make_forest(5, 4, 3, "class"))


def make_ensemble(x, **changes):
    """x[0] equal to 0.1, else x[1] one of three."""
    attributes = {
        "n_targets": 2, "tree_roots": [0, 1], "aggregate_function": 1,
        "nodes_splits": numpy_helper.from_array(np.array([0.1, 0], np.float32)),
        "nodes_modes": numpy_helper.from_array(np.array([5, 6], np.uint8)),
        "nodes_featureids": [0, 1], "nodes_truenodeids": [0, 2],
        "nodes_falsenodeids": [1, 0], "nodes_trueleafs": [1, 1],
        "nodes_falseleafs": [1, 1], "leaf_targetids": [0, 1, 0],
        "leaf_weights": numpy_helper.from_array(np.array([1, 2, 3], np.float32)),
        "membership_values": numpy_helper.from_array(
            np.array([x[0, 1], x[1, 1], x[7, 1], np.nan], np.float32)),
    }
    return attributes | changes


def test_tree_ensemble_asks_for_members():
    x = random(20, 4)
    compare("TreeEnsemble", [x], [FLOAT], **make_ensemble(x))


@pytest.mark.parametrize("changes,message", [
    ({"nodes_trueleafs": [0, 1]}, "circle"),
    ({"nodes_truenodeids": [7, 2]}, "leaf 7 of 3"),
    ({"nodes_featureids": [0, 4]}, "feature 4 of 4"),
    ({"leaf_targetids": [0, 2, 0]}, "target 2 of 2"),
    ({"tree_roots": [-1]}, "roots"),
    ({"nodes_featureids": [0]}, "has 1 elements, expected 2"),
])
def test_what_is_no_tree(changes, message):
    x = random(20, 4)
    model = reference.make_model("TreeEnsemble", [x], [FLOAT], "ai.onnx.ml",
                                 **make_ensemble(x, **changes))
    with pytest.raises(Exception, match=message):
        reference.run(model, [x])
