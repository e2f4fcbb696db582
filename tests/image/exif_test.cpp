// Orientation in EXIF metadata.
#include "bonescan/image/exif.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>
#include <string_view>

namespace {

// How many allocations succeed before one fails; below 0: all do.
thread_local int allocations_left = -1;

void* allocate(std::size_t size) {
  if (allocations_left >= 0 && allocations_left-- == 0) return nullptr;
  return std::malloc(size > 0 ? size : 1);
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* memory = allocate(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}

// Exiv2 loses some bytes where it runs out of memory.
extern "C" const char* __lsan_default_options() {  // NOLINT(bugprone-reserved-identifier): LeakSanitizer's name
  return "detect_leaks=0";
}

namespace bonescan {
namespace {

using namespace std::string_view_literals;

// A TIFF header and a directory of one entry: tag 0x0112 of type SHORT, the value 6.
constexpr std::string_view kTurned = "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"sv;

int orientation_in(std::string_view exif) {
  return exif_orientation({reinterpret_cast<const std::uint8_t*>(exif.data()), exif.size()});
}

TEST_CASE("a block that is damaged or names no orientation stands for an upright picture") {
  CHECK(orientation_in(kTurned) == 6);
  CHECK(orientation_in("") == 1);
  CHECK(orientation_in("no EXIF") == 1);
  CHECK(orientation_in(kTurned.substr(0, 12)) == 1);
}

TEST_CASE("without the memory to read the orientation, a picture is not taken for an upright one") {
  REQUIRE(orientation_in(kTurned) == 6);
  int wrong = 0, failures = 0;
  bool failed = true;
  for (int succeeding = 0; failed; ++succeeding) {
    failed = false;
    allocations_left = succeeding;
    try {
      wrong += orientation_in(kTurned) == 6 ? 0 : 1;
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    allocations_left = -1;
    failures += failed ? 1 : 0;
  }
  CHECK(wrong == 0);
  CHECK(failures > 10);
}

}  // namespace
}  // namespace bonescan
