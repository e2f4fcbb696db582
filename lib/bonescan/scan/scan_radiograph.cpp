#include "bonescan/scan/scan_radiograph.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "bonescan/core/error.h"
#include "bonescan/core/file_name_error.h"
#include "bonescan/image/overlay.h"
#include "bonescan/image/write_image.h"
#include "bonescan/scan/output_folder.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNoMemory = "needs more memory than there is";
constexpr const char* kNoBone = "no bone found";  // on the overlay

// Runs `work` and adds the time that it takes to `seconds`.
template <typename Work>
auto timed(double& seconds, const Work& work) {
  struct Timer {
    double& seconds;
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
    ~Timer() { seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }
  } const timer{seconds};
  return work();
}

// The radiograph that boxes and masks refer to: read again only where it was decoded smaller.
Radiograph at_full_size(Radiograph radiograph, const InputFile& input, const RadiographOptions& options) {
  if (radiograph.pixels.size() == radiograph.size) return radiograph;
  ReadOptions full_size = options.read;
  full_size.reduce_to_side = 0;
  full_size.frame = input.frame;
  Radiograph again = read_radiograph(input.path, full_size);
  if (again.size != radiograph.size) throw ImageError("became another picture while it was read");
  return again;
}

// Where there is but one class, its name would only hide the picture.
bool boxes_need_labels(const ScanModels& models) {
  return models.detector && models.detector->description().card.classes.size() > 2;
}

std::string caption_of(const Detection& found, bool with_label) {
  const std::string score = score_caption(found.score);
  return with_label ? fmt::format("{} {}", found.label, score) : score;
}

// Boxes below the card's operating point, which a lower --score-threshold brings, would bury the others.
bool is_faint(const Detection& found, const ScanModels& models) {
  const std::map<std::string, double>& point = models.detector->description().card.operating_point;
  const auto score = point.find("score_threshold");
  return score != point.end() && found.score < score->second;
}

cv::Mat overlay_of(const ScanRecord& record, const Radiograph& radiograph, const cv::Mat& mask,
                   const ScanModels& models) {
  const bool with_labels = boxes_need_labels(models);
  std::vector<CaptionedBox> boxes;
  for (const Detection& found : record.detections) {
    const bool faint = is_faint(found, models);
    boxes.push_back({found.box, faint ? "" : caption_of(found, with_labels), faint});
  }
  return draw_overlay(radiograph, mask, boxes, record.bone && !record.bone->present ? kNoBone : "");
}

// All pictures of the radiograph or, where one cannot be written, none: a failed record has no pictures.
void write_pictures(ScanRecord& record, const Radiograph& radiograph, const InputFile& input, const ScanModels& models,
                    const RadiographOptions& options, const cv::Mat& mask) {
  const std::string picture = picture_name(input);
  try {
    if (options.overlay) {
      const Radiograph full_size = at_full_size(radiograph, input, options);
      write_overlay_jpeg(options.output_folder / overlay_name(picture), overlay_of(record, full_size, mask, models));
    }
    if (!record.bone || !options.masks) return;
    record.bone->mask = mask_name(picture);
    write_mask_png(options.output_folder / *record.bone->mask, mask);
  } catch (...) {
    // Their folders stay: other threads may be about to write into them.
    std::error_code error;
    for (const std::string& name : {overlay_name(picture), mask_name(picture)})
      fs::remove(options.output_folder / name, error);
    throw;
  }
}

RadiographResult scan_or_throw(const InputFile& input, const ScanModels& models, const RadiographOptions& options) {
  RadiographResult result;
  ScanRecord& record = result.record;
  StageSeconds& seconds = result.seconds;
  record.file = input.file;
  record.frame = input.frame;

  ReadOptions read = options.read;
  read.frame = input.frame;
  const Radiograph radiograph = timed(seconds.read, [&] { return read_radiograph(input.path, read); });
  record.width = radiograph.size.width;
  record.height = radiograph.size.height;
  record.truncated = radiograph.truncated;
  record.dicom = radiograph.dicom;

  cv::Mat mask;
  if (models.segmenter) {
    const BoneFinding bone = timed(seconds.segment, [&] { return models.segmenter->segment(radiograph); });
    record.bone = {bone.present, bone.fraction, bone.confidence, std::nullopt};
    mask = bone.mask;
  }
  record.detector_ran = models.detector && (!record.bone || record.bone->present);
  if (record.detector_ran) {
    const Detector& detector = models.detector->get();  // which may be loaded now
    record.detections = timed(seconds.detect, [&] { return detector.detect(radiograph); });
  }

  if (!options.output_folder.empty())
    timed(seconds.write, [&] { write_pictures(record, radiograph, input, models, options, mask); });
  return result;
}

RadiographResult failed(const InputFile& input, std::string reason) {
  RadiographResult result;
  result.record.file = input.file;
  result.record.frame = input.frame;
  result.record.error = std::move(reason);
  return result;
}

}  // namespace

StageSeconds& StageSeconds::operator+=(const StageSeconds& other) {
  read += other.read;
  segment += other.segment;
  detect += other.detect;
  write += other.write;
  return *this;
}

RadiographResult scan_radiograph(const InputFile& input, const ScanModels& models, const RadiographOptions& options) {
  try {
    return scan_or_throw(input, models, options);
  } catch (const ImageError& error) {
    return failed(input, error.what());
  } catch (const FileNameError& error) {
    return failed(input, error.what());
  } catch (const std::bad_alloc&) {
    return failed(input, kNoMemory);
  } catch (const cv::Exception& error) {
    if (error.code != cv::Error::StsNoMem) throw;
    return failed(input, kNoMemory);
  }
}

}  // namespace bonescan
