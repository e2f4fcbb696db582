// bonescan(1)
#pragma once

#include <string>

#include "command_table.h"

namespace bonescan {

// The manual page of all commands, in the man macros of roff (man(7)).
std::string manual_page(const CommandDescription& bonescan);

}  // namespace bonescan
