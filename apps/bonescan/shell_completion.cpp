#include "shell_completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>

namespace bonescan {
namespace {

// Calls `visit` for the command and all below it.
void for_each_command(const CommandDescription& command, const std::function<void(const CommandDescription&)>& visit) {
  visit(command);
  for (const CommandDescription& subcommand : command.subcommands) for_each_command(subcommand, visit);
}

std::string last_word(const std::string& name) {
  return name.substr(name.find_last_of(' ') + 1);
}

std::string parent(const std::string& name) {
  const std::size_t space = name.find_last_of(' ');
  return space == std::string::npos ? std::string() : name.substr(0, space);
}

std::string subcommand_names(const CommandDescription& command) {
  std::string names;
  for (const CommandDescription& subcommand : command.subcommands)
    names += (names.empty() ? "" : " ") + last_word(subcommand.name);
  return names;
}

// "'" ends a string in all three shells; bash and zsh write it within one as '\''.
std::string replace(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

// How the bash function below names the values of an option: words, or what begins with @.
std::string bash_values(const OptionDescription& option) {
  switch (option.kind) {
    case ValueKind::kChoice:
      return (option.list ? "@list " : "") + fmt::format("{}", fmt::join(option.choices, " "));
    case ValueKind::kFile:
    case ValueKind::kFileOrFolder:
      return "@file";
    case ValueKind::kFolder:
      return "@folder";
    case ValueKind::kNone:
    case ValueKind::kText:
      break;
  }
  return "@none";
}

std::string bash_command_case(const CommandDescription& command) {
  std::string options, positional = subcommand_names(command), values;
  for (const OptionDescription& option : command.options) {
    if (option.names.empty()) positional = bash_values(option);
    for (const std::string& name : option.names) options += (options.empty() ? "" : " ") + name;
    if (!option.names.empty() && option.kind != ValueKind::kNone)
      values += fmt::format("        {}) options= values='{}' ;;\n", fmt::join(option.names, "|"), bash_values(option));
  }
  std::string text = fmt::format("    '{}')\n      options='{}'\n      values='{}'\n", command.name, options,
                                 positional.empty() ? "@none" : positional);
  if (!values.empty()) text += fmt::format("      case $previous in\n{}      esac\n", values);
  return text + "      ;;\n";
}

constexpr const char* kBashTemplate = R"(# bash completion of bonescan, printed by "bonescan completion bash"
_bonescan() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
  # bash splits --option=value at the sign.
  if [[ $current == '=' ]]; then current=; fi
  if [[ $previous == '=' ]]; then previous=${{COMP_WORDS[COMP_CWORD-2]}}; fi

  local command= word
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$command/$word" in
{}    esac
  done

  local options values  # where the value of an option is due, there are no options
  case $command in
{}  esac
  if [[ $current == -* && -n $options ]]; then values=$options; fi

  compopt +o filenames 2>/dev/null
  case $values in
    @none) COMPREPLY=() ;;
    @file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    @folder) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    '@list '*)
      local before=
      if [[ $current == *,* ]]; then before=${{current%,*}},; fi
      mapfile -t COMPREPLY < <(compgen -P "$before" -W "${{values#@list }}" -- "${{current##*,}}")
      ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current") ;;
  esac
}}
complete -F _bonescan bonescan
)";

std::string zsh_quoted(const std::string& text) {
  return "'" + replace(text, "'", "'\\''") + "'";
}

// Within _arguments, brackets and colons have a meaning.
std::string zsh_text(std::string text) {
  for (const char* letter : {"\\", "[", "]", ":"}) text = replace(text, letter, std::string("\\") + letter);
  return text;
}

std::string zsh_action(const OptionDescription& option) {
  const std::string words = fmt::format("{}", fmt::join(option.choices, " "));
  switch (option.kind) {
    case ValueKind::kChoice:
      return option.list ? fmt::format("_values -s , {} {}", option.value, words) : fmt::format("({})", words);
    case ValueKind::kFile:
    case ValueKind::kFileOrFolder:
      return "_files";
    case ValueKind::kFolder:
      return "_files -/";
    case ValueKind::kNone:
    case ValueKind::kText:
      break;
  }
  return " ";
}

std::string zsh_argument(const OptionDescription& option) {
  const std::string value =
      option.value.empty() ? std::string() : fmt::format(":{}:{}", zsh_text(option.value), zsh_action(option));
  if (option.names.empty()) return zsh_quoted((option.repeatable ? "*" : "") + value) + " ";
  const std::string text = zsh_quoted(fmt::format("[{}]{}", zsh_text(option.text), value));
  std::string words;
  for (const std::string& name : option.names) {
    const std::string repeat = option.repeatable ? "*" : fmt::format("({})", fmt::join(option.names, " "));
    const std::string joined = option.value.empty() ? name : name + (name.starts_with("--") ? "=" : "+");
    words += zsh_quoted(repeat + joined) + text + " ";
  }
  return words;
}

std::string zsh_function_name(const CommandDescription& command) {
  return "_bonescan" + (command.name.empty() ? "" : "_" + replace(command.name, " ", "_"));
}

// The function of a command with subcommands: their names, then the function of the one that was chosen.
std::string zsh_branches(const CommandDescription& command) {
  std::string names, cases;
  for (const CommandDescription& subcommand : command.subcommands) {
    const std::string name = last_word(subcommand.name);
    names += "        " + zsh_quoted(name + ":" + zsh_text(subcommand.text)) + "\n";
    cases += fmt::format("        {}) {} ;;\n", name, zsh_function_name(subcommand));
  }
  return fmt::format(
      "    '1:command:->command' '*::argument:->argument'\n"
      "  case $state in\n"
      "    command)\n"
      "      local -a commands=(\n{}      )\n"
      "      _describe -t commands command commands\n"
      "      ;;\n"
      "    argument)\n"
      "      case $words[1] in\n{}      esac\n"
      "      ;;\n"
      "  esac\n",
      names, cases);
}

std::string zsh_function(const CommandDescription& command) {
  const bool branches = !command.subcommands.empty();
  std::string text = fmt::format("{}() {{\n", zsh_function_name(command));
  if (branches) text += "  local curcontext=$curcontext state line\n  typeset -A opt_args\n";
  text += branches ? "  _arguments -C \\\n" : "  _arguments \\\n";
  for (const OptionDescription& option : command.options) text += "    " + zsh_argument(option) + "\\\n";
  return text + (branches ? zsh_branches(command) : "\n") + "}\n\n";
}

// Within single quotes fish knows \' and \\.
std::string fish_quoted(const std::string& text) {
  return "'" + replace(replace(text, "\\", "\\\\"), "'", "\\'") + "'";
}

std::string fish_values(const OptionDescription& option) {
  const std::string words = fmt::format("{}", fmt::join(option.choices, " "));
  switch (option.kind) {
    case ValueKind::kNone:
      return "";
    case ValueKind::kChoice:
      return option.list ? fmt::format(" -x -a '(__fish_append , {})'", words) : fmt::format(" -x -a '{}'", words);
    case ValueKind::kFile:
    case ValueKind::kFileOrFolder:
      return " -r -F";
    case ValueKind::kFolder:
      return " -x -a '(__fish_complete_directories)'";
    case ValueKind::kText:
      break;
  }
  return " -x";
}

std::string fish_lines(const CommandDescription& command) {
  const std::string start = fmt::format("complete -c bonescan -n \"__bonescan_is '{}'\"", command.name);
  std::string text;
  for (const CommandDescription& subcommand : command.subcommands)
    text += fmt::format("{} -a {} -d {}\n", start, last_word(subcommand.name), fish_quoted(subcommand.text));
  for (const OptionDescription& option : command.options) {
    text += start;
    for (const std::string& name : option.names)
      text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    // A positional argument is not an option that requires one.
    text += option.names.empty() ? replace(replace(fish_values(option), " -r", ""), " -x", "") : fish_values(option);
    text += fmt::format(" -d {}\n", fish_quoted(option.text));
  }
  return text;
}

constexpr const char* kFishTemplate = R"(# fish completion of bonescan, printed by "bonescan completion fish"
function __bonescan_is --description 'Whether the command line has come to this command'
    set -l command ''
    for word in (commandline -opc)[2..-1]
        switch "$command/$word"
{}        end
    end
    test "$command" = "$argv[1]"
end

complete -c bonescan -f
)";

}  // namespace

std::string bash_completion(const CommandDescription& bonescan) {
  std::string steps, cases;
  for_each_command(bonescan, [&](const CommandDescription& command) {
    if (!command.name.empty())
      steps +=
          fmt::format("      '{}/{}') command='{}' ;;\n", parent(command.name), last_word(command.name), command.name);
    cases += bash_command_case(command);
  });
  return fmt::format(kBashTemplate, steps, cases);
}

std::string zsh_completion(const CommandDescription& bonescan) {
  std::string text = "#compdef bonescan\n# zsh completion of bonescan, printed by \"bonescan completion zsh\"\n\n";
  for_each_command(bonescan, [&](const CommandDescription& command) { text += zsh_function(command); });
  return text + "_bonescan \"$@\"\n";
}

std::string fish_completion(const CommandDescription& bonescan) {
  std::string steps, lines;
  for_each_command(bonescan, [&](const CommandDescription& command) {
    if (!command.name.empty())
      steps += fmt::format("            case '{}/{}'\n                set command '{}'\n", parent(command.name),
                           last_word(command.name), command.name);
    lines += fish_lines(command);
  });
  return fmt::format(kFishTemplate, steps) + lines;
}

}  // namespace bonescan
