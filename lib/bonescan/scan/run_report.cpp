#include "bonescan/scan/run_report.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdint>
#include <utility>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"
#include "bonescan/core/file_name.h"
#include "bonescan/core/sha256.h"
#include "bonescan/core/version.h"
#include "bonescan/model/options_in_force.h"

namespace bonescan {
namespace {

const char* task_name(ScanTask task) {
  switch (task) {
    case ScanTask::kSegment:
      return "segment";
    case ScanTask::kDetect:
      return "detect";
    case ScanTask::kPipeline:
      return "pipeline";
  }
  return "";
}

Json model_json(const ModelDescription& model, bool loaded) {
  return {{"name", model.card.name},
          {"path", name_to_text(model.path.string())},
          {"sha256", model.sha256},
          {"classes", model.card.classes},
          {"operating_point", model.card.operating_point},
          {"loaded", loaded}};
}

Json models_json(const ScanModels& models) {
  Json json = Json::object();
  if (models.segmenter) json["segmenter"] = model_json(models.segmenter->model(), true);
  if (models.detector) json["detector"] = model_json(models.detector->description(), models.detector->loaded());
  return json;
}

// Those in force, whether the user gave them or the model's card.
void add_model_options(const ScanRequest& request, const ScanModels& models, Json& settings) {
  if (models.segmenter) {
    const SegmentationThresholds chosen = options_in_force(models.segmenter->model().card, request.segmentation);
    settings["mask_threshold"] = chosen.mask;
    settings["min_bone_fraction"] = chosen.bone_fraction;
    settings["min_bone_confidence"] = chosen.bone_confidence;
  }
  if (models.detector) {
    const SsdOptions chosen = options_in_force(models.detector->description().card, request.detection);
    settings["score_threshold"] = chosen.score_threshold;
    settings["nms_iou"] = chosen.nms_iou;
    settings["box_voting_iou"] = chosen.box_voting_iou;
    settings["max_detections"] = chosen.max_detections;
    settings["top_k"] = chosen.top_k;
  }
  settings["tta"] = request.segmentation.test_time_flips || request.detection.test_time_flips;
}

Json format_names(const std::set<BoxFormat>& formats) {
  Json names = Json::array();
  for (const auto& [name, format] : box_formats_by_name())
    if (formats.contains(format)) names.push_back(name);
  return names;
}

std::int64_t peak_memory_bytes() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;  // Linux counts in KiB
}

Json counts_json(const ScanCounts& counts) {
  return {{"inputs", counts.inputs},        {"ok", counts.ok},
          {"failed", counts.failed},        {"truncated", counts.truncated},
          {"with_bone", counts.with_bone},  {"detector_ran", counts.detector_ran},
          {"detections", counts.detections}};
}

Json seconds_json(const RunTimes& times) {
  return {{"read", times.stages.read},
          {"segment", times.stages.segment},
          {"detect", times.stages.detect},
          {"write", times.stages.write},
          {"wall", times.wall}};
}

}  // namespace

const char* status_name(ScanEnd end) {
  switch (end) {
    case ScanEnd::kFinished:
      return "finished";
    case ScanEnd::kInterrupted:
      return "interrupted";
    case ScanEnd::kStoppedAtFailure:
      return "stopped at the first failure";
  }
  return "";
}

void check_says_finished(const Json& run, const std::filesystem::path& folder) {
  const Json& status = run.at("status");
  if (status != status_name(ScanEnd::kFinished))
    throw UsageError(
        fmt::format("{} holds a run that is not finished (its run.json says {}); go on with it (--resume) first",
                    folder.string(), to_json_line(status)));
}

ScanCounts counts_from_json(const Json& counts) {
  return {
      .inputs = counts.at("inputs"),
      .ok = counts.at("ok"),
      .failed = counts.at("failed"),
      .truncated = counts.at("truncated"),
      .with_bone = counts.at("with_bone"),
      .detector_ran = counts.at("detector_ran"),
      .detections = counts.at("detections"),
  };
}

std::string counts_text(const ScanCounts& counts, bool segmented, bool detected) {
  std::string text;
  if (counts.failed > 0) text += fmt::format(", {} failed", counts.failed);
  if (counts.truncated > 0) text += fmt::format(", {} truncated", counts.truncated);
  if (segmented) text += ", " + counted(counts.with_bone, "shows bone", "show bone");
  if (detected) text += ", " + counted(counts.detections, "box", "boxes");
  return text;
}

Json command_line_json(const std::vector<std::string>& words) {
  Json json = Json::array();
  for (const std::string& word : words) json.push_back(name_to_text(word));
  return json;
}

Json run_settings(const ScanRequest& request, const InputSet& inputs, const ScanModels& models) {
  Json settings = {
      {"version", kVersion}, {"task", task_name(request.task)}, {"input_folder", name_to_text(inputs.folder.string())}};
  settings["shard"] = nullptr;
  if (const auto& shard = request.inputs.shard) settings["shard"] = fmt::format("{}/{}", shard->index, shard->count);
  if (models.segmenter) settings["segmenter"] = models.segmenter->model().sha256;
  if (models.detector) settings["detector"] = models.detector->description().sha256;
  settings["model_cards"] = Json::array();
  for (const CardFile& card : request.models.cards) settings["model_cards"].push_back(sha256_of_text(card.text));
  // Which of several CUDA devices makes no difference.
  settings["device"] = request.models.device.substr(0, request.models.device.find(':'));
  settings["precision"] = request.models.precision == Precision::kBFloat16 ? "bf16" : "fp32";
  add_model_options(request, models, settings);
  settings["overlay"] = request.overlay;
  settings["allow_truncated"] = request.read.allow_truncated;
  settings["max_pixels"] = request.read.max_pixels;
  settings["max_file_size"] = request.read.max_file_size;
  settings["dicom_tags"] = Json::array();
  for (const DicomTag& tag : request.read.dicom_tags) settings["dicom_tags"].push_back(tag.name);
  return settings;
}

Json run_header(const ScanRequest& request, const InputSet& inputs, const Json& settings, int threads) {
  return {{"schema", kRunSchema},
          {"version", kVersion},
          {"status", kRunning},
          {"command_line", command_line_json(request.command_line)},
          {"device", request.models.device},
          {"threads", threads},
          {"settings", settings},
          {"formats", format_names(request.formats)},
          {"inputs", {{"found", inputs.found}, {"names_sha256", inputs.names_sha256}}}};
}

Json run_report(Json header, const InputSet& inputs, const ScanModels& models, const ScanSummary& summary,
                const RunResults& results, const RunTimes& times) {
  Json report = std::move(header);
  report["status"] = status_name(summary.end);
  report["models"] = models_json(models);
  report["counts"] = counts_json(summary.counts);
  report["seconds"] = seconds_json(times);
  report["peak_memory_bytes"] = peak_memory_bytes();
  report["failures"] = Json::array();
  for (const ScanRecord& failure : results.failures()) report["failures"].push_back(failure_json(failure));
  if (!report["settings"]["shard"].is_null()) {
    report["shard_positions"] = Json::array();
    for (const InputFile& input : inputs.files) report["shard_positions"].push_back(input.id);
  }
  return report;
}

}  // namespace bonescan
