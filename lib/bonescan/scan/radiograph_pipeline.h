// The inputs of a run on their way through the models, several at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

#include "bonescan/core/cancellation.h"
#include "bonescan/scan/inputs.h"
#include "bonescan/scan/progress.h"
#include "bonescan/scan/run_results.h"
#include "bonescan/scan/scan.h"
#include "bonescan/scan/scan_models.h"
#include "bonescan/scan/scan_radiograph.h"

namespace bonescan {

// One radiograph is in the hands of one thread from its first byte to its mask; several are in flight, so that reading,
// computing and writing overlap. Records reach `results` in input order.
class RadiographPipeline {
 public:
  RadiographPipeline(const InputSet& inputs, const ScanModels& models, RadiographOptions options, bool fail_fast,
                     RunResults& results, Progress& progress, const Cancellation& cancellation)
      : inputs_(inputs),
        models_(models),
        options_(std::move(options)),
        fail_fast_(fail_fast),
        results_(results),
        progress_(progress),
        cancellation_(cancellation) {}

  // Runs what `results` does not hold yet, until all is done, the run is cancelled, or with `fail_fast` a radiograph
  // fails. Throws UsageError if the detector does not fit its card, OutputError if something cannot be written; the
  // records of the radiographs before are kept then.
  void run(int threads);

  ScanEnd end() const;
  const StageSeconds& seconds() const { return seconds_; }

 private:
  struct ScannedInput {
    std::size_t position = 0;
    RadiographResult result;
    std::exception_ptr failure = nullptr;  // that ends the run
  };

  // The stages. No exception leaves one: oneTBB would not destroy what is in flight.
  std::optional<std::size_t> next_position();  // of what is not done; nullopt: nothing more is begun
  ScannedInput scan_one(std::size_t position) const;
  void take(const ScannedInput& scanned);

  void add(const ScannedInput& scanned);
  void remove_pictures(const ScannedInput& scanned) const;

  const InputSet& inputs_;
  const ScanModels& models_;
  RadiographOptions options_;
  bool fail_fast_;
  RunResults& results_;
  Progress& progress_;
  const Cancellation& cancellation_;
  std::size_t next_ = 0;
  std::atomic<bool> stopped_at_failure_ = false;
  std::exception_ptr failure_ = nullptr;  // set in take(), one radiograph at a time
  StageSeconds seconds_;
};

}  // namespace bonescan
