// The journal of a run survives a process that is killed at any point.
#include "bonescan/scan/result_journal.h"

#include <catch2/catch.hpp>
#include <vector>

#include "bonescan/core/file.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

TEST_CASE("a line is in the file as soon as it has been appended, and can be read back by its offset") {
  const test::TemporaryFolder folder;
  ResultJournal journal(folder / "journal");
  const auto first = journal.append("one");
  const auto second = journal.append("two two");
  CHECK(read_text_file(folder / "journal") == "one\ntwo two\n");
  CHECK(journal.line_at(second) == "two two");
  CHECK(journal.line_at(first) == "one");
  const auto third = journal.append("three");  // after a read has met the end
  CHECK(journal.line_at(second) == "two two");
  CHECK(journal.line_at(third) == "three");
}

TEST_CASE("a line that was being written when the process died is cut off") {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "journal", "one\ntwo\nthr");
  ResultJournal journal(folder / "journal");
  CHECK(read_text_file(folder / "journal") == "one\ntwo\n");
  journal.append("four");
  std::vector<std::string> lines;
  journal.for_each([&](std::uint64_t, const std::string& line) { lines.push_back(line); });
  CHECK(lines == std::vector<std::string>{"one", "two", "four"});
}

}  // namespace
}  // namespace bonescan
