// Runs that are killed, interrupted, or lose their disk: what is finished is kept, and --resume ends as if undisturbed.
#include <sys/mount.h>

#include <fmt/format.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstring>
#include <opencv2/imgcodecs.hpp>
#include <random>
#include <sstream>

#include "bonescan/core/file.h"
#include "support/process.h"
#include "support/run_folder.h"
#include "support/skip.h"
#include "support/test_paths.h"
#include "support/tiny_models.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

Arguments segment_command(const fs::path& in, const fs::path& out, const Arguments& more = {}) {
  Arguments words = {test::executable(), "segment", "--model", test::kSegmenter, in, "-o", out, "--threads", "2", "-v"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

test::ProcessResult run(const Arguments& words) {
  return test::run_process(words[0], {words.begin() + 1, words.end()});
}

// Runs a shell script in which $RUN is the command.
test::ProcessResult run_script(const std::string& script, const Arguments& words) {
  Arguments arguments = {"-c", script, "sh"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  return test::run_process("sh", arguments);
}

// Sends the signal after so many seconds; the exit code is the program's.
test::ProcessResult run_with_signal(const std::string& signal, double seconds, const Arguments& words) {
  Arguments arguments = {"--preserve-status", "-s", signal, fmt::format("{:.3f}", seconds)};
  arguments.insert(arguments.end(), words.begin(), words.end());
  return test::run_process("timeout", arguments);
}

// Many radiographs and one that is broken.
void make_inputs(const fs::path& folder, int count) {
  fs::create_directories(folder);
  for (int i = 0; i < count; ++i)
    fs::copy_file(test::data_folder() / "samples/IMG0003767.jpg", folder / fmt::format("{:03}.jpg", i));
  test::write_truncated(folder / "cut.jpg");
}

double seconds_of(const Arguments& words) {
  const auto start = std::chrono::steady_clock::now();
  CHECK(run(words).exit_code == 3);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The radiographs whose record was written, as -v logs them, each as often as it was.
void count_records(const std::string& log, std::map<std::string, int>& counts) {
  std::istringstream stream(log);
  for (std::string line; std::getline(stream, line);)
    if (const auto end = line.find(": read "); line.starts_with("debug: ") && end != std::string::npos)
      ++counts[line.substr(7, end - 7)];
}

TEST_CASE("a run that is killed again and again ends as if undisturbed, and writes no record twice") {
  const test::TemporaryFolder folder;
  make_inputs(folder / "in", 150);
  const double whole = seconds_of(segment_command(folder / "in", folder / "undisturbed"));
  const Arguments resume = segment_command(folder / "in", folder / "out", {"--resume"});
  std::mt19937 random(20);
  std::map<std::string, int> records;
  int killed = 0;
  for (int i = 0; i < 20; ++i) {
    // Start-up takes a good part of the time; late kills may find the run finished, and kill it taking up its results.
    const double after = whole * std::uniform_real_distribution(0.1, 0.7)(random);
    const auto result = run_with_signal("KILL", after, resume);
    if (result.exit_code == 137) ++killed;
    count_records(result.errors, records);
  }
  CHECK(killed >= 2);
  const auto last = run(resume);
  CHECK(last.exit_code == 3);
  count_records(last.errors, records);
  CHECK(test::files_of(folder / "out") == test::files_of(folder / "undisturbed"));
  const Json report = read_json_file(folder / "out/run.json");
  CHECK(report["status"] == "finished");
  CHECK(report["counts"]["ok"] == 150);
  CHECK(report["counts"]["failed"] == 1);
  records.erase("cut.jpg");     // what failed is tried again each time
  CHECK(records.size() > 100);  // of 150; what is said of a radiograph may be lost with the process
  for (const auto& [file, count] : records) {
    CAPTURE(file);
    CHECK(count == 1);
  }
}

TEST_CASE("a signal ends a command that still waits for the names of its inputs") {
  const test::TemporaryFolder folder;
  const std::string pipe = folder / "names", opened = folder / "opened";
  // The pipe can be written to as soon as the command reads it.
  const std::string script = "mkfifo '" + pipe + "'; (exec >'" + pipe + "'; : >'" + opened +
                             "'; exec sleep 60) & writer=$!; \"$@\" & command=$!; until [ -e '" + opened +
                             "' ]; do sleep 0.1; done; kill -TERM $command; wait $command; code=$?; kill $writer; "
                             "exit $code";
  Arguments words = segment_command("--list", folder / "out");
  words.insert(words.begin() + 5, pipe);
  CHECK(run_script(script, words).exit_code == 130);
  CHECK_FALSE(fs::exists(folder / "out"));
}

TEST_CASE("a run goes on where nobody reads its messages, and ends where nobody reads its results") {
  const test::TemporaryFolder folder;
  make_inputs(folder / "in", 5);
  // A pipe whose reader is gone before anything is written.
  const std::string script = "{ \"$@\"; echo $? >&3; } 3>'" + (folder / "code").string() + "' ";
  run_script(script + "2>&1 >/dev/null | true", segment_command(folder / "in", folder / "out"));
  CHECK(read_text_file(folder / "code") == "3\n");
  run_script(script + "2>/dev/null | true", segment_command(folder / "in", "-"));
  CHECK(read_text_file(folder / "code") == "141\n");
}

// Shell words: start "$@" and wait until the fourth radiograph has its mask, or the run has ended.
std::string started_until_fourth_mask(const std::string& out) {
  return "\"$@\" & until [ -e '" + out + "/masks/003.jpg.png' ] || ! kill -0 $! 2>/dev/null; do :; done";
}

TEST_CASE("SIGINT, SIGTERM and SIGHUP finish the radiographs in flight, write run.json and end with 130") {
  const std::string signal = GENERATE("INT", "TERM", "HUP");
  std::signal(SIGHUP, SIG_DFL);  // under nohup it would be ignored, and stay so
  const test::TemporaryFolder folder;
  make_inputs(folder / "in", 150);
  CHECK(run(segment_command(folder / "in", folder / "undisturbed")).exit_code == 3);
  const Arguments resume = segment_command(folder / "in", folder / "out", {"--resume"});
  const std::string out = folder / "out";
  int exit_code = 0;
  for (int i = 0; i < 5 && exit_code != 130; ++i) {  // on a busy machine the run may end before the signal comes
    fs::remove_all(out);
    exit_code = run_script(started_until_fourth_mask(out) + "; kill -" + signal + " $!; wait $!", resume).exit_code;
  }
  REQUIRE(exit_code == 130);
  const Json report = read_json_file(folder / "out/run.json");
  CHECK(report["status"] == "interrupted");
  const auto journal = test::json_lines(read_text_file(folder / "out/results.jsonl.partial"));
  CHECK(report["counts"]["ok"].get<std::size_t>() + report["counts"]["failed"].get<std::size_t>() == journal.size());
  const fs::path masks = folder / "out/masks";
  const auto mask_count = fs::exists(masks) ? std::distance(fs::directory_iterator(masks), {}) : 0;
  CHECK(report["counts"]["ok"] == mask_count);  // what was in flight is complete, nothing is half written
  CHECK(run(resume).exit_code == 3);
  CHECK(test::files_of(folder / "out") == test::files_of(folder / "undisturbed"));
}

// A file system of its own in memory, of a given size.
class SmallDisk {
 public:
  SmallDisk(fs::path folder, const std::string& size) : folder_(std::move(folder)) {
    fs::create_directories(folder_);
    mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  void grow(const std::string& size) {
    ::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT, ("size=" + size).c_str());
  }

 private:
  fs::path folder_;
  bool mounted_ = false;
};

// What standard error tells beside what -v adds.
std::vector<std::string> messages(const test::ProcessResult& result) {
  std::vector<std::string> lines;
  std::istringstream stream(result.errors);
  for (std::string line; std::getline(stream, line);)
    if (!line.starts_with("debug: ")) lines.push_back(line);
  return lines;
}

void check_whole_masks(const fs::path& output) {
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(output)) {
    CHECK_FALSE(entry.path().filename().string().starts_with(".bonescan-"));
    if (entry.path().extension() == ".png") CHECK_FALSE(cv::imread(entry.path().string()).empty());
  }
}

TEST_CASE("a disk that is full ends the run with one sentence, and the run goes on when there is room") {
  const std::string size = GENERATE("16k", "64k", "200k");
  const test::TemporaryFolder folder;
  SmallDisk disk(folder / "disk", size);
  if (!disk.mounted()) {
    test::skip("a small disk cannot be mounted here");
    return;
  }
  make_inputs(folder / "in", 60);
  CAPTURE(size);
  seconds_of(segment_command(folder / "in", folder / "undisturbed"));
  const Arguments command = segment_command(folder / "in", folder / "disk/out", {"--resume"});
  const auto full = run(command);
  CHECK(full.exit_code == 1);
  REQUIRE(messages(full).size() == 1);  // no radiograph is blamed for it
  CHECK_THAT(messages(full)[0], Catch::Contains("No space left on device"));
  CHECK_THAT(messages(full)[0], !Catch::Contains("this is a bug"));
  check_whole_masks(folder / "disk/out");
  CHECK_FALSE(fs::exists(folder / "disk/out/results.jsonl"));
  disk.grow("64m");
  CHECK(run(command).exit_code == 3);
  CHECK(test::files_of(folder / "disk/out") == test::files_of(folder / "undisturbed"));
}

TEST_CASE("an output folder that is removed under the run ends it with one sentence") {
  const test::TemporaryFolder folder;
  make_inputs(folder / "in", 150);
  const std::string out = folder / "out";
  // What the run writes meanwhile makes rm fail now and then.
  const std::string remove = "; until rm -rf '" + out + "' 2>/dev/null; do :; done; wait $!";
  const auto result = run_script(started_until_fourth_mask(out) + remove, segment_command(folder / "in", out));
  CHECK(result.exit_code == 1);
  REQUIRE(messages(result).size() == 1);
  CHECK_THAT(messages(result)[0], Catch::Contains("cannot be written: "));  // the journal, or the mask of that moment
  CHECK_THAT(messages(result)[0], !Catch::Contains("this is a bug"));
  CHECK_FALSE(fs::exists(folder / "out/results.jsonl"));
}

TEST_CASE(
    "an output folder that becomes read-only under the run ends it with one sentence, and the run goes on later") {
  const std::string part = GENERATE("out/masks", "out");
  CAPTURE(part);
  const test::TemporaryFolder folder;
  make_inputs(folder / "in", 150);
  fs::permissions(folder.path(), fs::perms::all);
  const auto resume = test::as_ordinary_user(segment_command(folder / "in", folder / "out", {"--resume"}));
  if (!resume) return;
  CHECK(run(segment_command(folder / "in", folder / "undisturbed")).exit_code == 3);
  const std::string out = folder / "out", locked = folder / part;
  const auto result = run_script(started_until_fourth_mask(out) + "; chmod 555 '" + locked + "'; wait $!", *resume);
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.errors, Catch::Contains("000.jpg: read"));
  const auto said = messages(result);
  REQUIRE_FALSE(said.empty());
  CHECK_THAT(said.back(), Catch::Contains("cannot be written: Permission denied"));
  for (const std::string& line : said) CHECK((line == said.back() || line.find("cut.jpg") != std::string::npos));
  CHECK_FALSE(fs::exists(folder / "out/results.jsonl"));
  fs::permissions(locked, fs::perms::owner_all);
  const auto last = run(*resume);
  CHECK(last.exit_code == 3);
  CHECK_THAT(last.errors, !Catch::Contains("000.jpg: read"));  // what was done is not done again
  CHECK(test::files_of(folder / "out") == test::files_of(folder / "undisturbed"));
}

TEST_CASE("inputs that vanish under the run fail by themselves") {
  const test::TemporaryFolder folder;
  make_inputs(folder / "in", 150);
  const std::string in = folder / "in", out = folder / "out";
  const auto result =
      run_script(started_until_fourth_mask(out) + "; rm '" + in + "'/1*.jpg; wait $!", segment_command(in, out));
  CHECK(result.exit_code == 3);
  const Json report = read_json_file(folder / "out/run.json");
  CHECK(report["status"] == "finished");
  CHECK(report["counts"]["ok"].get<int>() + report["counts"]["failed"].get<int>() == 151);
  CHECK(report["counts"]["failed"].get<int>() > 1);
  for (const Json& failure : report["failures"])
    if (failure["file"] != "cut.jpg") CHECK(failure["error"] == "cannot be opened: No such file or directory");
}

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;  // needs terabytes of address space
#else
constexpr bool kSanitized = false;
#endif

// A 16-bit colour TIFF that says it has 14000 x 14000 pixels: 1.2 GB.
void write_large_tiff(const fs::path& path) {
  std::string tiff = read_text_file(test::data_folder() / "images/rgb_16bit.tif");
  const std::size_t directory = 8, entry_size = 12, value_at = 8;
  for (const std::size_t entry : {0, 1}) {  // width and height have the lowest tags
    const std::uint16_t side = 14000;
    std::memcpy(tiff.data() + directory + 2 + entry * entry_size + value_at, &side, sizeof side);
  }
  write_file_atomically(path, tiff);
}

TEST_CASE("a radiograph that does not fit into memory fails by itself, and the run goes on") {
  if (kSanitized) {
    test::skip("the sanitizer needs more address space than is given");
    return;
  }
  const test::TemporaryFolder folder;
  make_inputs(folder / "in", 4);
  const std::string in = folder / "in";
  // OpenBLAS waits for ever where it cannot have buffers for threads of its own.
  const auto run_within = [&](int megabytes, const std::string& output) {
    return run_script(
        fmt::format("export OPENBLAS_NUM_THREADS=1; ulimit -v {}; exec timeout -s KILL 60 \"$@\"", megabytes * 1024),
        segment_command(in, folder / output, {"--overwrite"}));
  };
  int enough = 1536;  // megabytes of address space that the small ones need
  while (enough < 8192 && run_within(enough, "small").exit_code != 3) enough += 128;
  REQUIRE(enough < 8192);
  write_large_tiff(folder / "in/002-large.tif");
  const auto result = run_within(enough + 64, "out");
  CHECK(result.exit_code == 3);
  std::map<std::string, std::string> errors;
  for (const Json& record : test::json_lines(read_text_file(folder / "out/results.jsonl")))
    errors[record["file"]] = record.value("error", "");
  CHECK_THAT(errors.at("002-large.tif"), Catch::Contains("memory"));
  CHECK(errors.at("001.jpg").empty());
  CHECK(errors.at("003.jpg").empty());
}

}  // namespace
}  // namespace bonescan
