//===- CompletionCommand.cpp - lazuli completion ------------------------------===//
//
// Prints a completion script made from the command line itself, so that no
// option can be missing.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/Cli.h"

#include <memory>

using namespace lz;
using namespace lz::cli;

namespace {
/// An option as a shell has to know it.
struct Word {
  std::vector<std::string> names; ///< "--json", "-j"
  std::string description;
  bool takesValue = false;
  std::vector<std::string> choices;
};
} // namespace

static std::vector<std::string> getChoices(const std::string &name) {
  if (name == "mode")
    return {"latency", "throughput"};
  if (name == "target-cpu")
    return {"native", "x86-64-v2", "x86-64-v3", "x86-64-v4"};
  return {};
}

static std::vector<Word> listOptions(const CLI::App &sub) {
  std::vector<Word> words;
  for (const CLI::Option *option : sub.get_options()) {
    Word word;
    for (const std::string &name : option->get_lnames()) {
      word.names.push_back("--" + name);
      word.choices = getChoices(name);
    }
    for (const std::string &name : option->get_snames())
      word.names.push_back("-" + name);
    if (word.names.empty())
      continue;
    // The first clause is enough beside a name.
    word.description = option->get_description().substr(0, option->get_description().find(';'));
    word.takesValue = option->get_expected_max() > 0 && option->get_type_size() > 0;
    words.push_back(std::move(word));
  }
  return words;
}

static std::string join(const std::vector<std::string> &parts, const char *separator) {
  std::string text;
  for (const std::string &part : parts)
    text += (text.empty() ? "" : separator) + part;
  return text;
}

static std::string makeBash(const CLI::App &app) {
  std::vector<std::string> commands;
  std::string cases, values;
  for (const CLI::App *sub : app.get_subcommands({})) {
    commands.push_back(sub->get_name());
    std::vector<std::string> names;
    for (const Word &word : listOptions(*sub)) {
      names.insert(names.end(), word.names.begin(), word.names.end());
      if (!word.choices.empty() && values.find(word.names[0]) == std::string::npos)
        values += "    " + word.names[0] + ") COMPREPLY=($(compgen -W '" +
                  join(word.choices, " ") + "' -- \"$current\")); return;;\n";
    }
    cases += "    " + sub->get_name() + ") words='" + join(names, " ") + "';;\n";
  }
  return "# bash completion: source this, or put it into bash_completion.d\n"
         "_lazuli() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
         "  local words=''\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
         "    COMPREPLY=($(compgen -W '" +
         join(commands, " ") +
         " --help --version' -- \"$current\")); return\n"
         "  fi\n"
         "  case \"$previous\" in\n" +
         values +
         "  esac\n"
         "  case \"${COMP_WORDS[1]}\" in\n" +
         cases +
         "    completion) words='bash zsh fish';;\n"
         "  esac\n"
         "  if [ \"${COMP_WORDS[1]}\" = completion ] || [[ \"$current\" == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  else\n"
         "    COMPREPLY=($(compgen -f -- \"${current#*@}\"))\n"
         "    [[ \"$current\" == *@* ]] && COMPREPLY=(\"${COMPREPLY[@]/#/${current%%@*}@}\")\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F _lazuli lazuli\n";
}

/// Text inside of single quotes, for zsh and fish.
static std::string quoted(std::string text, const std::string &special) {
  std::string out;
  for (char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += (special.find(c) != std::string::npos ? "\\" : "") + std::string(1, c);
  }
  return out;
}

static std::string makeZsh(const CLI::App &app) {
  std::string commands, cases;
  for (const CLI::App *sub : app.get_subcommands({})) {
    commands += "    '" + sub->get_name() + ":" + quoted(sub->get_description(), ":") + "'\n";
    cases += "    " + sub->get_name() + ")\n      _arguments";
    for (const Word &word : listOptions(*sub))
      for (const std::string &name : word.names) {
        cases += " \\\n        '" + name + "[" + quoted(word.description, "[]:") + "]";
        if (!word.choices.empty())
          cases += ":value:(" + join(word.choices, " ") + ")";
        else if (word.takesValue)
          cases += ":value:_files";
        cases += "'";
      }
    cases += sub->get_name() == "completion" ? " \\\n        '1:shell:(bash zsh fish)'"
                                             : " \\\n        '*:model:_files'";
    cases += ";;\n";
  }
  return "#compdef lazuli\n"
         "_lazuli() {\n"
         "  local -a commands=(\n" +
         commands +
         "  )\n"
         "  if (( CURRENT == 2 )); then\n"
         "    _describe command commands; return\n"
         "  fi\n"
         "  local command=\"${words[2]}\"\n"
         "  shift words; (( CURRENT-- ))\n"
         "  case \"$command\" in\n" +
         cases +
         "  esac\n"
         "}\n"
         "compdef _lazuli lazuli\n";
}

static std::string makeFish(const CLI::App &app) {
  std::string out = "# fish completion: save as ~/.config/fish/completions/lazuli.fish\n";
  for (const CLI::App *sub : app.get_subcommands({})) {
    const std::string name = sub->get_name();
    out += "complete -c lazuli -n __fish_use_subcommand -f -a " + name + " -d '" +
           quoted(sub->get_description(), "") + "'\n";
    for (const Word &word : listOptions(*sub)) {
      out += "complete -c lazuli -n '__fish_seen_subcommand_from " + name + "'";
      for (const std::string &option : word.names)
        out += option[1] == '-' ? " -l " + option.substr(2) : " -s " + option.substr(1);
      if (!word.choices.empty())
        out += " -x -a '" + join(word.choices, " ") + "'";
      else if (word.takesValue)
        out += " -r";
      out += " -d '" + quoted(word.description, "") + "'\n";
    }
  }
  return out + "complete -c lazuli -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh "
               "fish'\n";
}

void cli::addCompletionCommand(CLI::App &app) {
  auto shell = std::make_shared<std::string>();
  CLI::App *sub = app.add_subcommand("completion", "print a script for tab completion");
  sub->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  sub->footer("examples:\n"
              "  source <(lazuli completion bash)\n"
              "  lazuli completion zsh > ~/.zfunc/_lazuli\n"
              "  lazuli completion fish > ~/.config/fish/completions/lazuli.fish");
  sub->callback([shell, &app] {
    print(*shell == "bash" ? makeBash(app) : *shell == "zsh" ? makeZsh(app) : makeFish(app));
  });
}
