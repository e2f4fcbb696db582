#include "bonescan/scan/radiograph_pipeline.h"

#include <spdlog/spdlog.h>
#include <tbb/parallel_pipeline.h>

#include <string>

#include "bonescan/core/threads.h"
#include "bonescan/scan/output_folder.h"

namespace bonescan {

void RadiographPipeline::run(int threads) {
  // Records that are ready wait here for their turn behind a radiograph that takes longer; pictures are gone by then,
  // so that there are never more of these than threads.
  const auto in_flight = 4 * static_cast<std::size_t>(threads);
  const auto next = tbb::make_filter<void, std::size_t>(tbb::filter_mode::serial_in_order, [this](auto& control) {
    const std::optional<std::size_t> position = next_position();
    if (!position) control.stop();
    return position.value_or(0);
  });
  const auto scan = tbb::make_filter<std::size_t, ScannedInput>(
      tbb::filter_mode::parallel, [this](std::size_t position) { return scan_one(position); });
  const auto keep = tbb::make_filter<ScannedInput, void>(tbb::filter_mode::serial_in_order,
                                                         [this](const ScannedInput& scanned) { take(scanned); });
  run_on_threads(threads, [&] { tbb::parallel_pipeline(in_flight, next & scan & keep); });
  if (failure_) std::rethrow_exception(failure_);
}

ScanEnd RadiographPipeline::end() const {
  if (stopped_at_failure_) return ScanEnd::kStoppedAtFailure;
  return next_ < inputs_.files.size() ? ScanEnd::kInterrupted : ScanEnd::kFinished;
}

std::optional<std::size_t> RadiographPipeline::next_position() {
  while (next_ < inputs_.files.size() && results_.is_done(next_)) ++next_;
  if (next_ == inputs_.files.size() || stopped_at_failure_ || cancellation_.requested()) return std::nullopt;
  return next_++;
}

// What is thrown here or in take() ends the run: no single radiograph is to blame.
RadiographPipeline::ScannedInput RadiographPipeline::scan_one(std::size_t position) const {
  if (stopped_at_failure_) return {position, {}};
  try {
    return {position, scan_radiograph(inputs_.files[position], models_, options_)};
  } catch (...) {
    return {position, {}, std::current_exception()};
  }
}

void RadiographPipeline::take(const ScannedInput& scanned) {
  if (stopped_at_failure_) return remove_pictures(scanned);  // was in flight when the failure came
  try {
    if (scanned.failure) std::rethrow_exception(scanned.failure);
    add(scanned);
  } catch (...) {
    failure_ = std::current_exception();
    stopped_at_failure_ = true;
    if (!results_.is_done(scanned.position)) remove_pictures(scanned);
  }
}

void RadiographPipeline::add(const ScannedInput& scanned) {
  const ScanRecord& record = scanned.result.record;
  results_.add(scanned.position, record);
  const StageSeconds& took = scanned.result.seconds;
  seconds_ += took;
  if (record.error || spdlog::should_log(spdlog::level::debug)) progress_.clear_line();
  const std::string name = picture_name(record);
  if (record.error) spdlog::warn("{}: {}", name, *record.error);
  spdlog::debug("{}: read {:.3f} s, segment {:.3f} s, detect {:.3f} s, write {:.3f} s", name, took.read, took.segment,
                took.detect, took.write);
  stopped_at_failure_ = fail_fast_ && record.error;
  progress_.add(record.error.has_value());
}

// Nothing else will tell of them.
void RadiographPipeline::remove_pictures(const ScannedInput& scanned) const {
  const InputFile& input = inputs_.files[scanned.position];
  if (!options_.output_folder.empty()) remove_picture_files(options_.output_folder, {picture_name(input)});
}

}  // namespace bonescan
