//===- main.cpp - The lazuli command line -----------------------------------===//
//
// Puts the subcommands together, and is the one place where failures are shown
// and become exit codes: 0 fine, 1 the input is at fault, 2 usage, 3 our defect.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/Cli.h"
#include "tools/lazuli/Failure.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <numeric>
#include <unistd.h>
#include <utility>

using namespace lz;
using namespace lz::cli;

namespace {
/// How failures are reported; known before the command line is parsed.
struct Reporter {
  bool isJson = false;

  int report(ExitCode code, const std::string &kind, const std::string &message,
             bool isShown = false) const {
    if (!isShown)
      std::fprintf(stderr, "%serror:%s %s\n", isColored() ? "\033[1;31m" : "",
                   isColored() ? "\033[0m" : "", message.c_str());
    if (isJson)
      printJson({{"error",
                  {{"code", kind}, {"message", message}, {"exit_code", static_cast<int>(code)}}}});
    return static_cast<int>(code);
  }

private:
  static bool isColored() {
    const char *none = std::getenv("NO_COLOR");
    return ::isatty(STDERR_FILENO) && !(none && *none);
  }
};
} // namespace

static void setUp(CLI::App &app) {
  app.set_version_flag("--version", "lazuli " LAZULI_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  addCompileCommand(app);
  addRunCommand(app);
  addBenchCommand(app);
  addInspectCommand(app);
  addVerifyCommand(app);
  addDiffCommand(app);
  addCompletionCommand(app);
  app.footer("'lazuli COMMAND --help' shows options and examples.\n"
             "Exit codes: 0 fine, 1 the input is at fault, 2 usage, 3 a defect of lazuli, 4 diff "
             "found a difference.");
}

/// Letters to change, add or drop to get from one word to the other.
static size_t countEdits(const std::string &from, const std::string &to) {
  std::vector<size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), size_t(0));
  for (size_t i = 0; i < from.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < to.size(); ++j) {
      size_t changed = diagonal + (from[i] != to[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

/// CLI11 tells only that a command is missing, not which word it did not know.
static void checkCommand(const CLI::App &app, int argc, char **argv) {
  if (argc < 2 || argv[1][0] == '-')
    return;
  const std::string word = argv[1];
  std::string all, near;
  for (const CLI::App *sub : app.get_subcommands([](const CLI::App *) { return true; })) {
    const std::string &name = sub->get_name();
    if (name == word)
      return;
    all += (all.empty() ? "" : ", ") + name;
    if (countEdits(word, name) <= 2 || (word.size() > 2 && name.rfind(word, 0) == 0))
      near += (near.empty() ? "" : " or ") + rt::quote(name);
  }
  failUsage("there is no command ", rt::quote(word),
            near.empty() ? ", expected one of: " + all : ", perhaps " + near + " is meant",
            "; see 'lazuli --help'");
}

/// The subcommand whose help fits a usage error.
static std::string getHelpHint(const CLI::App &app) {
  auto used = app.get_subcommands();
  return used.empty() ? "lazuli --help" : "lazuli " + used.front()->get_name() + " --help";
}

/// CLI11's messages in our form: lower case, no full stop.
static std::string toMessage(const CLI::App &app, const CLI::Error &error) {
  std::string text = error.what();
  while (!text.empty() && (text.back() == '.' || text.back() == '\n' || text.back() == ' '))
    text.pop_back();
  if (text.size() > 1 && std::isupper(static_cast<unsigned char>(text[0])) &&
      std::islower(static_cast<unsigned char>(text[1])))
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text + "; see '" + getHelpHint(app) + "'";
}

static int runCommand(CLI::App &app, int argc, char **argv, const Reporter &reporter) {
  try {
    checkCommand(app, argc, argv);
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::Success &request) { // --help, --version
    return app.exit(request);
  } catch (const CLI::Error &error) {
    return reporter.report(ExitCode::Usage, "USAGE", toMessage(app, error));
  } catch (const Finished &finished) {
    return finished.exitCode;
  } catch (const Failure &failure) {
    return reporter.report(failure.getExitCode(), failure.getKind(), failure.what(),
                           failure.isShown);
  } catch (const std::bad_alloc &) {
    return reporter.report(ExitCode::BadInput, "RESOURCE_EXHAUSTED", "there is not enough memory");
  } catch (const std::exception &error) {
    return reporter.report(ExitCode::Defect, "INTERNAL",
                           rt::concat("unexpected failure: ", error.what(),
                                      "; this is a defect of lazuli, please report the command"));
  }
}

int main(int argc, char **argv) {
  Reporter reporter;
  for (int i = 1; i < argc; ++i)
    reporter.isJson |= std::strcmp(argv[i], "--json") == 0;
  CLI::App app("Lazuli compiles models whose shapes are not known yet, and runs them.", "lazuli");
  setUp(app);
  int code = runCommand(app, argc, argv, reporter);
  // A full disk shows only when buffers are flushed.
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
    Reporter().report(ExitCode::BadInput, "IO_ERROR",
                      rt::concat("cannot write standard output: ", std::strerror(errno)));
    return code ? code : static_cast<int>(ExitCode::BadInput);
  }
  return code;
}
