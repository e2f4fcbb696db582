#include "bonescan/scan/run_results.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <system_error>
#include <unordered_map>
#include <unordered_set>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/streamed_file.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

bool is_filled_file(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  return !error && size > 0;
}

// The offset of the last usable record of each picture_name: one that is damaged, failed, or whose mask or overlay is
// gone is not. `pictures` get the names of all that did not fail.
std::unordered_map<std::string, std::uint64_t> usable_records(ResultJournal& journal, const fs::path& folder,
                                                              bool overlays,
                                                              std::unordered_set<std::string>& pictures) {
  std::unordered_map<std::string, std::uint64_t> usable;
  std::size_t damaged = 0;
  journal.for_each([&](std::uint64_t offset, const std::string& line) {
    try {
      const ScanRecord record = scan_record_from_json(parse_json(line, kJournalName), kJournalName);
      const std::string picture = picture_name(record.file, record.frame);
      const bool lost_mask = record.bone && record.bone->mask && !is_filled_file(folder / *record.bone->mask);
      const bool lost_overlay = overlays && !is_filled_file(folder / overlay_name(picture));
      if (record.error) return;
      pictures.insert(picture);
      if (!lost_mask && !lost_overlay) usable[picture] = offset;
    } catch (const UsageError&) {
      ++damaged;
    }
  });
  if (damaged > 0)
    spdlog::warn("--resume: {} of the results in {} damaged; what stood there is done again",
                 counted(damaged, "line", "lines"), folder.string());
  return usable;
}

}  // namespace

RunResults::RunResults(const InputSet& inputs, const fs::path& output, bool overlays)
    : inputs_(inputs), offsets_(inputs.files.size(), kNotDone) {
  counts_.inputs = inputs.files.size();
  if (output == "-") return;
  folder_ = output;
  journal_.emplace(output / kJournalName);
  take_over_journal(overlays);
}

void RunResults::take_over_journal(bool overlays) {
  std::unordered_set<std::string> pictures;
  auto usable = usable_records(*journal_, folder_, overlays, pictures);
  for (std::size_t position = 0; position < offsets_.size(); ++position) {
    const InputFile& input = inputs_.files[position];
    const std::string picture = picture_name(input.file, input.frame);
    pictures.erase(picture);
    const auto found = usable.find(picture);
    if (found == usable.end()) continue;
    offsets_[position] = found->second;
    count(scan_record_from_json(parse_json(journal_->line_at(found->second), kJournalName), kJournalName));
  }
  dropped_.assign(pictures.begin(), pictures.end());
}

void RunResults::add(std::size_t position, const ScanRecord& record) {
  const std::string line = to_json_line(to_json(record));
  // A run that goes on may have pictures of what fails now.
  if (journal_ && record.error) remove_picture_files(folder_, picture_name(record.file, record.frame));
  if (journal_) {
    offsets_[position] = journal_->append(line);
  } else {
    write_to_standard_output(line + '\n');
  }
  count(record);
}

void RunResults::count(const ScanRecord& record) {
  if (record.error) {
    ++counts_.failed;
    failures_.push_back({record.file, record.frame, *record.error});
    return;
  }
  ++counts_.ok;
  if (record.bone && record.bone->present) ++counts_.with_bone;
  if (record.detector_ran) ++counts_.detector_ran;
  counts_.detections += record.detections.size();
}

void RunResults::for_each_ok(const std::function<void(const NumberedRecord&)>& visit) {
  for (std::size_t position = 0; position < offsets_.size(); ++position) {
    if (!is_done(position)) continue;
    const Json json = parse_json(journal_->line_at(offsets_[position]), kJournalName);
    const ScanRecord record = scan_record_from_json(json, kJournalName);
    if (!record.error) visit({inputs_.files[position].id, record});
  }
}

void RunResults::publish(const std::vector<BoxFormat>& formats, const std::optional<BoxClasses>& classes) {
  if (!journal_) return;
  for (const std::string& picture : dropped_) remove_picture_files(folder_, picture);
  if (!dropped_.empty())
    spdlog::info("{} of what is no input any more removed", counted(dropped_.size(), "result", "results"));
  if (classes) {
    const RecordSource records = [this](const auto& visit) { for_each_ok(visit); };
    write_box_files(folder_, formats, records, *classes);
  }
  publish_results();
}

void RunResults::publish_results() {
  StreamedFile results(folder_ / kResultsName);
  for (const std::uint64_t offset : offsets_)
    if (offset != kNotDone) results.write(journal_->line_at(offset) + '\n');
  results.sync();  // the journal goes: a power cut must not leave neither
  results.publish();
  journal_.reset();
  std::error_code error;
  fs::remove(folder_ / kJournalName, error);
  if (error)
    throw OutputError(fmt::format("{} cannot be removed: {}", (folder_ / kJournalName).string(), error.message()));
}

}  // namespace bonescan
