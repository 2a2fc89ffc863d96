//===- Profile.cpp --------------------------------------------------------===//
//
// See Profile.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Profile.h"

#include "runtime/base/Text.h"
#include "runtime/format/DType.h"

#include <cstdio>

using namespace lz;
using namespace lz::rt;

Profile::Profile(size_t maxEvents) { events.reserve(maxEvents); }

void Profile::record(const Step &step, Clock::time_point begin,
                     Clock::time_point end) {
  if (events.size() == events.capacity()) {
    ++numDropped;
    return;
  }
  events.push_back({step.instruction, step.kind, numRuns, step.grid, step.flops,
                    step.bytes, begin, end});
}

void Profile::record(const fmt::Instruction &instruction, StepKind kind,
                     Clock::time_point begin, Clock::time_point end) {
  Step step;
  step.instruction = &instruction;
  step.kind = kind;
  record(step, begin, end);
}

static const char *getKindName(StepKind kind) {
  static const char *const names[] = {"kernel", "primitive", "host",
                                      "copy",   "branch",    "loop"};
  return names[static_cast<size_t>(kind)];
}

static std::string formatMicroseconds(Profile::Clock::duration time) {
  char text[32];
  auto nanoseconds =
      std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  std::snprintf(text, sizeof(text), "%.3f",
                static_cast<double>(nanoseconds) / 1000.0);
  return text;
}

void Profile::append(std::string &out, const Event &event,
                     Clock::time_point origin) {
  const fmt::Instruction *instruction = event.instruction;
  std::string_view name =
      instruction ? view(instruction->name()) : "copy output";
  out += concat("{\"name\":\"", escapeJson(name), "\",\"cat\":\"",
                getKindName(event.kind),
                "\",\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":",
                formatMicroseconds(event.begin - origin),
                ",\"dur\":", formatMicroseconds(event.end - event.begin),
                ",\"args\":{\"run\":", event.run);
  if (instruction)
    out += concat(",\"location\":\"", escapeJson(view(instruction->location())),
                  "\",\"why\":\"", escapeJson(view(instruction->why())), "\"");
  if (event.kind == StepKind::Kernel)
    out += concat(",\"grid\":", event.grid);
  if (event.flops >= 0)
    out += concat(",\"flops\":", event.flops);
  if (event.bytes >= 0)
    out += concat(",\"bytes\":", event.bytes);
  out += "}}";
}

std::string Profile::toJson() const {
  std::string out = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[";
  // A loop is recorded after what ran in it but began before.
  Clock::time_point origin =
      events.empty() ? Clock::time_point() : events.front().begin;
  for (const Event &event : events)
    origin = std::min(origin, event.begin);
  for (size_t i = 0; i < events.size(); ++i) {
    if (i > 0)
      out += ",\n";
    append(out, events[i], origin);
  }
  return out + concat("],\"otherData\":{\"runs\":", numRuns,
                      ",\"droppedEvents\":", numDropped, "}}");
}
