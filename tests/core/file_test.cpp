#include "bonescan/core/file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "bonescan/core/error.h"
#include "bonescan/core/file_name_error.h"
#include "support/test_paths.h"

namespace fs = std::filesystem;
using namespace bonescan;
using Catch::Matchers::Contains;

TEST_CASE("a file is written whole and read back") {
  const test::TemporaryFolder folder;
  const auto path = folder / "a" / "b" / "text";
  write_file_atomically(path, "first");
  write_file_atomically(path, "second, longer");
  CHECK(read_text_file(path) == "second, longer");
  CHECK(read_file_bytes(path, 100).size() == 14);
  // Nothing temporary is left beside it.
  CHECK(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}) == 1);
}

TEST_CASE("a file is linked where that can be, and copied elsewhere") {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "from", "mask");
  write_file_atomically(folder / "to", "earlier");
  link_or_copy_file(folder / "from", folder / "to");
  CHECK(read_text_file(folder / "to") == "mask");
  CHECK(fs::hard_link_count(folder / "to") == 2);
  fs::create_symlink("from", folder / "link");  // a link to it would not be a regular file
  link_or_copy_file(folder / "link", folder / "sub/copy");
  CHECK(read_text_file(folder / "sub/copy") == "mask");
  CHECK(fs::hard_link_count(folder / "sub/copy") == 1);
  fs::create_directories(folder / "taken/by");
  CHECK_THROWS_AS(link_or_copy_file(folder / "from", folder / "taken"), OutputError);
}

TEST_CASE("files that are written have the permissions that the umask leaves") {
  const test::TemporaryFolder folder;
  const mode_t mask = GENERATE(0077, 0022, 0002);
  const mode_t before = ::umask(mask);
  write_file_atomically(folder / "file", "x");
  ::umask(before);
  struct stat status {};
  REQUIRE(::stat((folder / "file").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == (0666 & ~mask));
}

TEST_CASE("a text that cannot be read to its end is a usage error") {
  CHECK_THROWS_WITH(read_text_file("/proc/self/mem"), "/proc/self/mem cannot be read: Input/output error");
  CHECK_THROWS_AS(read_text_file("/proc/self/mem"), UsageError);
  CHECK_THROWS_WITH(read_text_file("/proc/self"), "/proc/self is a folder; a file is needed");
}

TEST_CASE("a name of 255 bytes can be written") {
  const test::TemporaryFolder folder;
  const auto path = folder / std::string(255, 'n');
  write_file_atomically(path, "x");
  CHECK(read_text_file(path) == "x");
}

TEST_CASE("a file that cannot be written is an output error that names it") {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "file", "x");
  REQUIRE_THROWS_WITH(write_file_atomically(folder / "file" / "below", "x"),
                      Contains("below") && Contains("Not a directory"));
  REQUIRE_THROWS_AS(write_file_atomically(folder / "file" / "below", "x"), OutputError);
}

TEST_CASE("a file that the user named is written through a link or a device") {
  const test::TemporaryFolder folder;
  write_named_file(folder / "new.xml", "first");
  write_named_file(folder / "new.xml", "second");
  CHECK(read_text_file(folder / "new.xml") == "second");
  fs::create_symlink("new.xml", folder / "link");
  write_named_file(folder / "link", "third");
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(read_text_file(folder / "new.xml") == "third");
  CHECK_NOTHROW(write_named_file("/dev/null", "gone"));
  CHECK_THROWS_AS(write_named_file("/dev/full", "too much"), OutputError);
  CHECK(fs::is_character_file("/dev/full"));
}

TEST_CASE("a name that the file system does not take is told from a place where nothing can be written") {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "file", "x");
  std::filesystem::create_directories(folder / "folder/not empty");
  CHECK_THROWS_AS(write_file_atomically(folder / std::string(256, 'n'), "x"), FileNameError);
  CHECK_THROWS_AS(write_file_atomically(folder / "file/below", "x"), FileNameError);
  CHECK_THROWS_AS(write_file_atomically(folder / "folder", "x"), FileNameError);
  try {
    write_file_atomically("/proc/bonescan", "x");  // a file system that takes no new files
    FAIL("nothing was thrown");
  } catch (const FileNameError&) {
    FAIL("the name is not at fault");
  } catch (const OutputError& error) {
    CHECK_THAT(error.what(), Contains("/proc/bonescan cannot be written"));
  }
}

TEST_CASE("what is no regular file, or too large, is an image error") {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "ten", "0123456789");
  const auto fifo = folder / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  REQUIRE_THROWS_WITH(read_file_bytes(folder / "ten", 9), Contains("10 bytes") && Contains("--max-file-size"));
  REQUIRE_THROWS_WITH(read_file_bytes(folder.path(), 9), Contains("folder"));
  REQUIRE_THROWS_WITH(read_file_bytes(fifo, 9), Contains("not a regular file"));
  REQUIRE_THROWS_WITH(read_file_bytes(folder / "absent", 9), Contains("No such file"));
  REQUIRE_THROWS_AS(read_file_bytes(folder / "absent", 9), ImageError);
}
