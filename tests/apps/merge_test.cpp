// merge as its users run it: shards made by the executable, joined by it, against one run over the same inputs.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>

#include "bonescan/core/file.h"
#include "bonescan/core/json.h"
#include "support/process.h"
#include "support/run_folder.h"
#include "support/test_paths.h"
#include "support/tiny_models.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

using test::kDetector;
using test::kSegmenter;
const Arguments kPipeline = {"pipeline", "--segmenter", kSegmenter, "--detector", kDetector};

Arguments operator+(Arguments words, const Arguments& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// The samples in two folders, and a picture that fails.
void write_inputs(const fs::path& folder) {
  test::copy_samples(folder / "b");
  test::copy_samples(folder / "a");
  test::write_truncated(folder / "a/cut.jpg");
}

// Runs `command` as `count` shards into FOLDER/1 ... ; gives back these folders.
Arguments run_shards(const Arguments& command, const fs::path& folder, int count = 3) {
  Arguments folders;
  for (int index = 1; index <= count; ++index) {
    folders.push_back(folder / std::to_string(index));
    const std::string shard = std::to_string(index) + "/" + std::to_string(count);
    const auto result = test::run_bonescan(command + Arguments{"--shard", shard, "-o", folders.back()});
    INFO(result.errors);
    REQUIRE((result.exit_code == 0 || result.exit_code == 3));
  }
  return folders;
}

test::ProcessResult merge(const Arguments& folders, const fs::path& output, const Arguments& more = {}) {
  return test::run_bonescan(Arguments{"merge"} + folders + Arguments{"-o", output} + more);
}

void change_json(const fs::path& path, const std::function<void(Json&)>& change) {
  Json json = read_json_file(path);
  change(json);
  write_file_atomically(path, to_json_text(json));
}

TEST_CASE("three shards merged are what one run writes, byte for byte") {
  const test::TemporaryFolder folder;
  write_inputs(folder / "in");
  const std::string in = folder / "in";
  const std::vector<Arguments> commands = {
      {"segment", in, "--model", kSegmenter, "--overlay"},
      {"detect", in, "--model", kDetector, "--format", "csv"},
      kPipeline + Arguments{in, "--format", "yolo"},
      kPipeline + Arguments{in, "--format", "coco,yolo,voc,csv", "--overlay"},
  };
  for (std::size_t i = 0; i < commands.size(); ++i) {
    INFO(i);
    const fs::path work = folder / std::to_string(i);
    const auto whole = test::run_bonescan(commands[i] + Arguments{"-o", work / "whole"});
    REQUIRE(whole.exit_code == 3);
    const std::size_t counts = whole.errors.find(", 1 failed");
    REQUIRE(counts != std::string::npos);
    Arguments shards = run_shards(commands[i], work);
    std::reverse(shards.begin(), shards.end());  // any order will do
    const auto merged = merge(shards, work / "merged");
    CHECK(merged.exit_code == 3);
    CHECK(merged.output.empty());
    CHECK(merged.errors == "info: 15 radiographs of 3 shards merged" + whole.errors.substr(counts));
    CHECK(test::files_of(work / "merged") == test::files_of(work / "whole"));
  }
}

TEST_CASE("run.json of merged shards tells what that of one run tells, and names the shards") {
  const test::TemporaryFolder folder;
  write_inputs(folder / "in");
  const Arguments command = kPipeline + Arguments{folder / "in", "--format", "csv"};
  REQUIRE(test::run_bonescan(command + Arguments{"-o", folder / "whole"}).exit_code == 3);
  const Arguments shards = run_shards(command, folder.path());
  REQUIRE(merge(shards, folder / "merged").exit_code == 3);

  const Json whole = read_json_file(folder / "whole/run.json");
  const Json merged = read_json_file(folder / "merged/run.json");
  for (const char* member :
       {"schema", "version", "status", "device", "settings", "formats", "inputs", "models", "counts", "failures"}) {
    INFO(member);
    CHECK(merged[member] == whole[member]);
  }
  CHECK_FALSE(merged.contains("shard_positions"));
  REQUIRE(merged["shards"].size() == 3);
  double read = 0.0, slowest = 0.0;
  for (int index = 0; index < 3; ++index) {
    const Json& shard = merged["shards"][index];
    CHECK(shard["shard"] == std::to_string(index + 1) + "/3");
    CHECK(shard["folder"] == shards[index]);
    read += shard["seconds"]["read"].get<double>();
    slowest = std::max(slowest, shard["seconds"]["wall"].get<double>());
  }
  CHECK(merged["seconds"]["read"].get<double>() == Approx(read));
  CHECK(merged["seconds"]["wall"] == slowest);
}

TEST_CASE("shards of a list keep the order of the list") {
  const test::TemporaryFolder folder;
  write_inputs(folder / "in");
  const std::string in = folder / "in";
  std::string list;
  for (const char* file : {"b/cat.jpg", "a/IMG0004369.jpg", "b/IMG0003767.jpg", "a/gone.jpg", "a/cat.jpg"})
    list += in + "/" + file + "\n";
  write_file_atomically(folder / "list.txt", list);
  const Arguments command = kPipeline + Arguments{in + "/b/IMG0003932.jpg", "--list", folder / "list.txt"};
  REQUIRE(test::run_bonescan(command + Arguments{"-o", folder / "whole"}).exit_code == 3);
  REQUIRE(merge(run_shards(command, folder.path(), 2), folder / "merged").exit_code == 3);
  CHECK(test::files_of(folder / "merged") == test::files_of(folder / "whole"));
}

TEST_CASE("frames of a DICOM file stay together and in order") {
  const test::TemporaryFolder folder;
  test::copy_samples(folder / "in");
  fs::copy_file(test::data_folder() / "dicom/enhanced.dcm", folder / "in/a.dcm");
  fs::copy_file(test::data_folder() / "dicom/enhanced.dcm", folder / "in/b.dcm");  // FNV-1a: in another shard of 2
  const Arguments command = kPipeline + Arguments{folder / "in", "--format", "yolo,csv", "--overlay"};
  REQUIRE(test::run_bonescan(command + Arguments{"-o", folder / "whole"}).exit_code == 0);
  REQUIRE(merge(run_shards(command, folder.path(), 2), folder / "merged").exit_code == 0);
  CHECK_THAT(read_text_file(folder / "merged/results.jsonl"), Catch::Contains("\"frame\":2"));
  CHECK(test::files_of(folder / "merged") == test::files_of(folder / "whole"));
}

TEST_CASE("a shard without inputs is merged like any other, and clean shards end with 0") {
  const test::TemporaryFolder folder;
  const std::string samples = test::data_folder() / "samples/";
  const Arguments command = kPipeline + Arguments{samples + "IMG0003767.jpg", samples + "cat.jpg"};
  const Arguments shards = run_shards(command, folder.path(), 3);
  CHECK(std::any_of(shards.begin(), shards.end(),
                    [](const fs::path& shard) { return fs::file_size(shard / "results.jsonl") == 0; }));
  CHECK(merge(shards, folder / "merged").exit_code == 0);
  REQUIRE(test::run_bonescan(command + Arguments{"-o", folder / "whole"}).exit_code == 0);
  CHECK(test::files_of(folder / "merged") == test::files_of(folder / "whole"));
}

TEST_CASE("a merged folder can be resumed and overwritten like that of one run") {
  const test::TemporaryFolder folder;
  test::copy_samples(folder / "in");
  const Arguments command = kPipeline + Arguments{folder / "in"};
  REQUIRE(merge(run_shards(command, folder.path()), folder / "merged").exit_code == 0);
  const auto merged = test::files_of(folder / "merged");
  CHECK(test::run_bonescan(command + Arguments{"-o", folder / "merged", "--resume"}).exit_code == 0);
  CHECK(test::files_of(folder / "merged") == merged);
  CHECK(merge({folder / "1", folder / "2", folder / "3"}, folder / "merged", {"--overwrite"}).exit_code == 0);
  CHECK(test::files_of(folder / "merged") == merged);
}

TEST_CASE("an overlay that a shard has lost comes back with --resume, as the refusal to merge says") {
  const test::TemporaryFolder folder;
  test::copy_samples(folder / "in");
  const Arguments command = kPipeline + Arguments{folder / "in", "--overlay"};
  const Arguments shards = run_shards(command, folder.path(), 1);
  const fs::path overlay = folder / "1/overlays/IMG0003767.jpg.jpg";
  REQUIRE(fs::remove(overlay));
  CHECK_THAT(merge(shards, folder / "merged").errors, Catch::Contains("run this shard anew with --resume"));
  const Arguments resume = {"--shard", "1/1", "-o", folder / "1", "--resume"};
  CHECK(test::run_bonescan(command + resume).exit_code == 0);
  CHECK(fs::exists(overlay));
  CHECK(merge(shards, folder / "merged").exit_code == 0);
}

TEST_CASE("what a merge that was killed left goes with --overwrite") {
  const test::TemporaryFolder folder;
  write_inputs(folder / "in");
  const Arguments shards = run_shards(kPipeline + Arguments{folder / "in"}, folder / "shards");
  CHECK(merge(shards, folder / "merged").exit_code == 3);
  // As it stands before results.jsonl has its name.
  fs::rename(folder / "merged/results.jsonl", folder / "merged/results.jsonl.partial");
  test::copy_samples(folder / "other");
  const auto run = test::run_bonescan(
      {"detect", folder / "other/IMG0003767.jpg", "--model", kDetector, "-o", folder / "merged", "--overwrite"});
  CHECK(run.exit_code == 0);
  CHECK_FALSE(fs::exists(folder / "merged/masks"));
}

TEST_CASE("more shards than files may be open are no broken shards") {
  const test::TemporaryFolder folder;
  test::copy_samples(folder / "in");
  const Arguments shards = run_shards({"segment", folder / "in", "--model", kSegmenter}, folder.path(), 6);
  const Arguments merge_all = {"-c", "ulimit -n 7; exec \"$0\" merge \"$@\"", test::executable()};
  const auto result = test::run_process("sh", merge_all + shards + Arguments{"-o", folder / "merged"});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.errors, Catch::Contains("cannot be opened: Too many open files"));
  // Where only the soft limit is so low, it is raised.
  const Arguments merge_softly = {"-c", "ulimit -S -n 7; exec \"$0\" merge \"$@\"", test::executable()};
  const auto raised = test::run_process("sh", merge_softly + shards + Arguments{"-o", folder / "merged"});
  INFO(raised.errors);
  CHECK(raised.exit_code == 0);
}

TEST_CASE("what does not fit together is one sentence with exit code 2, and nothing is written") {
  const test::TemporaryFolder folder;
  test::copy_samples(folder / "in");
  const Arguments command = kPipeline + Arguments{folder / "in"};
  const fs::path good = folder / "good";
  const Arguments shards = run_shards(command, good);

  // Copies of the shards, one of them changed.
  int copies = 0;
  const auto changed = [&](const std::function<void(const fs::path&)>& change) {
    const fs::path copy = folder / std::to_string(++copies);
    fs::copy(good, copy, fs::copy_options::recursive);
    change(copy);
    return Arguments{copy / "1", copy / "2", copy / "3"};
  };
  const auto other_setting = [&](const std::string& name, const Json& value) {
    return changed([&](const fs::path& copy) {
      change_json(copy / "2/run.json", [&](Json& run) { run["settings"][name] = value; });
    });
  };
  const fs::path first_mask = [&] {
    for (const fs::directory_entry& entry : fs::directory_iterator(good / "1/masks")) return entry.path().filename();
    return fs::path();
  }();
  write_file_atomically(folder / "used/notes.txt", "mine");

  const std::vector<std::pair<std::string, Arguments>> cases = {
      {"no shard is named", {}},
      {"shard 3/3 is missing", {shards[0], shards[1]}},
      {"shard 1/3 is missing", {shards[1], shards[2]}},
      {"are both shard 2/3", {shards[0], shards[1], shards[1], shards[2]}},
      {"gone is not a folder", {shards[0], shards[1], folder / "gone"}},
      {"used holds no run.json", {shards[0], shards[1], folder / "used"}},
      {"differ in \"score_threshold\"", other_setting("score_threshold", 0.9)},
      {"differ in \"detector\"", other_setting("detector", "0000")},
      {"differ in \"input_folder\"", other_setting("input_folder", "/elsewhere")},
      {"is shard 2/4", other_setting("shard", "2/4")},
      {"holds a whole run, not a shard", other_setting("shard", nullptr)},
      {"differ in \"formats\"", changed([](const fs::path& copy) {
         change_json(copy / "3/run.json", [](Json& run) { run["formats"] = {"csv"}; });
       })},
      {"differ in \"inputs\"", changed([](const fs::path& copy) {
         change_json(copy / "3/run.json", [](Json& run) { run["inputs"]["names_sha256"] = "0000"; });
       })},
      {"is not finished", changed([](const fs::path& copy) {
         fs::copy_file(copy / "2/results.jsonl", copy / "2/results.jsonl.partial");
       })},
      {"stopped at the first failure", changed([](const fs::path& copy) {
         change_json(copy / "2/run.json", [](Json& run) { run["status"] = "stopped at the first failure"; });
       })},
      {"\"shard_positions\" does not fit", changed([](const fs::path& copy) {
         const Json other = read_json_file(copy / "1/run.json")["shard_positions"];
         change_json(copy / "2/run.json", [&](Json& run) { run["shard_positions"][0] = other[0]; });
       })},
      {"does not hold the", changed([](const fs::path& copy) {
         const std::string text = read_text_file(copy / "2/results.jsonl");
         write_file_atomically(copy / "2/results.jsonl", text.substr(text.find('\n') + 1));
       })},
      {"results.jsonl is not valid JSON",
       changed([](const fs::path& copy) { write_file_atomically(copy / "2/results.jsonl", "{\"file\": "); })},
      {"is in more than one shard", changed([](const fs::path& copy) {
         const std::string text = read_text_file(copy / "1/results.jsonl");
         const std::string line = text.substr(0, text.find('\n') + 1);
         const std::string other = read_text_file(copy / "2/results.jsonl");
         write_file_atomically(copy / "2/results.jsonl", line + other.substr(other.find('\n') + 1));
         fs::copy(copy / "1/masks", copy / "2/masks", fs::copy_options::skip_existing);
       })},
      {"lacks masks/" + first_mask.string(),
       changed([&](const fs::path& copy) { fs::remove(copy / "1/masks" / first_mask); })},
      {"lacks masks/../../", changed([](const fs::path& copy) {
         std::string text = read_text_file(copy / "1/results.jsonl");
         text.replace(text.find("\"masks/"), 7, "\"masks/../../");
         write_file_atomically(copy / "1/results.jsonl", text);
       })},
      {"leaves the input folder", changed([](const fs::path& copy) {
         std::string text = read_text_file(copy / "1/results.jsonl");
         text.replace(text.find("\"file\":\""), 8, "\"file\":\"../../");
         write_file_atomically(copy / "1/results.jsonl", text);
       })},
      {"has a box of the class \"elephant\"", changed([](const fs::path& copy) {
         for (const char* shard : {"1", "2", "3"}) {
           std::string text = read_text_file(copy / shard / "results.jsonl");
           const std::size_t label = text.find("\"label\":");
           if (label == std::string::npos) continue;
           text.replace(label, text.find(',', label) - label, "\"label\":\"elephant\"");
           write_file_atomically(copy / shard / "results.jsonl", text);
         }
       })},
      {"is not the run.json of a shard",
       changed([](const fs::path& copy) { write_file_atomically(copy / "1/run.json", "[1, 2]"); })},
      {"2/run.json is not the run.json of a shard",
       changed([](const fs::path& copy) { change_json(copy / "2/run.json", [](Json& run) { run.erase("inputs"); }); })},
  };
  const fs::path out = folder / "out";
  for (const auto& [sentence, folders] : cases) {
    INFO(sentence);
    const auto result = merge(folders, out);
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.errors, Catch::Contains(sentence));
    CHECK(std::count(result.errors.begin(), result.errors.end(), '\n') == 1);
    CHECK_FALSE(fs::exists(out));
  }

  CHECK_THAT(merge(shards, folder / "used").errors, Catch::Contains("used is not empty"));
  CHECK_THAT(merge(shards, good / "1", {"--overwrite"}).errors, Catch::Contains("lies in the shard"));
  CHECK_THAT(merge(shards, good / "2/inside").errors, Catch::Contains("lies in the shard"));
  CHECK_THAT(test::run_bonescan(Arguments{"merge"} + shards).errors, Catch::Contains("--output is missing"));
}

TEST_CASE("labels that two shards would write under one name are refused as in one run") {
  const test::TemporaryFolder folder;
  const fs::path sample = test::data_folder() / "samples/IMG0003767.jpg";
  fs::create_directories(folder / "in");
  // Names that differ in their extension only, in different shards.
  fs::copy_file(sample, folder / "in/hand.jpg");
  fs::copy_file(sample, folder / "in/hand.jpeg");
  const Arguments command = kPipeline + Arguments{folder / "in", "--format", "yolo"};
  CHECK(test::run_bonescan(command + Arguments{"-o", folder / "whole"}).exit_code == 2);
  const auto result = merge(run_shards(command, folder.path(), 2), folder / "merged");
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.errors, Catch::Contains("would share them with another input"));
}

}  // namespace
}  // namespace bonescan
