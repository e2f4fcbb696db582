#include "bonescan/core/sha256.h"

#include <catch2/catch.hpp>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "support/test_paths.h"

using namespace bonescan;

TEST_CASE("SHA-256 as in FIPS 180-2, appendix B") {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "abc", "abc");
  write_file_atomically(folder / "million", std::string(1'000'000, 'a'));
  CHECK(sha256_of_file(folder / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_of_text("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_of_file(folder / "million") == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  CHECK_THROWS_AS(sha256_of_file(folder / "absent"), UsageError);
}
