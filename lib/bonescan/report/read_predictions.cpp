#include "bonescan/report/read_predictions.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/json.h"
#include "bonescan/dataset/coco.h"
#include "bonescan/dataset/folder_files.h"
#include "bonescan/dataset/image_index.h"
#include "bonescan/dataset/misplaced_boxes.h"
#include "bonescan/dataset/predicted_images.h"
#include "bonescan/dataset/run_folder.h"
#include "bonescan/dataset/text_lines.h"
#include "bonescan/dataset/yolo.h"
#include "bonescan/scan/output_folder.h"
#include "bonescan/scan/record.h"
#include "bonescan/scan/run_report.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

// Turns records into predictions and keeps count of what a report must say.
class RecordMatcher {
 public:
  // `one_class`: the predictions have no more than one class, as far as is known.
  RecordMatcher(const Dataset& dataset, bool one_class)
      : dataset_(dataset), one_each_(one_class && have_one_class_each(1, dataset)), index_(dataset), images_(dataset) {
    for (const Category& category : dataset.categories) categories_.emplace(category.name, category.id);
  }

  void add(const ScanRecord& record, const std::string& line) {
    const std::string name = picture_name(record);
    const auto match = index_.find_any_extension(name);
    if (!match && index_.has_several(name))
      throw UsageError(fmt::format("{}: there are several images {} in {}", line, name, dataset_.source));
    if (record.bone && record.bone->present && !record.detector_ran)
      throw UsageError(
          fmt::format("{}: no detector ran on {}, which shows bone; a run of segment has no boxes", line, name));
    if (!match) {
      images_.add_unknown(name);
      return;
    }
    if (match->left_out) {
      ++left_out_;
      return;
    }
    const auto [earlier, is_new] = lines_.emplace(match->id, line);
    if (!is_new) throw UsageError(fmt::format("{}: {} stands for the same image as {}", line, name, earlier->second));
    if (record.bone && !record.bone->present) ++without_bone_;
    if (record.error) {
      images_.add_failed(match->id);
    } else {
      images_.add_seen(match->id, record.width, record.height);
    }
    for (const Detection& detection : record.detections) add_detection(detection, match->id, line);
  }

  Predictions finish(const std::string& source) {
    predictions_.source = source;
    images_.finish(predictions_);
    if (without_bone_ > 0)
      predictions_.notes.push_back(fmt::format("{} no bone to the segmenter: the detector did not look at {}.",
                                               counted(without_bone_, "image shows", "images show"),
                                               without_bone_ == 1 ? "it" : "them"));
    if (left_out_ > 0)
      predictions_.notes.push_back(fmt::format("{} of the predictions outside the split or list, left out.",
                                               counted(left_out_, "image", "images")));
    if (label_)
      for (std::string& note : notes_of_other_name(*label_, dataset_)) predictions_.notes.push_back(std::move(note));
    return std::move(predictions_);
  }

 private:
  std::int64_t category_of(const std::string& label, const std::string& line) {
    if (one_each_ && label_.value_or(label) == label) {
      label_ = label;
      return dataset_.categories.front().id;
    }
    const auto category = categories_.find(label);
    const bool is_another = one_each_ && !categories_.contains(*label_);
    if (category == categories_.end() || is_another)
      throw UsageError(fmt::format("{}: there is no category \"{}\" in {} (it has {})", line,
                                   is_another ? *label_ : label, dataset_.source, category_names(dataset_)));
    return category->second;
  }

  void add_detection(const Detection& detection, std::int64_t image_id, const std::string& line) {
    const std::int64_t category = category_of(detection.label, line);
    const Box& box = detection.box;
    if (!std::isfinite(box.x) || !std::isfinite(box.y) || !std::isfinite(box.width) || !std::isfinite(box.height))
      throw UsageError(fmt::format("{}: a box has a number that is not finite", line));
    if (box.width < 0.0 || box.height < 0.0)
      throw UsageError(fmt::format("{}: a box has a negative size ({} x {})", line, box.width, box.height));
    if (!(detection.score >= 0.0 && detection.score <= 1.0))
      throw UsageError(fmt::format("{}: \"score\" is {}; a score lies in 0..1", line, detection.score));
    predictions_.boxes.push_back({image_id, category, box, detection.score});
  }

  const Dataset& dataset_;
  bool one_each_;                     // one class and one category, which stand for each other
  std::optional<std::string> label_;  // that one class
  ImageIndex index_;
  std::unordered_map<std::string, std::int64_t> categories_;
  std::unordered_map<std::int64_t, std::string> lines_;  // by image id
  PredictedImages images_;
  std::size_t left_out_ = 0;
  std::size_t without_bone_ = 0;
  Predictions predictions_;
};

// The folder that is a run's if the path is one, or results, masks or labels in one.
fs::path folder_of_run(const fs::path& path) {
  fs::path named = fs::absolute(path).lexically_normal();
  if (!named.has_filename()) named = named.parent_path();  // "labels/"
  constexpr std::array kParts = {kJournalName, kResultsName, kDetectionsName, kMasksFolder, kLabelsFolder};
  const bool is_part = std::find(kParts.begin(), kParts.end(), named.filename()) != kParts.end();
  return is_part ? named.parent_path() : path;
}

// The output folder of ours that predictions are, or lie in.
std::optional<fs::path> run_of_predictions(const fs::path& path) {
  const fs::path named = folder_of_run(path);
  const fs::path folder = fs::is_directory(named) ? named : named.parent_path();
  return holds_run_report(folder) ? std::optional(folder) : std::nullopt;
}

// Whether the first line is a record of ours.
bool begins_with_record(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (!text.starts_with('{')) return false;  // a list may be long, and on one line
  const std::string_view line = text.substr(0, text.find('\n'));
  const Json record = Json::parse(line, nullptr, false);
  return record.is_object() && record.contains("file");
}

Predictions parse_scan_results(std::string_view text, const fs::path& path, const Dataset& dataset) {
  RecordMatcher matcher(dataset, classes_of_predictions(path).size() <= 1);
  for_each_scan_record(text, path,
                       [&](const ScanRecord& record, const std::string& line) { matcher.add(record, line); });
  return matcher.finish(path.string());
}

Predictions read_predictions_folder(const fs::path& folder, const Dataset& dataset) {
  check_is_whole_run(folder);
  if (fs::exists(folder / kResultsName)) return read_scan_results(folder / kResultsName, dataset);
  return read_yolo_results(folder, dataset);
}

Predictions read_predictions_of_any_kind(const fs::path& path, const Dataset& dataset) {
  if (fs::is_directory(path)) return read_predictions_folder(path, dataset);
  if (!fs::exists(path))
    throw UsageError(
        fmt::format("--predictions {} does not exist; it must be a file of COCO results, a results.jsonl "
                    "or a folder of YOLO txt files",
                    path.string()));
  if (has_extension(path, ".csv"))
    throw UsageError(fmt::format("--predictions {} is a table, which is for people; name the folder that it lies in",
                                 path.string()));
  check_is_whole_run(path);
  const std::string text = read_text_file(path);
  const bool is_ours = path.extension() == ".jsonl" || begins_with_record(without_byte_order_mark(text));
  return is_ours ? parse_scan_results(text, path, dataset) : parse_coco_results(text, path, dataset);
}

// Most images without a box may be what a detector says, but more often the predictions are of other images.
void warn_of_few_images(const Predictions& predictions, const Dataset& dataset, const fs::path& path) {
  std::unordered_set<std::int64_t> predicted;
  for (const DetectedBox& box : predictions.boxes) predicted.insert(box.image_id);
  std::size_t positive = 0, found = 0;
  for (const DatasetImage& image : dataset.images) {
    if (!image.is_positive) continue;
    ++positive;
    if (predicted.contains(image.id)) ++found;
  }
  if (found * 4 < positive)
    spdlog::warn("--predictions {}: no box on {} of the {} with boxes in {}; are they of these images?", path.string(),
                 positive - found, counted(positive, "image", "images"), dataset.source);
}

// Detectors are asked for boxes down to 0.01 where whole curves are wanted.
void note_cut_off_scores(Predictions& predictions) {
  constexpr double kWholeCurve = 0.1;
  const auto lowest = std::min_element(predictions.boxes.begin(), predictions.boxes.end(),
                                       [](const DetectedBox& a, const DetectedBox& b) { return a.score < b.score; });
  if (lowest == predictions.boxes.end() || lowest->score <= kWholeCurve) return;
  predictions.notes.push_back(fmt::format(
      "The lowest score of the predictions is {:.2g}: if a score threshold cut them off, average precision, FROC and "
      "AUC are not those of the whole curve. Predict with --score-threshold 0.01 for the whole curves.",
      lowest->score));
}

}  // namespace

std::vector<std::string> classes_of_predictions(const fs::path& path) {
  const auto run = run_of_predictions(path);
  if (!run || !fs::exists(*run / kImagesName)) return {};
  return read_coco_category_names(*run / kImagesName);
}

std::optional<double> score_threshold_of_predictions(const fs::path& path) {
  const auto run = run_of_predictions(path);
  if (!run) return std::nullopt;
  const Json report = read_json_file(*run / kRunName);
  const auto number = [&report](const char* member) {
    const Json* const value = find_by_path(report, member);
    return value && value->is_number() ? std::optional(value->get<double>()) : std::nullopt;
  };
  const auto score = number("models.detector.operating_point.score_threshold");
  if (!score) return std::nullopt;
  return std::max(*score, number("settings.score_threshold").value_or(0.0));
}

void check_is_whole_run(const fs::path& path) {
  const fs::path folder = folder_of_run(path);
  check_run_is_finished(folder);
  if (!holds_run_report(folder)) return;
  const Json run = read_json_file(folder / kRunName);
  if (run.contains("status")) check_says_finished(run, folder);
  const Json* const shard = find_by_path(run, "settings.shard");
  if (shard && shard->is_string())
    throw UsageError(fmt::format("{} holds shard {} of a run; merge the shards first (bonescan merge)", folder.string(),
                                 shard->get<std::string>()));
}

void for_each_scan_record(std::string_view text, const fs::path& path,
                          const std::function<void(const ScanRecord& record, const std::string& line)>& visit) {
  std::size_t number = 0;
  for (const std::string_view line : split_lines(text)) {
    const std::string where = fmt::format("{}, line {}", path.string(), ++number);
    if (!line.empty()) visit(scan_record_from_json(parse_json(line, where), where), where);
  }
}

Predictions read_scan_results(const fs::path& path, const Dataset& dataset) {
  return parse_scan_results(read_text_file(path), path, dataset);
}

Predictions read_predictions(const fs::path& path, const Dataset& dataset) {
  Predictions predictions = read_predictions_of_any_kind(path, dataset);
  warn_of_few_images(predictions, dataset, path);
  note_cut_off_scores(predictions);
  note_misplaced_boxes(predictions.boxes, dataset, "predictions", predictions.notes);
  return predictions;
}

}  // namespace bonescan
