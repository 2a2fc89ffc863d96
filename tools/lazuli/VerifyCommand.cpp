//===- VerifyCommand.cpp - lazuli verify --------------------------------------===//
//
// Every check there is of an artifact: structure, all checksums, and whether
// this machine could run it.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/Cli.h"

#include "tools/lazuli/Failure.h"
#include "tools/lazuli/model/Describe.h"

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
  Json segments = describeArtifact(artifact, {})["segments"];
  Table table("llrl");
  for (const Json &segment : segments)
    table.add({segment["name"], segment["kind"], formatBytes(segment["bytes"]), "ok"});
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
