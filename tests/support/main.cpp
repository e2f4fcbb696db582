// The main function of every test executable.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#include "support/leak_suppressions.h"
