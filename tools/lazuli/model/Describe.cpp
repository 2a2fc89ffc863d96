//===- Describe.cpp ---------------------------------------------------------===//
//
// See Describe.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/model/Describe.h"

#include "runtime/base/Text.h"
#include "runtime/format/Check.h"

#include <cctype>
#include <cstdint>

using namespace lz;
using namespace lz::cli;

static std::string text(const flatbuffers::String *string) {
  return std::string(rt::view(string));
}

/// The schema's enumerators in the words of the rest of the output.
static std::string toLower(std::string word) {
  for (char &c : word)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word;
}

static Json describeSymbols(const fmt::Program &program) {
  Json list = Json::array();
  for (const fmt::Symbol *symbol : rt::items(program.symbols())) {
    Json item = {{"name", text(symbol->name())},
                 {"kind", toLower(fmt::EnumNameSymbolKind(symbol->kind()))},
                 {"min", symbol->min()},
                 {"max", nullptr},
                 {"divisor", symbol->divisor()}};
    if (symbol->max() != INT64_MAX)
      item["max"] = symbol->max();
    list.push_back(std::move(item));
  }
  return list;
}

static Json describePorts(const Artifact &artifact,
                          const flatbuffers::Vector<flatbuffers::Offset<fmt::Port>> *ports) {
  Json list = Json::array();
  for (const fmt::Port *port : rt::items(ports))
    list.push_back({{"name", text(port->name())}, {"type", artifact.describeValue(port->value())}});
  return list;
}

static Json describeOperands(const Artifact &artifact, const std::vector<uint32_t> &values) {
  Json list = Json::array();
  for (uint32_t index : values) {
    const fmt::Value &value = artifact.getValue(index);
    std::string name = text(value.name());
    if (name.empty())
      name = rt::concat('%', index);
    list.push_back({{"name", name},
                    {"value", index},
                    {"type", artifact.describeValue(index)},
                    {"storage", toLower(fmt::EnumNameStorage(value.storage()))}});
  }
  return list;
}

static Json describeEntry(const Artifact &artifact, uint32_t index,
                          const std::vector<int64_t> &symbols) {
  const fmt::Entry &entry = *artifact.getProgram().entries()->Get(index);
  Json guards = Json::array();
  for (const fmt::Guard *guard : rt::items(entry.guards()))
    guards.push_back({{"lhs", artifact.formatExpr(guard->lhs())},
                      {"rhs", artifact.formatExpr(guard->rhs())},
                      {"message", text(guard->message())}});
  Json instructions = Json::array();
  for (const InstructionView &view : listInstructions(artifact, index)) {
    Json item = {{"name", text(view.instruction->name())},
                 {"backend", view.backend},
                 {"what", view.what},
                 {"why", text(view.instruction->why())},
                 {"location", text(view.instruction->location())},
                 {"inputs", describeOperands(artifact, view.inputs)},
                 {"outputs", describeOperands(artifact, view.outputs)}};
    if (int64_t flops = artifact.evaluate(view.instruction->flops(), symbols); flops >= 0)
      item["flops"] = flops;
    if (int64_t bytes = artifact.evaluate(view.instruction->bytes(), symbols); bytes >= 0)
      item["bytes"] = bytes;
    instructions.push_back(std::move(item));
  }
  return {{"name", text(entry.name())},
          {"inputs", describePorts(artifact, entry.inputs())},
          {"outputs", describePorts(artifact, entry.outputs())},
          {"guards", guards},
          {"instructions", instructions}};
}

static Json describeStates(const fmt::Program &program) {
  Json list = Json::array();
  for (const fmt::State *state : rt::items(program.states())) {
    std::vector<int64_t> dims;
    for (uint64_t dim : rt::items(state->dims()))
      dims.push_back(static_cast<int64_t>(dim));
    list.push_back({{"name", text(state->name())},
                    {"type", rt::concat(rt::getDTypeName(state->dtype()),
                                        rt::formatDims(dims.data(), dims.size()))},
                    {"bytes", state->size()}});
  }
  return list;
}

static Json describeConstants(const fmt::Program &program) {
  uint64_t bytes = 0, packed = 0;
  for (const fmt::Constant *constant : rt::items(program.constants())) {
    bytes += constant->size();
    packed += constant->packing() != nullptr;
  }
  return {{"count", rt::count(program.constants())}, {"bytes", bytes}, {"packed", packed}};
}

static Json describeTargets(const fmt::Program &program) {
  Json list = Json::array();
  for (const fmt::Target *target : rt::items(program.targets())) {
    std::string features;
    for (const flatbuffers::String *feature : rt::items(target->features()))
      features += (features.empty() ? "" : ",") + text(feature);
    list.push_back({{"cpu", text(target->cpu())},
                    {"features", features},
                    {"kernels", rt::count(target->kernels())}});
  }
  return list;
}

static Json describeSegments(const fmt::Program &program) {
  Json list = Json::array();
  for (const fmt::Segment *segment : rt::items(program.segments()))
    list.push_back({{"name", text(segment->name())},
                    {"kind", toLower(fmt::EnumNameSegmentKind(segment->kind()))},
                    {"offset", segment->offset()},
                    {"bytes", segment->size()}});
  return list;
}

static Json describeMemory(const Artifact &artifact, const std::vector<int64_t> &symbols) {
  MemoryTimeline timeline = computeMemory(artifact, 0, symbols);
  Json items = Json::array();
  for (const MemoryItem &item : timeline.items) {
    std::string name = text(artifact.getValue(item.value).name());
    items.push_back({{"name", name.empty() ? rt::concat('%', item.value) : name},
                     {"value", item.value},
                     {"bytes", item.sizeBytes},
                     {"offset", item.offset},
                     {"first", item.first},
                     {"last", item.last}});
  }
  return {{"arena_bytes", timeline.arenaBytes},
          {"peak_bytes", timeline.peakBytes},
          {"instructions", timeline.numInstructions},
          {"temporaries", items}};
}

/// Metadata that is an object in JSON; an empty object without it.
static Json parseMetadata(const Artifact &artifact, const char *key) {
  std::string data = artifact.getMetadata(key);
  if (data.empty())
    return Json::object();
  Json value = parseJson(data, rt::concat(artifact.getPath(), ':', key));
  return value.is_object() ? value : Json::object();
}

Json cli::getReportData(const Artifact &artifact) { return parseMetadata(artifact, "report"); }

/// A list under `key`, or an empty one.
static Json getList(const Json &value, const char *key) {
  return value.contains(key) && value[key].is_array() ? value[key] : Json::array();
}

/// What a module that is not compiled holds, in place of what a program does.
static void describeModule(const Artifact &artifact, Json &all) {
  Json module = parseMetadata(artifact, "module");
  all["parameters"] = getList(module, "parameters");
  all["states"] = getList(module, "states");
  for (Json entry : getList(module, "entries")) {
    entry["guards"] = Json::array();
    entry["instructions"] = Json::array();
    all["entries"].push_back(std::move(entry));
  }
}

Json cli::describeArtifact(const Artifact &artifact, const DescribeOptions &options) {
  const fmt::Program &program = artifact.getProgram();
  std::vector<int64_t> symbols = artifact.getSymbolValues(options.bindings);
  Json metadata = Json::object();
  for (const fmt::KeyValue *item : rt::items(program.metadata()))
    metadata[text(item->key())] = text(item->value());
  Json report = getReportData(artifact);
  Json entries = Json::array();
  for (uint32_t i = 0; i < rt::count(program.entries()); ++i)
    entries.push_back(describeEntry(artifact, i, symbols));
  Json all = {{"path", artifact.getPath()},
              {"bytes", artifact.getFileBytes()},
              {"producer", text(program.producer())},
              {"compiled", !artifact.isUnresolved()},
              {"symbols", describeSymbols(program)},
              {"materialized", getList(report, "symbols")},
              {"entries", entries},
              {"parameters", Json::array()},
              {"constants", describeConstants(program)},
              {"states", describeStates(program)},
              {"targets", describeTargets(program)},
              {"segments", describeSegments(program)},
              {"metadata", metadata},
              {"memory", options.withMemory ? describeMemory(artifact, symbols) : Json()}};
  if (artifact.isUnresolved())
    describeModule(artifact, all);
  return all;
}
