"""lazuli run: every kind of input and output, states, batches, and every failure."""

import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from cli import failing, lazuli, lazuli_json


def outputs(*arguments):
    return {o["name"]: np.array(o["data"], dtype=np.float32)
            for o in lazuli_json("run", *arguments)["outputs"]}


def run_add(models, a, b, tmp_path):
    np.save(tmp_path / "a.npy", a)
    np.save(tmp_path / "b.npy", b)
    return outputs(models / "add.lzm", "-i", f"a=@{tmp_path / 'a.npy'}",
                   "-i", f"b=@{tmp_path / 'b.npy'}")["sum"]


# ---- inputs ----------------------------------------------------------------


def test_npy(models, tmp_path):
    a = np.random.default_rng(0).random((7, 2), dtype=np.float32)
    np.testing.assert_array_equal(run_add(models, a, 2 * a, tmp_path), a + 2 * a)


def test_npy_layouts(models, tmp_path):
    a = np.random.default_rng(0).random((7, 2), dtype=np.float32)
    for other in (np.asfortranarray(a), a.astype(">f4")):
        np.testing.assert_array_equal(run_add(models, other, a, tmp_path), a + a)


def test_npz(models, tmp_path):
    a = np.random.default_rng(0).random((500, 2), dtype=np.float32)
    a[100:] = 1  # compresses well
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "in.npz", left=a, right=a + 1)
        got = outputs(models / "add.lzm", "-i", f"a=@{tmp_path}/in.npz:left",
                      "-i", f"b=@{tmp_path}/in.npz:right")["sum"]
        np.testing.assert_array_equal(got, a + (a + 1))


def test_npz_streamed_zip64(models, tmp_path):
    a = np.ones((3, 2), np.float32)
    np.save(tmp_path / "a.npy", a)
    with zipfile.ZipFile(tmp_path / "in.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("a.npy", "w", force_zip64=True) as member:
            member.write((tmp_path / "a.npy").read_bytes())
    got = outputs(models / "add.lzm", "-i", f"a=@{tmp_path}/in.npz", "-i",
                  f"b=@{tmp_path}/in.npz:a")["sum"]
    np.testing.assert_array_equal(got, a + a)


def test_json_file_and_literal(models, tmp_path):
    (tmp_path / "a.json").write_text('{"a": [[1, 2]]}')
    got = outputs(models / "add.lzm", "-i", f"a=@{tmp_path}/a.json:a", "-i", "b=[[0.5,-2]]")["sum"]
    np.testing.assert_array_equal(got, [[1.5, 0]])


def test_random_is_seeded(models):
    base = (models / "add.lzm", "-i", "a=random", "-i", "b=random", "--dim", "n=4", "--seed")
    first, again, other = outputs(*base, 1), outputs(*base, 1), outputs(*base, 2)
    assert first["sum"].shape == (4, 2)
    np.testing.assert_array_equal(first["sum"], again["sum"])
    assert (first["sum"] != other["sum"]).any()


def test_repeated_inputs_are_joined(models):
    got = outputs(models / "add.lzm", "-i", "a=[[1,2]]", "-i", "a=[[3,4]]", "-i", "b=f32[2,2]")
    assert got["sum"].shape == (2, 2)


def test_images(tmp_path):
    """A model that gives back its input shows what became of an image."""
    (tmp_path / "id.mlir").write_text("""
lz.symbol "n" dynamic {min = 1, max = 8}
lz.func @forward(%x: !lz.tensor<"n" x 3 x 4 x 6 x f32> {lz.name = "x"}) -> (!lz.tensor<"n" x 3 x 4 x 6 x f32> {lz.name = "y"}) {
  %0 = lz.relu %x : (!lz.tensor<"n" x 3 x 4 x 6 x f32>) -> !lz.tensor<"n" x 3 x 4 x 6 x f32>
  lz.return %0 : !lz.tensor<"n" x 3 x 4 x 6 x f32>
}
""")
    lazuli("compile", tmp_path / "id.mlir", "-o", tmp_path / "id.lzm")
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    Image.fromarray(pixels).resize((60, 40)).save(tmp_path / "b.jpg")
    Image.fromarray(pixels[..., 0]).save(tmp_path / "gray.png")
    got = outputs(tmp_path / "id.lzm", "-i", f"x=@{tmp_path}/a.png", "-i", f"x=@{tmp_path}/b.jpg",
                  "-i", f"x=@{tmp_path}/gray.png")["y"]
    assert got.shape == (3, 3, 4, 6)
    np.testing.assert_allclose(got[0], pixels.transpose(2, 0, 1) / 255, atol=1e-6)
    assert (got[1] >= 0).all() and (got[1] <= 1).all()
    np.testing.assert_allclose(got[2], np.stack([pixels[..., 0]] * 3) / 255, atol=1e-6)


def test_model_that_is_not_compiled(models, tmp_path):
    got = outputs(models / "linear.mlir", "--random-weights", "--seed", 3, "-i", "x=f32[2,4]")
    same = outputs(models / "linear.lzm", "--seed", 3, "-i", "x=f32[2,4]")
    np.testing.assert_allclose(got["y"], same["y"], rtol=1e-6)


# ---- outputs ---------------------------------------------------------------


def test_text(models):
    text = lazuli("run", models / "add.lzm", "-i", "a=[[1,2]]", "-i", "b=[[1,2]]").stdout
    assert "sum: f32[1, 2]" in text and "[[2, 4]]" in text


def test_files(models, tmp_path):
    lazuli("run", models / "add.lzm", "-i", "a=[[1,2]]", "-i", "b=[[1,2]]", "--output-dir",
           tmp_path / "new" / "out", "-o", f"sum=@{tmp_path}/s.npy")
    for path in (tmp_path / "new" / "out" / "sum.npy", tmp_path / "s.npy"):
        np.testing.assert_array_equal(np.load(path), [[2, 4]])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new", "s.npy"]


def test_top_k_with_labels_and_truth(models, tmp_path):
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    np.save(tmp_path / "truth.npy", np.array([1, 0, 1]))
    np.save(tmp_path / "b.npy", np.zeros((3, 2), np.float32))
    base = ("run", models / "add.lzm", "-i", "a=[[0,1],[2,1],[3,1]]", "-i",
            f"b=@{tmp_path}/b.npy", "--labels", tmp_path / "labels.txt", "--truth",
            f"@{tmp_path / 'truth.npy'}")
    text = lazuli(*base).stdout
    assert "accuracy 66.67 % (2 of 3)" in text and "dog" in text and "(is dog)" in text
    found = json.loads(lazuli(*base, "--json", "--top-k", 2).stdout)["classification"]
    assert found["accuracy"] == 1.0
    assert [p["name"] for p in found["rows"][0]["predictions"]] == ["dog", "cat"]


def test_special_values_in_json(models):
    result = lazuli_json("run", models / "add.lzm", "-i", 'a=[["inf",1]]', "-i", 'b=[["-inf",2]]')
    assert result["outputs"][0]["data"] == [["nan", 3.0]]


def test_profile(models, tmp_path):
    lazuli("run", models / "add.lzm", "-i", "a=[[1,2]]", "-i", "b=[[1,2]]", "--profile",
           tmp_path / "trace.json", "--repeat", 3)
    trace = json.loads((tmp_path / "trace.json").read_text())
    assert len(trace["traceEvents"]) == 3
    assert {"name", "ts", "dur", "ph"} <= set(trace["traceEvents"][0])


# ---- batches and states ----------------------------------------------------


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 200])
def test_batch_over(models, tmp_path, rows):
    x = np.random.default_rng(0).random((rows, 4), dtype=np.float32)
    np.save(tmp_path / "x.npy", x)
    base = (models / "linear.lzm", "-i", f"x=@{tmp_path}/x.npy", "--batch-over", "x")
    whole = outputs(*base)["y"]
    assert whole.shape == (rows, 3)
    np.testing.assert_array_equal(whole, outputs(*base, "--batch-size", 7)["y"])


def test_batch_over_a_fixed_size(models, tmp_path):
    lazuli("compile", models / "linear.mlir", "-o", tmp_path / "l.lzm", "--example", "x=f32[8,4]",
           "--random-weights", "--seed", 3)
    x = np.random.default_rng(0).random((21, 4), dtype=np.float32)
    np.save(tmp_path / "x.npy", x)
    fixed = outputs(tmp_path / "l.lzm", "-i", f"x=@{tmp_path}/x.npy", "--batch-over", "x")["y"]
    free = outputs(models / "linear.lzm", "-i", f"x=@{tmp_path}/x.npy")["y"]
    np.testing.assert_allclose(fixed, free, rtol=1e-6)


def test_states_are_saved_and_put_back(models, tmp_path):
    base = ("run", models / "counter.lzm", "-i", "x=[1,10]")
    lazuli(*base, "--repeat", 3, "--state-out", tmp_path / "s.npz")
    np.testing.assert_array_equal(np.load(tmp_path / "s.npz")["total"], [3, 30])
    got = outputs(*base[1:], "--state-in", tmp_path / "s.npz")
    np.testing.assert_array_equal(got["y"], [4, 40])


def test_report_does_not_move_states(models, tmp_path):
    lazuli("run", models / "counter.lzm", "-i", "x=[1,10]", "--state-out", tmp_path / "s.npz",
           "--report", tmp_path / "r.html")
    np.testing.assert_array_equal(np.load(tmp_path / "s.npz")["total"], [1, 10])


# ---- failures --------------------------------------------------------------


def test_missing_inputs_are_listed(models):
    message = failing("run", models / "add.lzm", "-i", "b=[[1,2]]")
    assert "input 'a' is missing" in message and "b: f32[n, 2]" in message
    assert "inputs 'a', 'b' are missing" in failing("run", models / "add.lzm")


def test_unknown_input(models):
    message = failing("run", models / "add.lzm", "-i", "c=[[1,2]]")
    assert "no input 'c'" in message and "a: f32[n, 2], b: f32[n, 2]" in message


def test_wrong_dtype_and_shape(models, tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((1, 2)))
    message = failing("run", models / "add.lzm", "-i", f"a=@{tmp_path}/a.npy", "-i", "b=[[1,2]]")
    assert "input 'a' is f64[1, 2]" in message and "expected f32[n, 2]" in message
    assert "astype('float32')" in message
    message = failing("run", models / "add.lzm", "-i", "a=[[1,2,3]]", "-i", "b=[[1,2]]")
    assert "f32[1, 3]" in message and "--dynamic" not in message
    fixed = tmp_path / "fixed.lzm"
    lazuli("compile", models / "linear.mlir", "-o", fixed, "--example", "x=f32[1,4]",
           "--random-weights")
    assert "--dynamic x:0=batch takes" in failing("run", fixed, "-i", "x=f32[2,4]")


def test_dimensions_that_disagree(models):
    message = failing("run", models / "add.lzm", "-i", "a=[[1,2]]", "-i", "b=[[1,2],[3,4]]")
    assert "n" in message and "1" in message and "2" in message


def test_dimension_out_of_range(models):
    assert "64" in failing("run", models / "linear.lzm", "-i", "x=f32[65,4]")


def test_bad_files(models, tmp_path):
    (tmp_path / "bad.npy").write_bytes(b"hello")
    (tmp_path / "bad.png").write_bytes(b"hello")
    (tmp_path / "bad.npz").write_bytes(b"PK\x05\x06 no")
    (tmp_path / "bad.json").write_text("[1,")
    (tmp_path / "x.txt").write_text("1 2")
    np.save(tmp_path / "obj.npy", np.array([{}]), allow_pickle=True)
    for name, words in (("bad.npy", "no .npy file"), ("bad.png", "cannot read the image"),
                        ("bad.npz", "no intact zip"), ("bad.json", "no JSON"),
                        ("x.txt", "cannot tell what"), ("none.npy", "No such file"),
                        ("obj.npy", "Python objects")):
        message = failing("run", models / "linear.lzm", "-i", f"x=@{tmp_path / name}")
        assert words in message and name in message


def test_ambiguous_and_unknown_keys(models, tmp_path):
    np.savez(tmp_path / "in.npz", p=np.zeros(1), q=np.zeros(1))
    assert "p, q" in failing("run", models / "linear.lzm", "-i", f"x=@{tmp_path}/in.npz")
    assert "no array 'z'" in failing("run", models / "linear.lzm", "-i",
                                     f"x=@{tmp_path}/in.npz:z")


def test_unwritable_outputs(models, tmp_path):
    base = ("run", models / "add.lzm", "-i", "a=[[1,2]]", "-i", "b=[[1,2]]")
    assert "No space left" in failing(*base, "-o", "sum=@/dev/full")
    assert "No such file" in failing(*base, "-o", f"sum=@{tmp_path}/none/s.npy")
    assert "no output 'z'" in failing(*base, "-o", f"z=@{tmp_path}/z.npy")
    (tmp_path / "plain").write_text("")
    failing(*base, "--output-dir", tmp_path / "plain" / "x")
    assert "no regular file" in failing(*base, "--report", "/dev/full")
    with open("/dev/full", "w") as full:
        result = lazuli(*base, stdout=full, code=1)
        assert "standard output: No space left" in result.stderr


def test_states_that_do_not_fit(models, tmp_path):
    np.savez(tmp_path / "s.npz", total=np.zeros(3, np.float32), other=np.zeros(1))
    message = failing("run", models / "counter.lzm", "-i", "x=[1,2]", "--state-in",
                      tmp_path / "s.npz")
    assert "total is f32[3], expected f32[2]" in message
    assert "other is no state" in message


def test_truth_that_does_not_fit(models, tmp_path):
    np.save(tmp_path / "t.npy", np.array([0, 1, 1]))
    message = failing("run", models / "add.lzm", "-i", "a=[[1,2]]", "-i", "b=[[1,2]]", "--truth",
                      f"@{tmp_path}/t.npy")
    assert "3 labels, expected 1" in message


def test_usage(models):
    model = models / "add.lzm"
    for arguments in ((), ("--nonsense",), ("-i", "a"), ("-i", "a=what"), ("--top-k", "0"),
                      ("--threads", "-1"), ("--dim", "n"), ("-i", "random")):
        message = failing("run", model, *arguments, code=1 if not arguments else 2)
        assert message


def test_random_without_dimensions(models):
    assert "a=random[1,2]" in failing("run", models / "add.lzm", "-i", "a=random", "-i", "b=random",
                                  code=2)


def test_errors_as_json(models):
    result = lazuli("run", models / "add.lzm", "--json", code=1)
    assert "missing" in json.loads(result.stdout)["error"]["message"]
    result = lazuli("run", models / "add.lzm", "--json", "--nonsense", code=2)
    assert json.loads(result.stdout)["error"]["code"] == "USAGE"


def test_lazy_model_without_an_example(models):
    failing("run", models / "linear.mlir", "--random-weights")
