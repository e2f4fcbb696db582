# Functions that keep the CMakeLists.txt of a module down to a list of names.

# Applies the project's language level, warnings and sanitizers to a target.
function(bonescan_target_defaults target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
    $<$<BOOL:${BONESCAN_WERROR}>:-Werror>)
  # Fused multiply-add would change the last digit, and with it which IoU reaches a threshold.
  target_compile_options(${target} PRIVATE -ffp-contract=off)
  if(BONESCAN_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${BONESCAN_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${BONESCAN_SANITIZE})
  endif()
endfunction()

# bonescan_module(NAME HEADERS a.h ... SOURCES a.cpp ... [DEPENDS modules ...] [PUBLIC_LIBRARIES ...] [LIBRARIES ...])
# One static library bonescan_NAME, alias bonescan::NAME, for the folder that calls it. HEADERS are those that programs
# may include, and all that these include: they are installed, the others are the library's own.
function(bonescan_module name)
  cmake_parse_arguments(PARSE_ARGV 1 module "" "" "HEADERS;SOURCES;DEPENDS;PUBLIC_LIBRARIES;LIBRARIES")
  set(target bonescan_${name})
  add_library(${target} STATIC ${module_SOURCES})
  add_library(bonescan::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  bonescan_target_defaults(${target})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/lib" FILES ${module_HEADERS})
  list(TRANSFORM module_DEPENDS PREPEND bonescan::)
  target_link_libraries(${target} PUBLIC ${module_DEPENDS} ${module_PUBLIC_LIBRARIES} PRIVATE ${module_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY BONESCAN_MODULES ${target})
endfunction()

# What all code of tests is compiled with; it takes longer to compile than to run.
function(bonescan_test_defaults target)
  bonescan_target_defaults(${target})
  target_compile_options(${target} PRIVATE -O0)
endfunction()

# bonescan_test(NAME SOURCES a_test.cpp ... LIBRARIES ...)
# One Catch2 executable NAME_test; every TEST_CASE becomes one CTest test.
function(bonescan_test name)
  cmake_parse_arguments(PARSE_ARGV 1 test "" "" "SOURCES;LIBRARIES")
  set(target ${name}_test)
  add_executable(${target} ${test_SOURCES})
  bonescan_test_defaults(${target})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${target} PRIVATE bonescan_test_support ${test_LIBRARIES})
  target_precompile_headers(${target} REUSE_FROM bonescan_test_support)
  # A name that CTest cannot hand on, one with a semicolon for one, fails for want of a test.
  # A test that lacks what it needs calls skip() of support/skip.h and returns.
  catch_discover_tests(${target} TEST_PREFIX "${name}: " EXTRA_ARGS --warn NoTests
    PROPERTIES LABELS ${name} SKIP_RETURN_CODE 77)
endfunction()
