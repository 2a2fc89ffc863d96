//===- Python.cpp -----------------------------------------------------------===//
//
// See Python.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/model/Python.h"

#include "tools/lazuli/Failure.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace lz;
using namespace lz::cli;

extern char **environ;

/// Starts a program found by PATH; `output` replaces its standard output unless it is
/// negative, and hides its errors. 0 with errno set if there is no such program.
static pid_t start(const std::vector<std::string> &command, int output) {
  std::vector<char *> argv;
  for (const std::string &word : command)
    argv.push_back(const_cast<char *>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (output >= 0) {
    ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  }
  pid_t child = 0;
  int error = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  errno = error;
  return error ? 0 : child;
}

/// The status of a child when it has ended.
static int waitFor(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR)
    continue;
  return status;
}

/// What `python` prints, or nothing if it cannot be run or fails.
static std::string capture(const std::vector<std::string> &command) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return "";
  pid_t child = start(command, ends[1]);
  ::close(ends[1]);
  std::string text;
  std::array<char, 4096> part;
  for (ssize_t got; child && (got = ::read(ends[0], part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<size_t>(got));
  ::close(ends[0]);
  if (child && waitFor(child) != 0)
    return "";
  return text;
}

/// What keeps `python` from running the package; empty: nothing. Looking for a
/// package is quick, importing it is not.
static std::string findObstacle(const std::string &python) {
  const char *probe = "import sys\n"
                      "from importlib.util import find_spec\n"
                      "missing = [name for name in ('lazuli', 'numpy') if not find_spec(name)]\n"
                      "print(missing[0] if missing else 'ok')\n";
  std::string found = capture({python, "-c", probe});
  if (found == "ok\n")
    return "";
  if (found.empty())
    return rt::quote(python) + " is no Python that runs";
  found.pop_back();
  return rt::concat(rt::quote(python), " has no package ", found);
}

std::string cli::findPython() {
  ::setenv("PYTHONSAFEPATH", "1", /*overwrite=*/0); // not what lies in the current folder
  std::vector<std::string> candidates;
  const char *named = std::getenv("LAZULI_PYTHON");
  if (named && *named) {
    candidates = {named};
  } else {
    std::error_code error;
    auto program = std::filesystem::read_symlink("/proc/self/exe", error);
    // Of the environment that the wheel is in, or of the build that this is.
    for (const char *place : {"python3", "../venv/bin/python3"})
      if (auto python = program.parent_path() / place; std::filesystem::exists(python, error))
        candidates.push_back(python);
    candidates.push_back("python3");
  }
  std::string obstacles;
  for (const std::string &python : candidates) {
    std::string obstacle = findObstacle(python);
    if (obstacle.empty())
      return python;
    obstacles += (obstacles.empty() ? "" : ", ") + obstacle;
  }
  throw Failure(ExitCode::BadInput, "FAILED_PRECONDITION",
                rt::concat(obstacles, "; 'pip install .' in Lazuli's folder installs the package, "
                                      "or LAZULI_PYTHON=/path/to/python3 names a Python that has "
                                      "it"));
}

/// `python -m lazuli`, but for a package that is there and cannot be loaded.
static const char *const program =
    "import json, sys\n"
    "try:\n"
    "    from lazuli._diff.command import main\n"
    "except ImportError as error:\n"
    "    text = f\"'{sys.executable}' cannot load Lazuli's package: {error}\"\n"
    "    print('error: ' + text, file=sys.stderr)\n"
    "    if '--json' in sys.argv:\n"
    "        print(json.dumps({'error': {'code': 'FAILED_PRECONDITION', 'message': text,"
    " 'exit_code': 1}}, indent=2))\n"
    "    sys.exit(1)\n"
    "sys.exit(main(sys.argv[2:]))\n";

int cli::runPython(const std::string &python, const std::vector<std::string> &arguments) {
  std::vector<std::string> command = {python, "-c", program};
  command.insert(command.end(), arguments.begin(), arguments.end());
  pid_t child = start(command, -1);
  if (!child)
    failIo("cannot run ", rt::quote(python), ": ", std::strerror(errno));
  // An interrupt reaches both; what Python makes of it decides.
  struct sigaction ignore {}, before {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGINT, &ignore, &before);
  int status = waitFor(child);
  ::sigaction(SIGINT, &before, nullptr);
  if (WIFEXITED(status))
    return WEXITSTATUS(status);
  int signal = WTERMSIG(status);
  if (signal == SIGINT || signal == SIGTERM)
    ::raise(signal);
  throw Failure(ExitCode::Defect, "INTERNAL",
                rt::concat("the comparison ended by signal ", signal, " (", ::strsignal(signal),
                           "); this is a defect, please report the model and the command"));
}
