#include "bonescan/core/stable_hash.h"

#include <catch2/catch.hpp>

namespace bonescan {

TEST_CASE("the stable hash is FNV-1a") {
  CHECK(stable_hash("") == 0xcbf29ce484222325u);  // published test vectors
  CHECK(stable_hash("foobar") == 0x85944171f73967e8u);
}

}  // namespace bonescan
