//===- Compiler.cpp ---------------------------------------------------------===//
//
// See Compiler.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/model/Compiler.h"

#include "tools/lazuli/Failure.h"
#include "tools/lazuli/io/File.h"
#include "tools/lazuli/model/Artifact.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <iterator>
#include <memory>
#include <sys/mman.h>
#include <unistd.h>

using namespace lz;
using namespace lz::cli;

using CompileFunction = int (*)(const CompileOptions *, CompileSummary *);

/// Writes what the report of a crash needs and gives its path, or null.
static const char *(*reproduceCrash)() = nullptr;

/// Where the runtime's library was found; the compiler's lies beside it in the build
/// tree, where it was installed, and in a Python environment.
static std::filesystem::path getLibraryFolder() {
  Dl_info info;
  void *symbol = dlsym(RTLD_DEFAULT, "lz_version");
  if (!symbol || !dladdr(symbol, &info) || !info.dli_fname)
    return ".";
  return std::filesystem::path(info.dli_fname).parent_path();
}

static CompileFunction loadCompiler() {
  static CompileFunction function = nullptr;
  if (function)
    return function;
  std::filesystem::path library = getLibraryFolder() / "liblazuli_compiler.so";
  if (void *handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    function = reinterpret_cast<CompileFunction>(dlsym(handle, "lazuli_compile"));
    reproduceCrash =
        reinterpret_cast<const char *(*)()>(dlsym(handle, "lazuli_reproduce_crash"));
  }
  if (function)
    return function;
  const char *text = dlerror();
  throw Failure(ExitCode::BadInput, "FAILED_PRECONDITION",
                std::string("the compiler cannot be loaded: ") +
                    (text ? text : "it has no lazuli_compile"));
}

/// Where standard error goes, even while it is captured.
static int errorOutput = STDERR_FILENO;

namespace {
/// Keeps what is written to standard error while it lives, then passes it on.
class StderrCapture {
public:
  explicit StderrCapture(bool isEnabled) {
    if (!isEnabled)
      return;
    std::fflush(stderr);
    file = ::memfd_create("diagnostics", MFD_CLOEXEC);
    saved = ::dup(STDERR_FILENO);
    if (file < 0 || saved < 0)
      return;
    ::dup2(file, STDERR_FILENO);
    errorOutput = saved;
  }
  ~StderrCapture() { finish(); }

  std::string finish() {
    std::string text;
    if (file < 0 || saved < 0)
      return text;
    std::fflush(stderr);
    ::dup2(saved, STDERR_FILENO);
    errorOutput = STDERR_FILENO;
    char part[4096];
    ::lseek(file, 0, SEEK_SET);
    for (ssize_t got; (got = ::read(file, part, sizeof(part))) > 0;)
      text.append(part, static_cast<size_t>(got));
    ::close(file);
    ::close(saved);
    file = saved = -1;
    std::fputs(text.c_str(), stderr);
    return text;
  }

private:
  int file = -1, saved = -1;
};
} // namespace

static void writeRaw(const char *text) {
  (void)!::write(errorOutput, text, std::strlen(text));
}

static void exitAsDefect(int) { ::_exit(static_cast<int>(ExitCode::Defect)); }

/// A crash of the compiler is our defect and gets its exit code. The message needs
/// only functions that are safe in a signal handler. Writing the reproducer is an
/// attempt: it may crash again, or wait for a lock that the crash left.
static void reportCrash(int) {
  static std::atomic_flag isReporting = ATOMIC_FLAG_INIT;
  if (isReporting.test_and_set())
    exitAsDefect(0);
  writeRaw("error: the compiler crashed; this is a defect of lazuli, please report the model and "
           "the command\n");
  ::signal(SIGALRM, exitAsDefect);
  ::alarm(10);
  if (const char *path = reproduceCrash ? reproduceCrash() : nullptr) {
    writeRaw("  both are in ");
    writeRaw(path);
    writeRaw("\n");
  }
  exitAsDefect(0);
}

namespace {
/// Catches crashes while it lives; on a stack of its own, for the overflow of the
/// ordinary one.
class CrashGuard {
public:
  CrashGuard() {
    stack_t alternate{};
    alternate.ss_sp = memory.get();
    alternate.ss_size = memoryBytes;
    ::sigaltstack(&alternate, nullptr);
    struct sigaction action {};
    action.sa_handler = reportCrash;
    action.sa_flags = SA_ONSTACK;
    for (size_t i = 0; i < numSignals; ++i)
      ::sigaction(signals[i], &action, &previous[i]);
  }
  ~CrashGuard() {
    for (size_t i = 0; i < numSignals; ++i)
      ::sigaction(signals[i], &previous[i], nullptr);
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
  }

private:
  static constexpr int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
  static constexpr size_t numSignals = std::size(signals);
  static constexpr size_t memoryBytes = 1 << 20; // the module is printed on it
  struct sigaction previous[numSignals];
  std::unique_ptr<char[]> memory = std::make_unique<char[]>(memoryBytes);
};
} // namespace

/// The diagnostics without the word that begins them.
static std::string toMessage(std::string text) {
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  if (text.rfind("error: ", 0) == 0)
    text.erase(0, 7);
  return text.empty() ? "the model cannot be compiled" : text;
}

/// What the user typed, as a shell would read it.
static std::string getCommandLine() {
  std::string command, bytes = readTextFile("/proc/self/cmdline");
  for (size_t begin = 0; begin < bytes.size();) {
    std::string word = bytes.c_str() + begin;
    begin += word.size() + 1;
    bool isPlain = !word.empty() && word.find_first_of(" \t\n'\"\\$`*?[](){}<>|&;#~!") ==
                                        std::string::npos;
    command += (command.empty() ? "" : " ") + (isPlain ? word : rt::quote(word));
  }
  return command;
}

/// A network traced without eval() computes something else than one expects of
/// inference, and nothing about it is an error.
static void remarkTrainMode(const std::string &path) {
  if (detectModelKind(path) != ModelKind::Unresolved)
    return;
  std::string effects = Artifact(path).getMetadata("train_effects");
  if (!effects.empty())
    std::fprintf(stderr,
                 "remark: the model was traced in train mode: %s with each run; call eval() before "
                 "trace() for inference\n",
                 effects.c_str());
}

CompileSummary cli::compile(CompileOptions options, bool capture) {
  options.command = getCommandLine();
  CompileFunction function = loadCompiler();
  CompileSummary summary;
  StderrCapture captured(capture);
  int status = 0;
  {
    CrashGuard guard;
    status = function(&options, &summary);
  }
  std::string diagnostics = captured.finish();
  showProgress("");
  if (status == static_cast<int>(CompileStatus::Ok)) {
    remarkTrainMode(options.input);
    return summary;
  }
  bool isDefect = status == static_cast<int>(CompileStatus::Defect);
  Failure failure(isDefect ? ExitCode::Defect : ExitCode::BadInput,
                  isDefect ? "INTERNAL" : "INVALID_ARGUMENT", toMessage(diagnostics));
  failure.isShown = true;
  throw failure;
}

/// Options of the compiler that a compiled artifact would silently ignore.
static void rejectCompileOptions(const CompileOptions &options) {
  const char *flag = !options.examples.empty()      ? "--example"
                     : !options.dynamics.empty()    ? "--dynamic"
                     : !options.weights.empty()     ? "--weights"
                     : options.allowPartialWeights  ? "--allow-partial-weights"
                     : options.randomWeights        ? "--random-weights"
                                                    : nullptr;
  if (flag)
    failUsage(rt::quote(options.input), " is compiled already, expected no ", flag);
}

ResolvedModel cli::resolveModel(CompileOptions options, bool capture) {
  ModelKind kind = detectModelKind(options.input);
  if (kind == ModelKind::Compiled) {
    rejectCompileOptions(options);
    return {options.input, nullptr};
  }
  ResolvedModel model;
  model.temporary = std::make_shared<TemporaryFile>(".lzm");
  model.path = options.output = model.temporary->getPath();
  if (!options.progress && !capture)
    options.progress = showProgress;
  compile(options, capture);
  return model;
}

void cli::showProgress(const std::string &stage) {
  static const bool isTerminal = ::isatty(STDERR_FILENO);
  static bool isShown = false;
  if (!isTerminal || (stage.empty() && !isShown))
    return;
  isShown = !stage.empty();
  // The cursor goes back, so that a diagnostic overwrites the line.
  if (isShown)
    std::fprintf(stderr, "\r\033[K  %.60s ...\r", stage.c_str());
  else
    std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}
