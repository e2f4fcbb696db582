// The main function of every test executable.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdlib>

#include "support/leak_suppressions.h"
#include "support/skip.h"

int main(int argc, char** argv) {
  ::unsetenv("BONESCAN_WEIGHTS");  // the tests mean the models of this checkout
  if (Catch::Session().run(argc, argv) != 0) return 1;
  return bonescan::test::has_skipped() ? bonescan::test::kSkippedExitCode : 0;
}
