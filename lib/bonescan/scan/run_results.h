// The records of a run: kept in input order, taken over from an interrupted run, published when all are there.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "bonescan/scan/record.h"
#include "bonescan/scan/result_journal.h"
#include "bonescan/scan/scan.h"

namespace bonescan {

class RunResults {
 public:
  // With "-" as `output` records go to standard output and nothing is kept. Else `output` is a prepared folder, and
  // records in its journal that are "ok" and whose mask is there, and with `overlays` the overlay, too, count as done.
  RunResults(const InputSet& inputs, const std::filesystem::path& output, bool overlays);

  bool is_done(std::size_t position) const { return offsets_[position] != kNotDone; }

  // The record of inputs.files[position]; called in input order. Throws OutputError.
  void add(std::size_t position, const ScanRecord& record);

  // Removes the pictures of what is no input any more, and those that an earlier run may have left of what has failed
  // now. Writes results.jsonl, radiographs.csv, and where a detector took part detections.json, images.json and
  // `formats`.
  void publish(const std::set<BoxFormat>& formats, const std::optional<BoxClasses>& classes);

  const ScanCounts& counts() const { return counts_; }
  const std::vector<ScanRecord>& failures() const { return failures_; }

 private:
  static constexpr std::uint64_t kNotDone = std::numeric_limits<std::uint64_t>::max();

  void take_over_journal(bool overlays);
  void count(const ScanRecord& record);
  void for_each(const std::function<void(const NumberedRecord&)>& visit);
  void publish_results();

  const InputSet& inputs_;
  std::filesystem::path folder_;
  std::optional<ResultJournal> journal_;
  std::vector<std::uint64_t> offsets_;      // in the journal, by position
  std::vector<std::string> dropped_;        // pictures of the journal that are no inputs any more
  std::unordered_set<std::string> redone_;  // pictures that the journal may tell of, and that are done again
  ScanCounts counts_;
  std::vector<ScanRecord> failures_;
  std::vector<std::string> dicom_names_;  // columns of radiographs.csv
};

}  // namespace bonescan
