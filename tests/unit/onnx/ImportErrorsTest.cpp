//===- ImportErrorsTest.cpp - Models that cannot be read ------------------===//
//
// Each message names the node with its operator and says what was found; no
// model, however wrong, ends the process.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Onnx.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/MLIRContext.h"
#include "gmock/gmock.h"

#include "onnx-ml.pb.h"

using namespace lz;
using ::testing::AllOf;
using ::testing::HasSubstr;

namespace {

void addValue(::onnx::ValueInfoProto &value, const std::string &name,
              const std::vector<int64_t> &dims = {2, 3}) {
  value.set_name(name);
  auto *type = value.mutable_type()->mutable_tensor_type();
  type->set_elem_type(::onnx::TensorProto::FLOAT);
  for (int64_t dim : dims)
    type->mutable_shape()->add_dim()->set_dim_value(dim);
}

/// A model of one input, x, [2, 3]; its output is y.
struct TestModel {
  TestModel() {
    proto.set_ir_version(10);
    setOpset("", 20);
    addValue(*graph().add_input(), "x");
    graph().add_output()->set_name("y");
  }

  ::onnx::GraphProto &graph() { return *proto.mutable_graph(); }

  void setOpset(const std::string &domain, int64_t version) {
    auto *opset = proto.add_opset_import();
    opset->set_domain(domain);
    opset->set_version(version);
  }

  static ::onnx::NodeProto &add(::onnx::GraphProto &graph,
                                const std::string &op,
                                const std::vector<std::string> &inputs,
                                const std::string &output) {
    ::onnx::NodeProto &node = *graph.add_node();
    node.set_op_type(op);
    node.set_name("the_" + output);
    for (const std::string &input : inputs)
      node.add_input(input);
    node.add_output(output);
    return node;
  }
  ::onnx::NodeProto &add(const std::string &op,
                         const std::vector<std::string> &inputs,
                         const std::string &output) {
    return add(graph(), op, inputs, output);
  }

  ::onnx::ModelProto proto;
};

::onnx::AttributeProto &
addAttribute(::onnx::NodeProto &node, const std::string &name,
             ::onnx::AttributeProto::AttributeType type) {
  ::onnx::AttributeProto &attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

void addInt(::onnx::NodeProto &node, const std::string &name, int64_t value) {
  addAttribute(node, name, ::onnx::AttributeProto::INT).set_i(value);
}

/// The diagnostics of importing `bytes`; "" if that succeeds.
std::string importBytes(const std::string &bytes) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  std::string text;
  mlir::ScopedDiagnosticHandler handler(
      &context, [&](mlir::Diagnostic &diagnostic) {
        // As the command line shows it: the node, the message.
        if (auto name = mlir::dyn_cast<mlir::NameLoc>(diagnostic.getLocation()))
          text += "'" + name.getName().str() + "' ";
        text += diagnostic.str() + "\n";
        return mlir::success();
      });
  auto module = importOnnxFromMemory(bytes.data(), bytes.size(), "test.onnx",
                                     {}, &context);
  EXPECT_EQ(!module, !text.empty()) << text;
  return text;
}

std::string errorsOf(const TestModel &model) {
  return importBytes(model.proto.SerializeAsString());
}

TEST(ImportErrors, NoneInARightModel) {
  TestModel model;
  model.add("Relu", {"x"}, "y");
  EXPECT_EQ(errorsOf(model), "");
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

TEST(ImportErrors, UnknownOperator) {
  TestModel model;
  model.add("Frobnicate", {"x"}, "y");
  EXPECT_THAT(errorsOf(model),
              HasSubstr("Frobnicate 'the_y': the operator is not supported"));
}

TEST(ImportErrors, AllUnknownOperators) {
  TestModel model;
  model.add("Frobnicate", {"x"}, "a");
  model.add("Relu", {"a"}, "b");
  model.setOpset("com.example", 3);
  model.add("Twist", {"b"}, "c").set_domain("com.example");
  model.add("Mangle", {"c"}, "y");
  EXPECT_THAT(errorsOf(model),
              HasSubstr("Frobnicate 'the_a': the operator is not supported; "
                        "of this model neither are Mangle, com.example.Twist"));
}

TEST(ImportErrors, UnknownDomain) {
  TestModel model;
  model.setOpset("com.example", 3);
  model.add("Relu", {"x"}, "y").set_domain("com.example");
  EXPECT_THAT(errorsOf(model),
              AllOf(HasSubstr("Relu 'the_y'"), HasSubstr("'com.example'")));
}

TEST(ImportErrors, NodesWithoutANameAreCalledByTheirOutput) {
  TestModel model;
  model.add("Frobnicate", {"x"}, "y").clear_name();
  EXPECT_THAT(errorsOf(model), HasSubstr("Frobnicate 'y': "));
}

TEST(ImportErrors, InputThatNothingComputes) {
  TestModel model;
  model.add("Sin", {"nowhere"}, "y");
  EXPECT_THAT(
      errorsOf(model),
      HasSubstr("Sin 'the_y': reads 'nowhere', which is neither an input"));
}

TEST(ImportErrors, Cycle) {
  TestModel model;
  model.add("Add", {"x", "b"}, "a");
  model.add("Relu", {"a"}, "b");
  model.add("Relu", {"b"}, "y");
  EXPECT_THAT(
      errorsOf(model),
      HasSubstr("Add 'the_a': reads 'b' before the node that computes it"));
}

TEST(ImportErrors, OutputThatExists) {
  TestModel model;
  model.add("Relu", {"x"}, "y");
  model.add("Sin", {"x"}, "y");
  EXPECT_THAT(errorsOf(model),
              HasSubstr("Sin 'the_y': computes 'y', which exists already"));
  TestModel shadow;
  shadow.add("Relu", {"x"}, "x");
  EXPECT_THAT(errorsOf(shadow),
              HasSubstr("Relu 'the_x': computes 'x', which exists already"));
}

TEST(ImportErrors, WrongNumberOfInputs) {
  TestModel few, many, none;
  few.add("Add", {"x"}, "y");
  EXPECT_THAT(errorsOf(few),
              HasSubstr("Add 'the_y': has no input 1, expected 2"));
  many.add("Relu", {"x", "x"}, "y");
  EXPECT_THAT(errorsOf(many),
              HasSubstr("Relu 'the_y': has 2 inputs, expected 1"));
  none.add("Add", {"x", ""}, "y"); // left out
  EXPECT_THAT(errorsOf(none), HasSubstr("Add 'the_y': has no input 1"));
}

TEST(ImportErrors, OutputThatTheOperatorLacks) {
  TestModel model;
  model.add("Relu", {"x"}, "y").add_output("z");
  EXPECT_THAT(errorsOf(model), HasSubstr("Relu 'the_y': its output 1"));
}

TEST(ImportErrors, AxisOutOfRange) {
  for (const char *op : {"Softmax", "Flatten", "Concat", "ArgMax", "Split"}) {
    TestModel model;
    std::vector<std::string> inputs(std::string(op) == "Concat" ? 2 : 1, "x");
    addInt(model.add(op, inputs, "y"), "axis", 7);
    EXPECT_THAT(errorsOf(model), AllOf(HasSubstr("the_y"), HasSubstr("axis 7")))
        << op;
  }
}

TEST(ImportErrors, AttributeOfAnotherType) {
  TestModel model;
  addAttribute(model.add("Softmax", {"x"}, "y"), "axis",
               ::onnx::AttributeProto::STRING)
      .set_s("1");
  EXPECT_THAT(
      errorsOf(model),
      HasSubstr("Softmax 'the_y': attribute 'axis' has the wrong type"));
}

TEST(ImportErrors, ShapesThatDoNotFit) {
  TestModel model;
  addValue(*model.graph().add_input(), "w", {4, 5});
  model.add("MatMul", {"x", "w"}, "y");
  EXPECT_THAT(errorsOf(model), AllOf(HasSubstr("3"), HasSubstr("4")));
}

TEST(ImportErrors, AttributeThatIsNoTensor) {
  TestModel model;
  auto *tensor = addAttribute(model.add("Constant", {}, "y"), "value",
                              ::onnx::AttributeProto::TENSOR)
                     .mutable_t();
  tensor->set_data_type(::onnx::TensorProto::FLOAT);
  tensor->add_dims(2);
  EXPECT_THAT(
      errorsOf(model),
      HasSubstr("Constant 'the_y': attribute 'value' is no valid tensor: "
                "it holds 0 elements, expected 2"));
}

//===----------------------------------------------------------------------===//
// Graphs and functions
//===----------------------------------------------------------------------===//

TEST(ImportErrors, GraphsNestedTooDeeply) {
  TestModel model;
  auto *condition = model.graph().add_initializer();
  condition->set_name("c");
  condition->set_data_type(::onnx::TensorProto::BOOL);
  condition->add_int32_data(1);
  ::onnx::GraphProto *graph = &model.graph();
  // Less than protobuf itself refuses, more than the importer takes.
  for (int depth = 0; depth < 30; ++depth) {
    ::onnx::NodeProto &node =
        TestModel::add(*graph, "If", {"c"}, depth ? "r" : "y");
    auto &otherwise =
        addAttribute(node, "else_branch", ::onnx::AttributeProto::GRAPH);
    TestModel::add(*otherwise.mutable_g(), "Identity", {"x"}, "r");
    otherwise.mutable_g()->add_output()->set_name("r");
    graph = addAttribute(node, "then_branch", ::onnx::AttributeProto::GRAPH)
                .mutable_g();
    graph->add_output()->set_name("r");
  }
  TestModel::add(*graph, "Identity", {"nowhere"}, "r");
  EXPECT_THAT(errorsOf(model),
              testing::AnyOf(HasSubstr("Identity 'the_r': reads 'nowhere'"),
                             HasSubstr("nested too deeply"),
                             HasSubstr("messages cannot be read")));
}

/// Adds a function of the model's own.
::onnx::FunctionProto &addFunction(TestModel &model, const std::string &name) {
  ::onnx::FunctionProto &function = *model.proto.add_functions();
  function.set_name(name);
  function.set_domain("own");
  function.add_input("a");
  function.add_output("b");
  auto *opset = function.add_opset_import();
  opset->set_version(20);
  return function;
}

void addCall(::onnx::FunctionProto &function, const std::string &name) {
  ::onnx::NodeProto &node = *function.add_node();
  node.set_op_type(name);
  node.set_name("call_" + name);
  node.set_domain("own");
  node.add_input("a");
  node.add_output("b");
}

TEST(ImportErrors, RecursiveFunctions) {
  TestModel model;
  model.setOpset("own", 1);
  addCall(addFunction(model, "Ping"), "Pong");
  addCall(addFunction(model, "Pong"), "Ping");
  model.add("Ping", {"x"}, "y").set_domain("own");
  EXPECT_THAT(errorsOf(model),
              AllOf(HasSubstr("Ping 'call_Ping': the function calls itself"),
                    HasSubstr("in a call of the function 'Ping' by 'the_y'")));
}

TEST(ImportErrors, LongChainsOfFunctions) {
  TestModel model;
  model.setOpset("own", 1);
  for (int i = 0; i < 2000; ++i)
    addCall(addFunction(model, "F" + std::to_string(i)),
            "F" + std::to_string(i + 1));
  model.add("F0", {"x"}, "y").set_domain("own");
  EXPECT_THAT(errorsOf(model), HasSubstr("'call_F"));
}

TEST(ImportErrors, NodesOfFunctionsSeeNoNamesOutside) {
  TestModel model;
  model.setOpset("own", 1);
  ::onnx::FunctionProto &function = addFunction(model, "Leak");
  ::onnx::NodeProto &node = *function.add_node();
  node.set_op_type("Add");
  node.set_name("sum");
  node.add_input("a");
  node.add_input("x");
  node.add_output("b");
  model.add("Leak", {"x"}, "y").set_domain("own");
  EXPECT_THAT(errorsOf(model), HasSubstr("Add 'sum': reads 'x'"));
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

TEST(ImportErrors, NewerOperatorSet) {
  TestModel model;
  model.proto.mutable_opset_import(0)->set_version(kNewestOnnxOpset + 1);
  model.add("Relu", {"x"}, "y");
  EXPECT_THAT(
      errorsOf(model),
      AllOf(HasSubstr("test.onnx"),
            HasSubstr("version " + std::to_string(kNewestOnnxOpset + 1)),
            HasSubstr("a newer Lazuli may read it")));
  model.proto.mutable_opset_import(0)->set_version(-4);
  EXPECT_THAT(errorsOf(model), HasSubstr("version -4"));
}

TEST(ImportErrors, FilesThatAreNoModels) {
  EXPECT_THAT(importBytes(""), HasSubstr("the file is empty"));
  EXPECT_THAT(importBytes("not a model at all"), HasSubstr("test.onnx"));
  EXPECT_THAT(importBytes(std::string(100, '\xff')),
              HasSubstr("messages cannot be read"));
  ::onnx::ModelProto proto;
  proto.set_ir_version(8);
  EXPECT_THAT(importBytes(proto.SerializeAsString()),
              HasSubstr("holds no graph"));
  TestModel model;
  model.proto.clear_ir_version();
  EXPECT_THAT(errorsOf(model), HasSubstr("has no IR version"));
}

TEST(ImportErrors, OutputsThatNothingComputes) {
  TestModel model;
  EXPECT_THAT(errorsOf(model),
              HasSubstr("the graph's output 'y' is computed by no node"));
  model.graph().clear_output();
  EXPECT_THAT(errorsOf(model), HasSubstr("the graph has no outputs"));
}

TEST(ImportErrors, InputsAndInitializers) {
  TestModel twice;
  addValue(*twice.graph().add_input(), "x");
  twice.add("Relu", {"x"}, "y");
  EXPECT_THAT(errorsOf(twice), HasSubstr("two inputs are called 'x'"));
  TestModel negative;
  addValue(*negative.graph().add_input(), "n", {2, -7});
  negative.add("Relu", {"x"}, "y");
  EXPECT_THAT(errorsOf(negative), HasSubstr("input 'n' has a dimension of -7"));
  TestModel broken;
  auto *weight = broken.graph().add_initializer();
  weight->set_name("w");
  weight->set_data_type(::onnx::TensorProto::FLOAT);
  weight->add_dims(int64_t(1) << 40);
  weight->set_raw_data("1234");
  broken.add("Add", {"x", "w"}, "y");
  EXPECT_THAT(errorsOf(broken),
              AllOf(HasSubstr("initializer 'w'"), HasSubstr("holds 4 bytes")));
}

TEST(ImportErrors, ExternalDataOfAModelInMemory) {
  TestModel model;
  auto *weight = model.graph().add_initializer();
  weight->set_name("w");
  weight->set_data_type(::onnx::TensorProto::FLOAT);
  weight->add_dims(3);
  weight->set_data_location(::onnx::TensorProto::EXTERNAL);
  auto *entry = weight->add_external_data();
  entry->set_key("location");
  entry->set_value("weights.bin");
  model.add("Add", {"x", "w"}, "y");
  EXPECT_THAT(errorsOf(model),
              AllOf(HasSubstr("initializer 'w'"), HasSubstr("'weights.bin'")));
}

/// Every byte of a small model changed in several ways: an error or a model.
TEST(ImportErrors, DamagedModels) {
  TestModel model;
  addInt(model.add("Softmax", {"x"}, "s"), "axis", 1);
  model.add("Transpose", {"s"}, "t");
  model.add("MatMul", {"s", "t"}, "y");
  std::string bytes = model.proto.SerializeAsString();
  for (size_t i = 0; i < bytes.size(); ++i)
    for (int change : {1, 0x10, 0x80, 0xff}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ change);
      importBytes(damaged);
    }
}

} // namespace
