// Folders for intermediate files.
#include "bonescan/core/temporary_folder.h"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"

using namespace bonescan;

TEST_CASE("a temporary folder goes with all that is in it") {
  std::filesystem::path path;
  {
    const TemporaryFolder folder;
    path = folder.path();
    write_file_atomically(folder / "below/file", "x");
  }
  CHECK_FALSE(path.empty());
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("without a place for temporary folders there is an output error that names TMPDIR") {
  const char* named = std::getenv("TMPDIR");
  const std::string before = named ? named : "";
  ::setenv("TMPDIR", "/proc/no such folder", 1);
  CHECK_THROWS_WITH(TemporaryFolder(), Catch::Contains("TMPDIR") && Catch::Contains("No such file"));
  CHECK_THROWS_AS(TemporaryFolder(), OutputError);
  if (named) {
    ::setenv("TMPDIR", before.c_str(), 1);
  } else {
    ::unsetenv("TMPDIR");
  }
}
