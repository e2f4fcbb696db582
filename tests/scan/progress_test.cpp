// What the user reads about how far a run has come.
#include "bonescan/scan/progress.h"

#include <fcntl.h>
#include <unistd.h>

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <sstream>
#include <thread>

namespace bonescan {
namespace {

TEST_CASE("durations are given in the two largest units") {
  CHECK(duration_text(0.2) == "0 s");
  CHECK(duration_text(59.6) == "1 min 0 s");
  CHECK(duration_text(200.0) == "3 min 20 s");
  CHECK(duration_text(3725.0) == "1 h 2 min");
}

TEST_CASE("progress tells count, rate, time left and failures so far") {
  CHECK(progress_text(120, 656, 2, 15.0) == "120/656, 8.0/s, 1 min 7 s left, 2 failed");  // 536 left at 8/s: 67 s
  CHECK(progress_text(0, 656, 0, 0.0) == "0/656");
}

TEST_CASE("a terminal that takes no more text does not end the run") {
  const int standard_error = ::dup(STDERR_FILENO);
  const int full = ::open("/dev/full", O_WRONLY);
  REQUIRE(full >= 0);
  ::dup2(full, STDERR_FILENO);
  CHECK_NOTHROW(Progress(ProgressMode::kAlways, 2).add(false));
  ::dup2(standard_error, STDERR_FILENO);
  ::close(standard_error);
  ::close(full);
}

// What `work` logs, a line each.
template <typename Work>
std::vector<std::string> logged_lines(const Work& work) {
  std::ostringstream text;
  const auto logger = std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_st>(text));
  logger->set_pattern("%v");
  const auto earlier = spdlog::default_logger();
  spdlog::set_default_logger(logger);
  work();
  spdlog::set_default_logger(earlier);
  std::vector<std::string> lines;
  std::istringstream stream(text.str());
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST_CASE("without a terminal progress is a line an interval, however many radiographs it has") {
  using namespace std::chrono_literals;
  const auto lines = logged_lines([] {
    Progress progress(ProgressMode::kLog, 1000, 2s);
    for (int i = 0; i < 50; ++i) progress.add(false);  // takes no time
    std::this_thread::sleep_for(2100ms);
    progress.add(true);
    progress.add(false);
  });
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], Catch::StartsWith("51/1000, ") && Catch::EndsWith(", 1 failed"));
}

TEST_CASE("without a terminal a run of less than a minute logs no progress, and a quiet one never") {
  using namespace std::chrono_literals;
  CHECK(logged_lines([] { Progress(ProgressMode::kLog, 10).add(false); }).empty());
  CHECK(logged_lines([] { Progress(ProgressMode::kNever, 10, 0ms).add(false); }).empty());
}

}  // namespace
}  // namespace bonescan
