// The main function of every test executable.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdlib>

#include "support/leak_suppressions.h"

int main(int argc, char** argv) {
  ::unsetenv("BONESCAN_WEIGHTS");  // the tests mean the models of this checkout
  return Catch::Session().run(argc, argv);
}
