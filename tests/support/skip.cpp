#include "support/skip.h"

#include <catch2/catch.hpp>

namespace bonescan::test {
namespace {

bool skipped = false;

}  // namespace

void skip(const std::string& reason) {
  skipped = true;
  WARN("skipped: " << reason);
}

bool has_skipped() {
  return skipped;
}

}  // namespace bonescan::test
