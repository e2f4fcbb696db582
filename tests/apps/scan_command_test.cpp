// segment, detect and pipeline as their users run them: the executable, files, exit code, standard error.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <csignal>
#include <filesystem>

#include "bonescan/core/file.h"
#include "bonescan/core/json.h"
#include "bonescan/core/machine.h"
#include "bonescan/core/sha256.h"
#include "support/process.h"
#include "support/run_folder.h"
#include "support/skip.h"
#include "support/test_paths.h"
#include "support/tiny_models.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;
using test::copy_samples;
using test::files_of;
using test::json_lines;
using test::kDetector;
using test::kSegmenter;
using test::write_truncated;

// A detector whose card is good and whose code is damaged.
void write_with_broken_program(const fs::path& path) {
  std::string bytes = read_text_file(kDetector);
  const std::string name = "detector/code/__torch__.py";
  const std::size_t header = bytes.find(name) - 30;  // of a ZIP archive's member, without the name
  const std::size_t padding = static_cast<unsigned char>(bytes.at(header + 28));
  bytes.replace(header + 30 + name.size() + padding, 8, "damaged!");
  write_file_atomically(path, bytes);
}

test::ProcessResult pipeline(Arguments arguments, const std::string& input = {}) {
  const Arguments models = {"pipeline", "--segmenter", kSegmenter, "--detector", kDetector};
  arguments.insert(arguments.begin(), models.begin(), models.end());
  return test::run_bonescan(arguments, input);
}

TEST_CASE("bf16 is warned of where the processor emulates it, and nowhere else") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  const std::vector<std::string> features = describe_machine().features;
  const auto has = [&](const char* feature) { return std::count(features.begin(), features.end(), feature) > 0; };
  const auto warned = [](const test::ProcessResult& result) {
    CHECK(result.exit_code == 0);
    return result.errors.find("--precision bf16: this processor has no AVX-512") != std::string::npos;
  };
  const auto scanned = [&](const char* precision) {
    return pipeline({folder / "in", "-o", folder / "out", "--overwrite", "--precision", precision});
  };
  const bool emulated = has("sse4_2") && !has("avx512f");
  CHECK_FALSE(warned(scanned("fp32")));
  CHECK(warned(scanned("bf16")) == emulated);
  const auto doctor = test::run_bonescan(
      {"doctor", "--json", "--segmenter", kSegmenter, "--detector", kDetector, "--precision", "bf16"});
  CHECK(warned(doctor) == emulated);
  CHECK(Json::parse(doctor.output)["problems"].empty());  // the warning is not among it
}

TEST_CASE("usage errors are one sentence with exit code 2, and leave nothing behind") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  write_file_atomically(folder / "used/notes.txt", "mine");
  write_with_broken_program(folder / "broken.pt");
  write_file_atomically(folder / "wrong.toml", "threds = 1\n");
  write_file_atomically(folder / "nothing.toml", "format = []\n");
  write_file_atomically(folder / "few.toml", "threads = 0\n");
  write_file_atomically(folder / "flag.toml", "overlay = 0.5\n");
  write_file_atomically(folder / "short.toml", "q = 2\n");
  write_file_atomically(folder / "tables.toml", "[segment]\nthreads = 1\n");
  write_file_atomically(folder / "card.json", R"({"schema": "bonescan.model/1", "name": "n", "task": "detection",
      "architecture": "a", "input": {"width": 8, "height": 8, "channels": 1, "resize": "stretch", "mean": [0], "std": [1]},
      "output": {"kind": "ssd_heads", "box_weights": [10, 10, 5, 5], "anchor_format": "xyxy"},
      "classes": ["background", "fractured"]})");
  const std::string in = folder / "in", out = folder / "out", used = folder / "used";
  const std::vector<std::pair<std::string, Arguments>> cases = {
      {"there is no command \"scan\"", {"scan", in}},
      {"there is no command \"pipline\" (did you mean \"pipeline\"?)", {"pipline", in}},
      {"--quiet stands before a command", {"--quiet", "segment", in}},
      {"--verison stands before a command; options come after it (did you mean \"--version\"?)", {"--verison"}},
      {"--score_treshold is not expected here (did you mean \"--score-threshold\"?)",
       {"detect", in, "-o", out, "--score_treshold", "0.5"}},
      {"--output is missing", {"segment"}},
      {"--output is missing", {"detect", in}},
      {"no input is named", {"pipeline", "-o", out}},
      {"gone.jpg does not exist", {"segment", folder / "gone.jpg", "-o", out}},
      {"*.xyz matches no file", {"segment", in + "/*.xyz", "-o", out}},
      {"--speed is not expected", {"segment", in, "-o", out, "--speed"}},
      {"--overlap is not expected", {"detect", in, "-o", out, "--overlap", "0.4"}},
      {"--format is not expected", {"segment", in, "-o", out, "--format", "coco"}},
      {"--output needs a value", {"segment", in, "-o"}},
      {"\"1.5\" is not a number from 0 to 1", {"detect", in, "-o", out, "--nms-iou", "1.5"}},
      {"\"nan\" is not a number from 0 to 1", {"detect", in, "-o", out, "--score-threshold", "nan"}},
      {"\"0x9\" is not a whole number", {"segment", in, "-o", out, "--threads", "0x9"}},
      {"\"0\" is not a whole number", {"segment", in, "-o", out, "--threads", "0"}},
      {"\"png\" is not one of coco, csv, voc, yolo", {"detect", in, "-o", out, "--format", "coco,png"}},
      {"--shard is \"5/4\"", {"segment", in, "-o", out, "--shard", "5/4"}},
      {"no-model.pt is not a file", {"segment", in, "-o", out, "--model", folder / "no-model.pt"}},
      {"IMG0003767.jpg is not a TorchScript file", {"detect", in, "-o", out, "--model", in + "/IMG0003767.jpg"}},
      {"is a model for detection", {"segment", in, "-o", out, "--model", kDetector}},
      {"no-model.pt is not a file",
       {"pipeline", in, "-o", out, "--segmenter", kSegmenter, "--detector", folder / "no-model.pt"}},
      {"broken.pt is not a TorchScript file that can be read",
       {"pipeline", in, "-o", out, "--segmenter", kSegmenter, "--detector", folder / "broken.pt"}},
      {"cannot be read: File name too long", {"segment", in, "-o", out, "--model", folder / std::string(300, 'm')}},
      {"the network returns",
       {"pipeline", in, "-o", out, "--segmenter", kSegmenter, "--detector", test::tiny_model("wrong_class_count")}},
      {"is a model for segmentation", {"pipeline", in, "-o", out, "--segmenter", kSegmenter, "--detector", kSegmenter}},
      {"used is not empty", {"segment", in, "-o", used, "--model", kSegmenter}},
      {"exclude each other", {"segment", in, "-o", used, "--resume", "--overwrite"}},
      {"--device gpu is not known", {"segment", in, "-o", out, "--model", kSegmenter, "--device", "gpu"}},
      {"need a folder", {"segment", in, "-o", "-", "--overlay"}},
      {"no-list.txt", {"segment", "--list", folder / "no-list.txt", "-o", out}},
      {"--output is given more than once", {"segment", in, "-o", out, "-o", used}},
      {"--model: the value is empty", {"segment", in, "-o", out, "--model", ""}},
      {"--model: the value is empty", {"segment", in, "--model=", "-o", out}},
      {"INPUT: the value is empty", {"segment", in, "", "-o", out}},
      {"card.json is a card for detection",
       {"segment", in, "-o", out, "--model", kSegmenter, "--model-card", folder / "card.json"}},
      {"\"threds\" in " + (folder / "wrong.toml").string() + " is not an option of bonescan segment",
       {"segment", in, "-o", out, "--config", folder / "wrong.toml"}},
      {"\"format\" is an empty list", {"detect", in, "-o", out, "--config", folder / "nothing.toml"}},
      {"tables.toml: [segment] is a table", {"segment", in, "-o", out, "--config", folder / "tables.toml"}},
      {"few.toml: --threads: \"0\" is not a whole number", {"segment", in, "-o", out, "--config", folder / "few.toml"}},
      {"bonescan segment: --threads: \"-1\" is not a whole number",
       {"segment", in, "-o", out, "--config", folder / "few.toml", "--threads", "-1"}},
      {"flag.toml: --overlay: \"0.5\" is neither true nor false",
       {"segment", in, "-o", out, "--config", folder / "flag.toml"}},
      {"short.toml: --quiet: \"2\" is neither true nor false",
       {"segment", in, "-o", out, "--config", folder / "short.toml"}},
      {"--overlay: \"2\" is neither true nor false", {"segment", in, "-o", out, "--overlay=2"}},
      {"no-config.toml", {"segment", in, "-o", out, "--config", folder / "no-config.toml"}},
  };
  for (const auto& [sentence, arguments] : cases) {
    INFO(sentence);
    const auto result = test::run_bonescan(arguments);
    CHECK(result.exit_code == 2);
    CHECK(result.output.empty());
    CHECK_THAT(result.errors, Catch::Contains(sentence));
    CHECK(std::count(result.errors.begin(), result.errors.end(), '\n') == 1);
    CHECK_FALSE(fs::exists(out));
  }
  CHECK(files_of(folder / "used").size() == 1);
}

TEST_CASE("help and version go to standard output") {
  CHECK(test::run_bonescan({"--version"}).exit_code == 0);
  CHECK_THAT(test::run_bonescan({"--version"}).output, Catch::StartsWith("bonescan "));
  CHECK(test::run_bonescan({"-V"}).output == test::run_bonescan({"--version"}).output);
  for (const char* command : {"segment", "detect", "pipeline"}) {
    const auto help = test::run_bonescan({command, "--help"});
    CHECK(help.exit_code == 0);
    CHECK_THAT(help.output, Catch::Contains(std::string("Example: bonescan ") + command));
    CHECK_THAT(help.output, Catch::Contains("--threads"));
  }
  const auto bare = test::run_bonescan({});
  CHECK(bare.exit_code == 2);
  CHECK_THAT(bare.errors, Catch::Contains("Usage: bonescan COMMAND"));
}

TEST_CASE("a standard stream that is closed or full changes neither the results nor the exit code") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  write_truncated(folder / "in/A.jpg");
  const auto in_shell = [](const std::string& redirections, const Arguments& words) {
    Arguments arguments = {"-c", "\"$0\" \"$@\" " + redirections, test::executable()};
    arguments.insert(arguments.end(), words.begin(), words.end());
    return test::run_process("sh", arguments).exit_code;
  };
  const auto segment = [&](const std::string& out) {
    return Arguments{"segment", folder / "in", "-o", folder / out, "--model", kSegmenter, "--threads", "1"};
  };
  CHECK(in_shell("", segment("open")) == 3);
  const std::string expected = read_text_file(folder / "open/results.jsonl");
  for (const std::string closed : {"2>&-", "<&- 2>&-", "<&- >&- 2>&-", "2> /dev/full"}) {
    CAPTURE(closed);
    const std::string out = "out" + closed.substr(0, closed.find('/'));
    CHECK(in_shell(closed, segment(out)) == 3);
    CHECK(read_text_file(folder / out / "results.jsonl") == expected);
    CHECK(in_shell(closed, {"nothing"}) == 2);
    CHECK(in_shell(closed, {}) == 2);
  }
  for (const Arguments& help :
       {Arguments{"--help"}, {"--version"}, {"segment", "--help"}, {"eval", "detect", "--help"}})
    CHECK(in_shell("> /dev/full", help) == 1);
}

TEST_CASE("a command that finishes nothing of its own ends at the signal") {
  const test::TemporaryFolder folder;
  // The command has begun when it opens the pipe that it is to read.
  const std::string script =
      "mkfifo names; \"$@\" & command=$!; (exec >names; : >opened; exec sleep 60) & writer=$!; "
      "until [ -e opened ]; do sleep 0.05; done; kill -TERM $command; wait $command; code=$?; kill $writer; exit $code";
  write_file_atomically(folder / "predictions.json", "[]");
  const Arguments words = {"-c",
                           "cd '" + folder.path().string() + "'; " + script,
                           "sh",
                           test::executable(),
                           "eval",
                           "detect",
                           "--ground-truth",
                           "names",
                           "--predictions",
                           "predictions.json"};
  CHECK(test::run_process("sh", words).exit_code == 128 + SIGTERM);
}

TEST_CASE("one and four threads write the same bytes") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  const std::string in = folder / "in";
  for (const char* threads : {"1", "4"}) {
    const auto result =
        pipeline({in, "-o", folder / threads, "--threads", threads, "--overlay", "--format", "yolo,voc,csv"});
    REQUIRE(result.exit_code == 0);
    CHECK(result.output.empty());
  }
  CHECK(files_of(folder / "1").size() == 6 + 7 * 4);
  CHECK(files_of(folder / "1") == files_of(folder / "4"));
}

TEST_CASE("a truncated JPEG is a failed record and exit code 3, and --allow-truncated takes it") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  write_truncated(folder / "in/cut.jpg");
  const auto result = pipeline({folder / "in", "-o", folder / "out"});
  CHECK(result.exit_code == 3);
  CHECK_THAT(result.errors, Catch::Contains("warning: cut.jpg: "));
  const auto lines = json_lines(read_text_file(folder / "out/results.jsonl"));
  REQUIRE(lines.size() == 8);
  CHECK(lines[7]["file"] == "cut.jpg");  // lower case comes after "IMG" and "cat"
  CHECK(lines[7]["status"] == "failed");
  CHECK(read_json_file(folder / "out/run.json")["counts"]["failed"] == 1);
  const auto taking = pipeline({folder / "in", "-o", folder / "out2", "--allow-truncated"});
  CHECK(taking.exit_code == 0);
  CHECK_THAT(taking.errors, Catch::Contains(", 1 truncated, "));
  CHECK(read_json_file(folder / "out2/run.json")["counts"]["truncated"] == 1);
  const auto taken = json_lines(read_text_file(folder / "out2/results.jsonl"));
  CHECK(taken[7]["truncated"] == true);
  CHECK_FALSE(taken[6].contains("truncated"));
}

TEST_CASE("with --fail-fast a run ends at the first failure") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  write_truncated(folder / "in/A.jpg");  // the first in byte order
  CHECK(pipeline({folder / "in", "-o", folder / "out", "--fail-fast", "--threads", "1"}).exit_code == 3);
  CHECK(json_lines(read_text_file(folder / "out/results.jsonl")).size() == 1);
  CHECK(read_json_file(folder / "out/run.json")["status"] == "stopped at the first failure");
}

TEST_CASE("run.json says with what the results were made") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  const Arguments words = {folder / "in", "-o", folder / "out", "--precision", "bf16"};
  REQUIRE(pipeline(words).exit_code == 0);
  const Json run = read_json_file(folder / "out/run.json");
  Arguments said = run["command_line"];
  CHECK(said.at(1) == "pipeline");
  CHECK(Arguments(said.end() - static_cast<std::ptrdiff_t>(words.size()), said.end()) == words);
  CHECK(run["models"]["segmenter"]["sha256"] == sha256_of_file(kSegmenter));
  CHECK(run["models"]["detector"]["sha256"] == sha256_of_file(kDetector));
  CHECK(run["settings"]["precision"] == "bf16");
}

TEST_CASE("the units of --max-file-size are powers of 1024") {
  const test::TemporaryFolder folder;
  fs::copy_file(test::data_folder() / "images/grey.png", folder / "grey.png");
  REQUIRE(fs::file_size(folder / "grey.png") > 1024);
  const auto scanned = [&](const char* limit) {
    return test::run_bonescan({"segment", "--model", kSegmenter, folder / "grey.png", "-o", folder / "out",
                               "--overwrite", "--max-file-size", limit});
  };
  const auto refused = scanned("1kB");
  CHECK(refused.exit_code == 5);
  CHECK_THAT(refused.errors, Catch::Contains("the limit is 1024 (--max-file-size)"));
  CHECK(scanned("2kB").exit_code == 0);
}

TEST_CASE("a folder's links to folders and its other files are told of") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  fs::create_directories(folder / "elsewhere");
  fs::create_directory_symlink(folder / "elsewhere", folder / "in/link");
  write_file_atomically(folder / "in/notes.txt", "mine");
  const auto result = pipeline({folder / "in", "-o", folder / "out"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.errors, Catch::Contains("1 link to a folder in the inputs not followed (") &&
                                Catch::Contains("in/link)") &&
                                Catch::Contains("1 other file that is not a radiograph"));
}

TEST_CASE("BONESCAN_WEIGHTS names the folder of the default models") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  fs::create_directories(folder / "weights");
  fs::copy_file(kSegmenter, folder / "weights/segnet.pt");
  const Arguments words = {"BONESCAN_WEIGHTS=" + (folder / "weights").string(),
                           test::executable(),
                           "segment",
                           folder / "in",
                           "-o",
                           folder / "out"};
  REQUIRE(test::run_process("env", words).exit_code == 0);
  CHECK(read_json_file(folder / "out/run.json")["models"]["segmenter"]["path"] ==
        (folder / "weights/segnet.pt").string());
}

TEST_CASE("if every input fails the exit code is 5") {
  const test::TemporaryFolder folder;
  write_truncated(folder / "in/cut.jpg");
  CHECK(pipeline({folder / "in", "-o", folder / "out"}).exit_code == 5);
  CHECK(json_lines(read_text_file(folder / "out/results.jsonl")).size() == 1);
}

TEST_CASE("a list comes from standard input, each file once, and a missing one fails by itself") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  const std::string in = folder / "in";
  const auto result =
      pipeline({"--list", "-", "-o", folder / "out"},
               in + "/cat.jpg\n" + in + "/gone.jpg\n" + in + "/cat.jpg\n" + in + "/../in/IMG0003767.jpg\n");
  CHECK(result.exit_code == 3);
  const auto lines = json_lines(read_text_file(folder / "out/results.jsonl"));
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["file"] == "cat.jpg");
  CHECK(lines[1]["file"] == "gone.jpg");
  CHECK(lines[1]["status"] == "failed");
  CHECK(lines[2]["file"] == "IMG0003767.jpg");
}

TEST_CASE("output - streams the records, and nothing else, to standard output") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  const auto streamed = pipeline({folder / "in", "-o", "-", "--threads", "3"});
  CHECK(streamed.exit_code == 0);
  const auto lines = json_lines(streamed.output);
  REQUIRE(lines.size() == 7);
  CHECK(std::is_sorted(lines.begin(), lines.end(), [](const Json& a, const Json& b) { return a["file"] < b["file"]; }));
  CHECK(lines[0]["bone"]["mask"].is_null());
}

TEST_CASE("what segment and detect say is what pipeline says") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  const std::string in = folder / "in";
  REQUIRE(pipeline({in, "-o", folder / "pipeline"}).exit_code == 0);
  REQUIRE(test::run_bonescan({"segment", in, "-o", folder / "segment", "--model", kSegmenter}).exit_code == 0);
  REQUIRE(test::run_bonescan({"detect", in, "-o", folder / "detect", "--model", kDetector}).exit_code == 0);
  const auto both = json_lines(read_text_file(folder / "pipeline/results.jsonl"));
  const auto bones = json_lines(read_text_file(folder / "segment/results.jsonl"));
  const auto boxes = json_lines(read_text_file(folder / "detect/results.jsonl"));
  for (std::size_t i = 0; i < both.size(); ++i) {
    CHECK(both[i]["bone"] == bones[i]["bone"]);
    CHECK(bones[i]["detector_ran"] == false);
    CHECK(boxes[i]["bone"].is_null());
    CHECK(both[i]["detector_ran"] == both[i]["bone"]["present"]);
    if (both[i]["detector_ran"] == true) CHECK(both[i]["detections"] == boxes[i]["detections"]);
  }
  CHECK_FALSE(fs::exists(folder / "segment/detections.json"));
  CHECK_FALSE(fs::exists(folder / "detect/masks"));
}

TEST_CASE("a second name of a picture is told, not passed over in silence") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  fs::create_symlink("IMG0003767.jpg", folder / "in/z.jpg");
  const auto result = pipeline({folder / "in", "-o", folder / "out"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.errors,
             Catch::Contains("1 other name of files that are inputs already left out") && Catch::Contains("in/z.jpg"));
}

TEST_CASE("every threshold reaches its place") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  const std::vector<std::pair<std::string, double>> thresholds = {
      {"mask-threshold", 0.25}, {"min-bone-fraction", 0.125}, {"min-bone-confidence", 0.5}, {"score-threshold", 0.375},
      {"nms-iou", 0.625},       {"box-voting-iou", 0.75},     {"max-detections", 3},        {"top-k", 5}};
  Arguments arguments = {folder / "in", "-o", folder / "out"};
  for (const auto& [name, value] : thresholds) {
    arguments.push_back("--" + name);
    arguments.push_back(Json(value).dump().ends_with(".0") ? std::to_string(std::lround(value)) : Json(value).dump());
  }
  REQUIRE(pipeline(arguments).exit_code == 0);
  const Json settings = read_json_file(folder / "out/run.json")["settings"];
  for (auto [name, value] : thresholds) {
    std::replace(name.begin(), name.end(), '-', '_');
    CAPTURE(name);
    CHECK(settings[name] == value);
  }
}

TEST_CASE("test-time flips reach both networks") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  const auto record = [&](Arguments arguments) {
    const Arguments input = {folder / "in/IMG0003767.jpg", "-o", "-"};
    arguments.insert(arguments.end(), input.begin(), input.end());
    const auto result = test::run_bonescan(arguments);
    REQUIRE(result.exit_code == 0);
    return json_lines(result.output).at(0);
  };
  const Json plain = record({"pipeline"}), averaged = record({"pipeline", "--tta"});
  CHECK(averaged["bone"] == plain["bone"]);  // the gate is that of the picture itself
  CHECK(averaged["detections"] != plain["detections"]);

  const auto mask = [&](const char* name, const Arguments& flags) {
    Arguments arguments = {"segment", folder / "in/IMG0003767.jpg", "-o", folder / name};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    REQUIRE(test::run_bonescan(arguments).exit_code == 0);
    return read_text_file(folder / name / "masks/IMG0003767.jpg.png");
  };
  CHECK(mask("plain", {}) != mask("averaged", {"--tta"}));

  REQUIRE(pipeline({folder / "in", "-o", folder / "out", "--tta"}).exit_code == 0);
  CHECK(read_json_file(folder / "out/run.json")["settings"]["tta"] == true);
}

TEST_CASE("options come from a TOML file, and the command line wins") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  write_file_atomically(folder / "run.toml", "threads = 1\nscore-threshold = 0.75\noverlay = true\nformat = \"csv\"\n");
  const std::string out = folder / "out";
  REQUIRE(
      pipeline({folder / "in", "-o", out, "--config", folder / "run.toml", "--score-threshold", "0.625"}).exit_code ==
      0);
  const Json report = read_json_file(folder / "out/run.json");
  CHECK(report["threads"] == 1);
  CHECK(report["settings"]["score_threshold"] == 0.625);
  CHECK(fs::exists(folder / "out/overlays/cat.jpg.jpg"));
  CHECK(fs::exists(folder / "out/results.csv"));
  CHECK(fs::exists(folder / "out/radiographs.csv"));
}

TEST_CASE("a TOML file is read as TOML") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  write_file_atomically(folder / "run.toml", "\xEF\xBB\xBFoutput = '" + (folder / "out#1").string() +
                                                 "'  # as on the command line\nmax-pixels = 1_000_000\n"
                                                 "format = [\n  \"csv\",\n  \"coc\\u006F\",\n]\n");
  REQUIRE(pipeline({folder / "in", "--config", folder / "run.toml"}).exit_code == 0);
  const Json report = read_json_file(folder / "out#1/run.json");
  CHECK(report["settings"]["max_pixels"] == 1000000);
  CHECK(report["formats"] == Json({"coco", "csv"}));
  for (const auto& [text, sentence] : {std::pair("threads = \"1\nquiet = true\n", "bad.toml: line 1: "),
                                       std::pair("threads = 07:30:00\n", "neither")}) {
    CAPTURE(text);
    write_file_atomically(folder / "bad.toml", text);
    const auto bad = pipeline({folder / "in", "-o", folder / "out", "--config", folder / "bad.toml"});
    CHECK(bad.exit_code == 2);
    CHECK_THAT(bad.errors, Catch::Contains(sentence));
  }
}

TEST_CASE("a run that cannot begin leaves the run that it was to replace") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  REQUIRE(pipeline({folder / "in", "-o", folder / "out"}).exit_code == 0);
  const auto before = test::files_of(folder / "out");
  const auto refused =
      test::run_bonescan({"pipeline", folder / "in", "-o", folder / "out", "--overwrite", "--segmenter", kSegmenter,
                          "--detector", test::tiny_model("wrong_class_count")});
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.errors, Catch::Contains("the network returns"));
  CHECK(test::files_of(folder / "out") == before);
}

TEST_CASE("a run with --quiet says nothing, with --log-json says it as JSON") {
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  CHECK(pipeline({folder / "in", "-o", folder / "1", "-q"}).errors.empty());
  const auto lines = json_lines(pipeline({folder / "in", "-o", folder / "2", "--log-json"}).errors);
  REQUIRE_FALSE(lines.empty());
  CHECK(lines.back()["level"] == "info");
  CHECK_THAT(lines.back()["message"].get<std::string>(), Catch::StartsWith("7 of 7 radiographs"));
}

TEST_CASE("with --log-json all of standard error is JSON, failures of the command included") {
  const test::TemporaryFolder folder;
  const std::string config = folder / "options.toml";
  write_file_atomically(config, "log-json = true");
  for (const Arguments& arguments : std::vector<Arguments>{{"segment", "--log-json", "--speed"},
                                                           {"segment", "--log-json", folder / "gone", "-o", "-"},
                                                           {"segment", "--log-json=true", "--speed"},
                                                           {"segment", folder / "gone", "-o", "-", "--config", config},
                                                           {"scan", "--log-json"}}) {
    const auto result = test::run_bonescan(arguments);
    CHECK(result.exit_code == 2);
    const auto lines = json_lines(result.errors);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0]["level"] == "error");
    CHECK_THAT(lines[0]["message"].get<std::string>(), Catch::StartsWith("bonescan"));
  }
}

TEST_CASE(
    "on a terminal a line is rewritten that tells rate, time left and failures, and with --log-json there is none") {
  if (test::run_process("sh", {"-c", "command -v script"}).exit_code != 0) {
    test::skip("script(1) is not installed");
    return;
  }
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  write_truncated(folder / "in/A.jpg");
  // What bonescan writes to a terminal of its own.
  const auto on_terminal = [&](const std::string& options) {
    const std::string command = test::executable().string() + " segment --threads 1 --model " + kSegmenter + " " +
                                (folder / "in").string() + " -o " + (folder / "out").string() + " --overwrite " +
                                options;
    return test::run_process("script", {"--quiet", "--return", "--command", command, "/dev/null"}).output;
  };
  const std::string shown = on_terminal("");
  CHECK_THAT(shown, Catch::Matches("[^]*\r\x1b\\[K1/8, [0-9.]+/s, [0-9]+ s left, 1 failed[^]*"));
  CHECK_THAT(shown, Catch::Contains("\r\x1b[Kinfo: 7 of 8 radiographs"));  // the line is gone before the last word
  CHECK_THAT(on_terminal("--progress never"), !Catch::Contains("left"));
  const std::string logged = on_terminal("--log-json --progress always");
  CHECK_THAT(logged, !Catch::Contains("\x1b"));
  CHECK(json_lines(logged).size() == 2);  // the failure, and the end
}

TEST_CASE("the released models find bone on radiographs and no detector is loaded for a picture without") {
  if (!fs::exists(test::weights_folder() / "segnet.pt") || !fs::exists(test::weights_folder() / "ssd300_vgg16.pt")) {
    test::skip("the weights folder holds no models");
    return;
  }
  const test::TemporaryFolder folder;
  copy_samples(folder / "in");
  fs::remove(folder / "in/cat.jpg");
  REQUIRE(test::run_bonescan({"pipeline", folder / "in", "-o", folder / "out"}).exit_code == 0);
  CHECK(read_json_file(folder / "out/run.json")["counts"]["with_bone"] == 6);

  const std::string blank = test::data_folder() / "images/constant_16bit.png";
  REQUIRE(test::run_bonescan({"pipeline", blank, "-o", folder / "blank"}).exit_code == 0);
  const Json report = read_json_file(folder / "blank/run.json");
  CHECK(report["counts"]["with_bone"] == 0);
  CHECK(report["models"]["detector"]["loaded"] == false);
}

}  // namespace
}  // namespace bonescan
