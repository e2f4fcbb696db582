// Runs a program and gives back what it said: tests of the command line go through the real executable.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace bonescan::test {

struct ProcessResult {
  int exit_code = 0;   // 128 + signal if a signal ended it
  std::string output;  // standard output
  std::string errors;  // standard error
};

// `arguments` reach the program as they are, without a shell. `input` becomes its standard input.
ProcessResult run_process(const std::string& program, const std::vector<std::string>& arguments,
                          const std::string& input = {});

// The words of a command, made those of a user whom permissions hold. nullopt, and it says that the test is skipped,
// where there is no such user, or one that cannot run the command.
std::optional<std::vector<std::string>> as_ordinary_user(const std::vector<std::string>& words);

// The bonescan executable of this build.
ProcessResult run_bonescan(const std::vector<std::string>& arguments, const std::string& input = {});

}  // namespace bonescan::test
