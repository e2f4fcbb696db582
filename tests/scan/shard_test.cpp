// Shards: their names on the command line, and which inputs belong to one.
#include "bonescan/scan/shard.h"

#include <catch2/catch.hpp>

#include "bonescan/core/error.h"

namespace bonescan {
namespace {

TEST_CASE("the shard of a name is that of its FNV-1a hash") {
  // Published test vector: FNV-1a 64 of "foobar" is 0x85944171f73967e8; modulo 10 that is 8, the ninth shard.
  CHECK(0x85944171f73967e8u % 10 == 8);
  CHECK(in_shard("foobar", {9, 10}));
  CHECK_FALSE(in_shard("foobar", {8, 10}));
}

TEST_CASE("a shard is I/N") {
  CHECK(parse_shard("2/8").index == 2);
  CHECK(parse_shard("2/8").count == 8);
  for (const char* wrong : {"0/8", "9/8", "2", "2/", "/8", "a/b", "2/8x", "-1/8"})
    CHECK_THROWS_AS(parse_shard(wrong), UsageError);
}

}  // namespace
}  // namespace bonescan
