// What LibTorch throws, in the program's terms.
#pragma once

#include <exception>
#include <string>

namespace bonescan {

// The message in one line, without LibTorch's stack traces.
std::string one_line_reason(const std::exception& error);

// Whether memory ran out, in LibTorch or in the program that it runs.
bool is_out_of_memory(const std::exception& error);

}  // namespace bonescan
