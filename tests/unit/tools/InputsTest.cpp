//===- InputsTest.cpp - Inputs as they are written --------------------------===//
//
// Every form of --input, every message about one.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/File.h"
#include "tools/lazuli/io/Npy.h"
#include "tools/lazuli/model/Inputs.h"

#include "tests/unit/tools/Expect.h"

using namespace lz;
using namespace lz::cli;

static Port makePort(std::string name, DType dtype, std::vector<int64_t> dims) {
  Port port{std::move(name), dtype, std::move(dims), {}};
  for (int64_t dim : port.dims)
    port.dimsText.push_back(dim < 0 ? "batch" : std::to_string(dim));
  return port;
}

static const std::vector<Port> ports = {makePort("x", fmt::DType_f32, {-1, 2}),
                                        makePort("mask", fmt::DType_boolean, {3})};

TEST(InputsTest, ParsesEveryForm) {
  InputSpec npz = parseInputSpec("x=@a/b.npz:images");
  EXPECT_EQ(npz.name, "x");
  EXPECT_EQ(npz.path, "a/b.npz");
  EXPECT_EQ(npz.key, "images");
  EXPECT_EQ(parseInputSpec("@f.npy").name, "");
  EXPECT_EQ(parseInputSpec("x=@a=b.npy").path, "a=b.npy");
  InputSpec typed = parseInputSpec("x=f16[2, 3]");
  EXPECT_EQ(typed.dtype, fmt::DType_f16);
  EXPECT_EQ(typed.dims, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(parseInputSpec("x=random[]").dims, std::vector<int64_t>());
  EXPECT_FALSE(parseInputSpec("random").dims);
  EXPECT_EQ(parseInputSpec("x=[[1,2]]").kind, InputSpec::Kind::Literal);
  EXPECT_EQ(parseInputSpec("x=-1.5").literal, "-1.5");
}

TEST(InputsTest, BadFormsAreUsageErrors) {
  for (const char *text : {"", "x", "x=", "=@f.npy", "x=@", "x=f32", "x=f99[1]", "x=f32[a]",
                           "x=random[1", "x=f32[-1]"}) {
    EXPECT_EQ(exitCodeOf([&] { (void)parseInputSpec(text); }), ExitCode::Usage) << text;
  }
}

TEST(InputsTest, LiteralsTakeThePortsType) {
  auto arrays = loadInputs({parseInputSpec("x=[[1,2]]"), parseInputSpec("mask=[true,false,true]")},
                           ports, {});
  EXPECT_EQ(arrays[0].describe(), "f32[1, 2]");
  EXPECT_EQ(arrays[1].describe(), "bool[3]");
}

TEST(InputsTest, PartsAreJoined) {
  auto arrays = loadInputs({parseInputSpec("x=[[1,2]]"), parseInputSpec("x=[[3,4],[5,6]]"),
                            parseInputSpec("mask=random")},
                           ports, {0, {{1, 2}, {3}}, false});
  EXPECT_EQ(arrays[0].describe(), "f32[3, 2]");
  EXPECT_EQ(arrays[0].getDouble(5), 6);
}

TEST(InputsTest, ListsWhatExists) {
  EXPECT_EQ(messageOf([] { (void)loadInputs({parseInputSpec("y=random")}, ports, {}); }),
            "the model has no input 'y', expected one of: x: f32[batch, 2], mask: bool[3]");
  EXPECT_EQ(messageOf([] { (void)loadInputs({}, ports, {}); }),
            "inputs 'x', 'mask' are missing; the model takes x: f32[batch, 2], mask: bool[3]; give "
            "each as --input x=@file.npy or --input x=random[1,2]");
  EXPECT_EQ(messageOf([] { (void)loadInputs({parseInputSpec("random")}, ports, {}); }),
            "the input 'random' has no name, expected one of: x: f32[batch, 2], mask: bool[3]");
}

TEST(InputsTest, WrongShapesAndTypes) {
  EXPECT_EQ(messageOf([] { (void)loadInputs({parseInputSpec("x=[[1,2,3]]")}, ports, {}); }),
            "input 'x' is f32[1, 3] (x=[[1,2,3]]), expected f32[batch, 2]");
  EXPECT_EQ(messageOf([] { (void)loadInputs({parseInputSpec("x=i32[1,2]")}, ports, {}); }),
            "input 'x' is i32[1, 2] (x=i32[1,2]), expected f32[batch, 2]; convert it, as NumPy's "
            "astype('float32') does");
  const std::vector<Port> fixed = {{"x", fmt::DType_f32, {1, 2}, {"1", "2"}}};
  EXPECT_EQ(messageOf([&] { (void)loadInputs({parseInputSpec("x=[[1,2],[3,4]]")}, fixed, {}); }),
            "input 'x' is f32[2, 2] (x=[[1,2],[3,4]]), expected f32[1, 2]; a model compiled with "
            "--dynamic x:0=batch takes any number of rows");
}

TEST(InputsTest, RandomNeedsDimensions) {
  EXPECT_EQ(exitCodeOf([] {
              (void)loadInputs({parseInputSpec("x=random")}, ports, {0, {{-1, 2}, {3}}, false});
            }),
            ExitCode::Usage);
  auto arrays = loadInputs({}, ports, {7, {{4, 2}, {3}}, true});
  EXPECT_EQ(arrays[0].describe(), "f32[4, 2]");
}

TEST(InputsTest, BecomesAnExample) {
  EXPECT_EQ(toExample(parseInputSpec("x=f32[1,2]")), "x=f32[1, 2]");
  EXPECT_EQ(toExample(parseInputSpec("x=random[1,2]")), "x=[1, 2]");
  EXPECT_EQ(toExample(parseInputSpec("x=[[1,2]]")), "x=[1, 2]");
  TemporaryFile file(".npy");
  writeNpy(file.getPath(), Array(fmt::DType_i64, {3, 1}));
  EXPECT_EQ(toExample(parseInputSpec("x=@" + file.getPath())), "x=i64[3, 1]");
}

TEST(InputsTest, NamedPaths) {
  EXPECT_EQ(parseNamedPath("y=@f.npy", "--output").name, "y");
  EXPECT_EQ(parseNamedPath("y=@f.npy", "--output").path, "f.npy");
  EXPECT_EQ(parseNamedPath("f.npy", "--output").name, "");
  EXPECT_EQ(exitCodeOf([] { (void)parseNamedPath("y=", "--output"); }), ExitCode::Usage);
}
