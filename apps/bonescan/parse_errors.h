// What is wrong with a command line, in the program's words: CLI11's own speak of its parts.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace bonescan {

// One sentence that names what is wrong, and where to read what would be right. `app` is what the line was parsed by.
std::string explain(const CLI::ParseError& error, const CLI::App& app);

}  // namespace bonescan
