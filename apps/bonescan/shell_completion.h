// Completion of bonescan's command line in the shells.
#pragma once

#include <string>

#include "command_table.h"

namespace bonescan {

// Scripts that a shell loads: options and commands by name, values from their choices or from the files there are.
// bash needs no bash-completion; zsh's is an autoloaded function (_bonescan); fish 3.
std::string bash_completion(const CommandDescription& bonescan);
std::string zsh_completion(const CommandDescription& bonescan);
std::string fish_completion(const CommandDescription& bonescan);

}  // namespace bonescan
