#include "support/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <stdexcept>

#include "bonescan/core/file.h"
#include "support/skip.h"
#include "support/test_paths.h"

extern char** environ;

namespace bonescan::test {

ProcessResult run_process(const std::string& program, const std::vector<std::string>& arguments,
                          const std::string& input) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "in", input);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const std::string in = folder / "in", out = folder / "out", err = folder / "err";
  posix_spawn_file_actions_addopen(&actions, 0, in.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT, 0600);

  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  pid_t process = 0;
  const int failed = posix_spawnp(&process, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error(program + " could not be started");
  int status = 0;
  waitpid(process, &status, 0);

  const int exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {exit_code, read_text_file(out), read_text_file(err)};
}

std::optional<std::vector<std::string>> as_ordinary_user(const std::vector<std::string>& words) {
  if (::geteuid() != 0) return words;
  std::vector<std::string> arguments = {"--reuid=65534", "--clear-groups", words[0]};
  std::vector<std::string> trial = arguments;
  trial.push_back("--version");
  if (run_process("setpriv", trial).exit_code != 0) {
    skip("no other user can run " + words[0]);
    return std::nullopt;
  }
  arguments.insert(arguments.begin(), "setpriv");
  arguments.insert(arguments.end(), words.begin() + 1, words.end());
  return arguments;
}

ProcessResult run_bonescan(const std::vector<std::string>& arguments, const std::string& input) {
  return run_process(executable(), arguments, input);
}

}  // namespace bonescan::test
