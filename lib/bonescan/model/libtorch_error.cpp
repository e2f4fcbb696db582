#include "bonescan/model/libtorch_error.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <iterator>
#include <new>
#include <string_view>

namespace bonescan {
namespace {

// In the messages of LibTorch's allocators for the processor and for CUDA, and in that of the C++ library.
constexpr std::string_view kOutOfMemory[] = {"can't allocate memory", "out of memory", "bad_alloc"};

}  // namespace

// LibTorch's messages hold a stack trace; what went wrong stands in the last line before it.
std::string one_line_reason(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  std::string text = torch_error ? torch_error->what_without_backtrace() : error.what();
  text = text.substr(0, text.find("\nException raised from"));
  text.erase(text.find_last_not_of(" \n") + 1);
  text = text.substr(text.rfind('\n') + 1);
  const std::string prefix = "RuntimeError: ";
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

// LibTorch has no exception of its own for this, and what is thrown inside a TorchScript program becomes a text.
bool is_out_of_memory(const std::exception& error) {
  const std::string_view text = error.what();
  return dynamic_cast<const std::bad_alloc*>(&error) ||
         std::any_of(std::begin(kOutOfMemory), std::end(kOutOfMemory),
                     [text](std::string_view sign) { return text.find(sign) != std::string_view::npos; });
}

}  // namespace bonescan
