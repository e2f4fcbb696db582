// Value ranges of options, checked while the command line is parsed.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>

namespace bonescan {

// A number from 0 to 1, both included; "nan" is none.
CLI::Validator fraction();

// A whole number from `least` to `most`, both included.
CLI::Validator whole_number(std::int64_t least, std::int64_t most);

}  // namespace bonescan
