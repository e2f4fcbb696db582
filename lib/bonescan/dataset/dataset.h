// A labelled set of images, whatever format it came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "bonescan/core/box.h"

namespace bonescan {

struct DatasetImage {
  std::int64_t id = 0;
  std::string file_name;  // as the annotation file writes it, relative to the image folder
  int width = 0;          // of the upright image, in pixels; 0 if the annotation file does not say
  int height = 0;
  std::vector<std::string> regions;  // body regions, where the set names them
  bool is_positive = false;          // has boxes, be it left out or not, or is a copy of an image that has
  std::filesystem::path path = {};   // where it lies; empty: wherever its name is found in the image folder
  bool is_added = false;             // by add_images_without_boxes: no annotation file knows its id
};

// The last part of its file name.
std::string base_name(const DatasetImage& image);

struct Category {
  std::int64_t id = 0;
  std::string name;
};

// Boxes refer to upright images. Images without boxes are part of the set. Images and categories
// stand in ascending order of their ids, boxes in the order of the annotation file.
struct Dataset {
  std::vector<DatasetImage> images;
  std::vector<Category> categories;
  std::vector<GroundTruthBox> boxes;
  std::string source;                  // what it was read from, for messages and reports
  std::vector<DatasetImage> left_out;  // known images that a split or list leaves out
  std::vector<std::string> notes;      // sentences that a report must repeat; names in them are bytes
};

// "fractured, implant"; "none" of a set without categories.
std::string category_names(const Dataset& dataset);

// Whether every category is called by its number, as of YOLO labels that come without names.
bool has_numbered_categories(const Dataset& dataset);

// Puts a model's classes, which count from 0, in the place of numbered categories, and notes it. Does nothing where a
// category has a name, a number that no class has, or one that is the name of a class.
void name_numbered_categories(Dataset& dataset, const std::vector<std::string>& classes);

// Whether predictions have one class and the set one category: they mean the same then, whatever they are called.
bool have_one_class_each(std::size_t predicted_classes, const Dataset& dataset);

// The sentence that a report must repeat where they are called differently; none where they are not.
std::vector<std::string> notes_of_other_name(const std::string& predicted_class, const Dataset& dataset);

// Sorts images and categories by their ids, which must be unique, and marks the images with boxes as positive. Of the
// categories of one name, which labels stand for, the one that has boxes stays. Throws UsageError if several have.
void finish_dataset(Dataset& dataset);

// Keeps the images with these ids, which must be in the set; the others become left_out.
void keep_images(Dataset& dataset, std::span<const std::int64_t> ids);

// The opposite: images that were left out join the set again, without boxes.
void take_back_images(Dataset& dataset, std::span<const std::int64_t> ids);

// Adds images without boxes under new ids (above every id in the set, left-out images included, all less than
// 2^63 - 1). `folder`: where they lie, if that is not the set's image folder. Throws UsageError if there are not enough
// ids.
void add_images_without_boxes(Dataset& dataset, std::span<const std::string> file_names,
                              const std::filesystem::path& folder = {});

}  // namespace bonescan
