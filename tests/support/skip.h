// Tests that cannot run here: CTest counts them as skipped.
#pragma once

#include <string>

namespace bonescan::test {

// What a test executable ends with if a test was skipped and none failed (CTest's SKIP_RETURN_CODE).
inline constexpr int kSkippedExitCode = 77;

// Says why; the test returns then.
void skip(const std::string& reason);

bool has_skipped();

}  // namespace bonescan::test
