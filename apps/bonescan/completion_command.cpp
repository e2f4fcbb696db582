// bonescan completion
#include <memory>
#include <string>

#include "bonescan/core/file.h"
#include "command.h"
#include "shared_options.h"
#include "shell_completion.h"
#include "validators.h"

namespace bonescan {

RunCommand add_completion_command(CLI::App& app) {
  add_example(app, "source <(bonescan completion bash)");
  const auto shell = std::make_shared<std::string>();
  app.add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(one_of({"bash", "zsh", "fish"}))
      ->option_text(" ");
  return [shell](const CommandContext&) {
    const auto completion = *shell == "bash" ? bash_completion : *shell == "zsh" ? zsh_completion : fish_completion;
    write_to_standard_output(completion(describe_commands()));
    return ExitCode::kSuccess;
  };
}

}  // namespace bonescan
