//===- Profile.cpp ----------------------------------------------------------===//
//
// See Profile.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/model/Profile.h"

#include <algorithm>
#include <chrono>

using namespace lz;
using namespace lz::cli;

double OpProfile::getTotalUs() const {
  double total = 0;
  for (const OpTime &op : ops)
    total += op.getMeanUs();
  return total;
}

OpTime OpProfile::sum() const {
  OpTime all;
  all.name = "all";
  all.numRuns = 1;
  all.totalUs = getTotalUs();
  all.flops = all.bytes = 0;
  for (const OpTime &op : ops) {
    all.flops += std::max<int64_t>(op.flops, 0);
    all.bytes += std::max<int64_t>(op.bytes, 0);
    all.boundUs += op.boundUs;
  }
  return all;
}

Json OpProfile::toJson() const {
  double total = getTotalUs();
  Json list = Json::array();
  for (const OpTime &op : ops) {
    Json item = {{"name", op.name},         {"kind", op.kind},
                 {"location", op.location}, {"why", op.why},
                 {"mean_us", op.getMeanUs()}, {"share", total > 0 ? op.getMeanUs() / total : 0}};
    if (!op.what.empty())
      item["what"] = op.what;
    if (op.flops >= 0)
      item["flops"] = op.flops;
    if (op.getGflops() > 0)
      item["gflops_per_second"] = op.getGflops();
    if (op.bytes >= 0)
      item["bytes"] = op.bytes;
    if (op.getGigabytes() > 0)
      item["gigabytes_per_second"] = op.getGigabytes();
    if (op.boundUs > 0) {
      item["bound_us"] = op.boundUs;
      item["bound_by"] = op.isMemoryBound ? "memory" : "compute";
      item["roofline_share"] = op.getRoofShare();
    }
    list.push_back(std::move(item));
  }
  return list;
}

namespace {
/// The k-th event of a run is the k-th instruction, unless branches differ: then
/// the name tells them apart.
class TraceSummary {
public:
  void add(const Json &event) {
    const Json &args = event.at("args");
    int64_t run = args.value("run", int64_t(0));
    if (run != currentRun) {
      currentRun = run;
      position = 0;
      ++profile.numRuns;
    }
    OpTime &op = find(event.value("name", ""), event.value("cat", ""));
    op.location = args.value("location", "");
    op.why = args.value("why", "");
    op.flops = args.value("flops", int64_t(-1));
    op.bytes = args.value("bytes", int64_t(-1));
    op.totalUs += event.value("dur", 0.0);
    ++op.numRuns;
    ++position;
  }
  OpProfile profile;

private:
  OpTime &find(const std::string &name, const std::string &kind) {
    for (size_t i = 0; i < profile.ops.size(); ++i)
      if (positions[i] == position && profile.ops[i].name == name && profile.ops[i].kind == kind)
        return profile.ops[i];
    OpTime op;
    op.name = name;
    op.kind = kind;
    positions.push_back(position);
    profile.ops.push_back(std::move(op));
    return profile.ops.back();
  }
  std::vector<int64_t> positions;
  int64_t currentRun = -1, position = 0;
};
} // namespace

OpProfile cli::summarizeTrace(const std::string &trace) {
  TraceSummary summary;
  Json parsed = parseJson(trace, "the profile");
  for (const Json &event : parsed.at("traceEvents"))
    summary.add(event);
  for (OpTime &op : summary.profile.ops)
    if (op.name.empty())
      op.name = op.kind;
  return summary.profile;
}

void cli::nameKernels(OpProfile &profile, const std::vector<InstructionView> &instructions) {
  // Copies of outputs are no instructions, a branch runs some of its own only.
  size_t next = 0;
  for (OpTime &op : profile.ops)
    for (size_t i = next; i < instructions.size(); ++i) {
      std::string_view name = rt::view(instructions[i].instruction->name());
      if (op.name != (name.empty() ? op.kind : name))
        continue;
      op.what = instructions[i].what;
      op.instruction = static_cast<int>(i);
      next = i + 1;
      break;
    }
}

OpProfile cli::profileRuns(Session &session, size_t numInstructions, double seconds) {
  constexpr int minRuns = 3, maxRuns = 200;
  session.run(); // plans, primitives and caches are not what is measured
  session.setProfiling((numInstructions + 8) * maxRuns);
  std::chrono::duration<double> elapsed{};
  auto begin = std::chrono::steady_clock::now();
  int numRuns = 0;
  while (numRuns < maxRuns && (numRuns < minRuns || elapsed.count() <= seconds)) {
    session.run();
    ++numRuns;
    elapsed = std::chrono::steady_clock::now() - begin;
  }
  OpProfile profile = summarizeTrace(session.getProfile());
  profile.numRuns = numRuns;
  profile.runSeconds = elapsed.count() / numRuns;
  session.setProfiling(0);
  return profile;
}
