//===- Batches.cpp ----------------------------------------------------------===//
//
// See Batches.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/model/Batches.h"

#include "tools/lazuli/Failure.h"

#include <algorithm>
#include <cstring>

using namespace lz;
using namespace lz::cli;

static size_t findInput(const std::vector<Port> &ports, const std::string &name) {
  for (size_t i = 0; i < ports.size(); ++i)
    if (ports[i].name == name)
      return i;
  fail("the model has no input ", rt::quote(name), " to run over, expected one of: ",
       describePorts(ports));
}

std::vector<Port> cli::relaxPorts(std::vector<Port> ports, const std::string &input) {
  const Port leader = ports[findInput(ports, input)];
  if (leader.dims.empty())
    fail("input ", rt::quote(input), " is ", leader.describe(),
         ", expected a leading axis to run over");
  for (Port &port : ports)
    if (!port.dims.empty() && port.dimsText[0] == leader.dimsText[0])
      port.dims[0] = -1;
  return ports;
}

BatchPlan cli::planBatches(const BatchOptions &options, const std::vector<Port> &ports,
                           const std::vector<Array> &inputs, int64_t symbolMax) {
  size_t index = findInput(ports, options.input);
  const Port &leader = ports[index];
  BatchPlan plan;
  plan.numRows = inputs[index].getDims()[0];
  if (plan.numRows == 0)
    fail("input ", rt::quote(options.input), " has no rows to run over");
  plan.isFixed = leader.dims[0] >= 0;
  plan.size = plan.isFixed ? leader.dims[0] : std::min(options.maxSize, symbolMax);
  if (options.size > 0 && plan.isFixed && options.size != plan.size)
    fail("the model takes ", plan.size, " rows of ", rt::quote(options.input),
         " at once, not ", options.size);
  if (options.size > symbolMax)
    fail("the model takes at most ", symbolMax, " rows of ", rt::quote(options.input),
         " at once, not ", options.size);
  if (options.size > 0)
    plan.size = options.size;
  if (plan.size <= 0)
    fail("the model takes no rows of ", rt::quote(options.input));
  for (size_t i = 0; i < ports.size(); ++i) {
    bool follows = !ports[i].dims.empty() && ports[i].dimsText[0] == leader.dimsText[0];
    plan.isCut.push_back(follows);
    if (follows && inputs[i].getDims()[0] != plan.numRows)
      fail("input ", rt::quote(ports[i].name), " has ", inputs[i].getDims()[0],
           " rows, expected ", plan.numRows, " as ", rt::quote(options.input), " has");
  }
  return plan;
}

Array cli::takeRows(const Array &array, int64_t begin, int64_t size) {
  int64_t end = std::min(begin + size, array.getDims()[0]);
  Array part = array.rows(begin, end);
  if (end - begin == size)
    return part;
  std::vector<Array> parts = {part};
  for (int64_t i = end - begin; i < size; ++i)
    parts.push_back(array.rows(end - 1, end));
  return concatenate(parts, "rows");
}

std::vector<Array> cli::runBatches(Session &session, const BatchPlan &plan,
                                   const std::vector<Array> &inputs,
                                   const std::vector<Port> &outputs) {
  std::vector<std::vector<Array>> parts(outputs.size());
  for (size_t i = 0; i < inputs.size(); ++i)
    if (!plan.isCut[i])
      session.setInput(i, inputs[i]);
  for (int64_t begin = 0; begin < plan.numRows; begin += plan.size) {
    int64_t used = std::min(plan.size, plan.numRows - begin);
    int64_t given = plan.isFixed ? plan.size : used;
    for (size_t i = 0; i < inputs.size(); ++i)
      if (plan.isCut[i])
        session.setInput(i, takeRows(inputs[i], begin, given));
    session.run();
    for (size_t i = 0; i < outputs.size(); ++i) {
      Array output = session.getOutput(i);
      if (output.getRank() == 0 || output.getDims()[0] != given)
        fail("output ", rt::quote(outputs[i].name), " is ", output.describe(), " for ", given,
             " rows of input, expected a leading axis of ", given, " to join the runs along");
      parts[i].push_back(output.rows(0, used));
    }
  }
  std::vector<Array> joined;
  for (size_t i = 0; i < outputs.size(); ++i)
    joined.push_back(concatenate(parts[i], "outputs"));
  return joined;
}
