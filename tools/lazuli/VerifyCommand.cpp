//===- VerifyCommand.cpp - lazuli verify --------------------------------------===//
//
// Every check there is of an artifact: structure, all checksums, and whether
// this machine could run it.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/Cli.h"

#include "tools/lazuli/Failure.h"
#include "tools/lazuli/model/Artifact.h"

#include <memory>

using namespace lz;
using namespace lz::cli;

namespace {
struct VerifyCommand {
  std::string path;
  bool isJson = false;
  void run() const;
};
} // namespace

void VerifyCommand::run() const {
  Artifact artifact(path, rt::VerifyLevel::All);
  const fmt::Program &program = artifact.getProgram();
  Json segments = Json::array();
  Table table("llrl");
  for (const fmt::Segment *segment : rt::items(program.segments())) {
    table.add({std::string(rt::view(segment->name())),
               fmt::EnumNameSegmentKind(segment->kind()), formatBytes(segment->size()), "ok"});
    segments.push_back({{"name", rt::view(segment->name())},
                        {"kind", fmt::EnumNameSegmentKind(segment->kind())},
                        {"bytes", segment->size()}});
  }
  // Loading compares what the artifact asks for with this CPU and this runtime.
  bool isUnresolved = artifact.isUnresolved();
  if (!isUnresolved)
    Model model(path, LZ_VERIFY_ALL);
  if (isJson)
    return printJson({{"path", path},
                      {"ok", true},
                      {"bytes", artifact.getFileBytes()},
                      {"compiled", !isUnresolved},
                      {"segments", segments}});
  print(table.format("  "));
  print(rt::concat(path, ": ok, ", formatBytes(artifact.getFileBytes()), ", ",
                   isUnresolved ? "not compiled yet" : "runs on this machine", "\n"));
}

void cli::addVerifyCommand(CLI::App &app) {
  auto command = std::make_shared<VerifyCommand>();
  CLI::App *sub = app.add_subcommand("verify", "check an artifact: structure, checksums, target");
  sub->add_option("MODEL", command->path, "an artifact (.lzm)")->required();
  addJsonFlag(*sub, command->isJson);
  sub->footer("example:\n  lazuli verify net.x.lzm && echo intact");
  sub->callback([command] { command->run(); });
}
