// Completion and manual page as shells and man read them: the real programs, where they are installed.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

#include "bonescan/core/file.h"
#include "support/process.h"
#include "support/skip.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

bool is_installed(const std::string& program) {
  return test::run_process("sh", {"-c", "command -v " + program}).exit_code == 0;
}

// For a test that is nothing without the program.
bool is_installed_or_skipped(const std::string& program) {
  const bool found = is_installed(program);
  if (!found) test::skip(program + " is not installed");
  return found;
}

Words lines(const std::string& text) {
  Words result;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

bool contains(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// What bash offers for the last of the words, in the folder of the test data.
Words bash_offers(const std::string& completion, const Words& words) {
  std::string script = "source " + completion + "; cd " + test::data_folder().string() + "; COMP_WORDS=(bonescan";
  for (const std::string& word : words) script += " '" + word + "'";
  script += "); COMP_CWORD=" + std::to_string(words.size()) + "; _bonescan; printf '%s\\n' \"${COMPREPLY[@]}\"";
  // Where the user's locale is not installed bash warns of it.
  const auto result = test::run_process("env", {"LC_ALL=C", "bash", "--norc", "-c", script});
  CHECK(result.exit_code == 0);
  CHECK(result.errors.empty());
  Words offers = lines(result.output);
  if (offers == Words{""}) offers.clear();  // printf without arguments
  return offers;
}

std::vector<Words> all_commands() {
  return {
      {"segment"}, {"detect"}, {"pipeline"},   {"eval"}, {"eval", "detect"}, {"eval", "segment"}, {"eval", "pipeline"},
      {"merge"},   {"doctor"}, {"completion"}, {"man"}};
}

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// The long options that the help of a command lists, each at the beginning of its line.
std::set<std::string> options_of(Words command) {
  command.push_back("--help");
  std::set<std::string> options;
  static const std::regex listed(R"(^ +(?:-\w,\s?)?(--[a-z0-9-]+))");
  for (const std::string& line : lines(test::run_bonescan(command).output))
    if (std::smatch match; std::regex_search(line, match, listed)) options.insert(match[1]);
  CHECK_FALSE(options.empty());
  return options;
}

// Hyphens as roff writes those that are to be copied.
std::string as_roff(const std::string& text) {
  return std::regex_replace(text, std::regex("-"), R"(\-)");
}

TEST_CASE("bash completes commands, options, choices, files and folders") {
  if (!is_installed_or_skipped("bash")) return;
  const test::TemporaryFolder folder;
  const fs::path completion = folder / "bonescan.bash";
  write_file_atomically(completion, test::run_bonescan({"completion", "bash"}).output);
  const auto offers = [&](const Words& words) { return bash_offers(completion, words); };
  CHECK(offers({"seg"}) == Words{"segment"});
  CHECK(contains(offers({""}), "merge"));
  CHECK(offers({"--ver"}) == Words{"--version"});
  CHECK(offers({"eval", "pi"}) == Words{"pipeline"});
  CHECK(offers({"pipeline", "--over"}) == Words{"--overlay", "--overwrite"});
  CHECK(offers({"segment", "--format"}).empty());  // an option of detect and pipeline
  CHECK(offers({"eval", "detect", "--split", ""}) == Words{"train", "valid", "test"});
  CHECK(offers({"detect", "--precision", "b"}) == Words{"bf16"});
  CHECK(offers({"detect", "--precision", "=", "b"}) == Words{"bf16"});
  CHECK(offers({"detect", "--format", "yolo,c"}) == Words{"yolo,coco", "yolo,csv"});
  CHECK(offers({"detect", "--threads", ""}).empty());
  CHECK(offers({"segment", "READ"}) == Words{"README.md"});
  CHECK(offers({"segment", "-o", "samp"}) == Words{"samples"});
  CHECK(offers({"segment", "-o", "READ"}).empty());  // no folder
  CHECK(offers({"merge", "READ"}).empty());
  CHECK(offers({"completion", ""}) == Words{"bash", "zsh", "fish"});
}

TEST_CASE("bash knows the completion by the program's name") {
  if (!is_installed_or_skipped("bash")) return;
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "bonescan.bash", test::run_bonescan({"completion", "bash"}).output);
  const auto result = test::run_process(
      "bash", {"--norc", "-c", "source " + (folder / "bonescan.bash").string() + "; complete -p bonescan"});
  CHECK(result.output == "complete -F _bonescan bonescan\n");
}

TEST_CASE("fish completes commands, options and choices") {
  if (!is_installed_or_skipped("fish")) return;
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "bonescan.fish", test::run_bonescan({"completion", "fish"}).output);
  // What it offers, without the descriptions behind the tabs.
  const auto offers = [&](const std::string& line) {
    const auto result = test::run_process(
        "fish", {"--no-config", "-c",
                 "source " + (folder / "bonescan.fish").string() + "; complete --do-complete '" + line + "'"});
    CHECK(result.errors.empty());
    Words words = lines(result.output);
    for (std::string& word : words) word.resize(std::min(word.size(), word.find('\t')));
    return words;
  };
  CHECK(offers("bonescan seg") == Words{"segment"});
  CHECK(offers("bonescan eval pi") == Words{"pipeline"});
  CHECK(offers("bonescan pipeline --over") == Words{"--overlay", "--overwrite"});
  CHECK(offers("bonescan segment --format").empty());
  CHECK(offers("bonescan eval detect --split va") == Words{"valid"});
}

TEST_CASE("zsh reads its completion without complaint") {
  if (!is_installed_or_skipped("zsh")) return;
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "_bonescan", test::run_bonescan({"completion", "zsh"}).output);
  const auto result = test::run_process("zsh", {"-f", "-n", folder / "_bonescan"});
  CHECK(result.exit_code == 0);
  CHECK(result.errors.empty());
}

TEST_CASE("the manual page names every command and option, and formats without warning") {
  const test::TemporaryFolder folder;
  const std::string page = test::run_bonescan({"man"}).output;
  CHECK_THAT(page, Catch::Contains(".SH EXIT STATUS"));
  for (const Words& command : all_commands()) {
    CHECK_THAT(page, Catch::Contains(".SS bonescan " + joined(command)));
    for (const std::string& option : options_of(command)) CHECK_THAT(page, Catch::Contains(as_roff(option)));
  }
  write_file_atomically(folder / "bonescan.1", page);
  if (is_installed("mandoc")) {
    const auto lint = test::run_process("mandoc", {"-Tlint", "-Wwarning", folder / "bonescan.1"});
    CHECK(lint.exit_code == 0);
    CHECK(lint.output.empty());
  }
  if (is_installed("groff")) {
    const auto formatted = test::run_process("groff", {"-man", "-ww", "-Tutf8", folder / "bonescan.1"});
    CHECK(formatted.exit_code == 0);
    CHECK(formatted.errors.empty());
    CHECK_THAT(formatted.output, Catch::Contains("Fracture boxes with scores"));
  }
}

TEST_CASE("help of every command begins with what it does and an example") {
  for (const Words& command : all_commands()) {
    Words words = command;
    words.push_back("--help");
    const auto help = test::run_bonescan(words);
    INFO(help.output);
    CHECK(help.exit_code == 0);
    Words asked = {"help"};
    asked.insert(asked.end(), command.begin(), command.end());
    CHECK(test::run_bonescan(asked).output == help.output);
    const Words text = lines(help.output);
    REQUIRE(text.size() > 4);
    const std::string name = "bonescan " + joined(command);
    CHECK(text[1].empty());
    CHECK_THAT(text[2],
               Catch::StartsWith("Example: ") &&
                   Catch::Contains(command[0] == "eval" && command.size() == 1 ? "bonescan eval pipeline" : name));
    CHECK_THAT(text[4], Catch::StartsWith("Usage: " + name));
  }
}

}  // namespace
}  // namespace bonescan
