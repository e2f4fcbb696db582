// What a hospital or a crawler leaves in a folder: files that are none, pictures that are traps, names that are no
// text.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <opencv2/imgcodecs.hpp>
#include <pugixml.hpp>
#include <set>

#include "bonescan/core/file.h"
#include "bonescan/core/file_name.h"
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

test::ProcessResult segment(Arguments arguments, const std::string& input = {}) {
  const Arguments command = {"segment", "--model", kSegmenter};
  arguments.insert(arguments.begin(), command.begin(), command.end());
  return test::run_bonescan(arguments, input);
}

void copy_picture(const fs::path& to, const char* name = "images/grey.png") {
  fs::create_directories(to.parent_path());
  fs::copy_file(test::data_folder() / name, to);
}

std::vector<Json> results_of(const fs::path& output) {
  return test::json_lines(read_text_file(output / "results.jsonl"));
}

// The reason by file; empty for those that did not fail.
std::map<std::string, std::string> reasons(const fs::path& output) {
  std::map<std::string, std::string> result;
  for (const Json& record : results_of(output)) result[record["file"]] = record.value("error", "");
  return result;
}

void make_socket(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.native().size() < sizeof address.sun_path);
  std::copy(path.native().begin(), path.native().end(), address.sun_path);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::close(socket);
}

// A TIFF whose first directory names itself as the next one.
void write_endless_tiff(const fs::path& path) {
  std::string tiff = read_text_file(test::data_folder() / "images/grey.tif");
  const std::size_t directory = 8, entries = static_cast<unsigned char>(tiff[directory]);
  tiff[directory + 2 + 12 * entries] = static_cast<char>(directory);
  write_file_atomically(path, tiff);
}

TEST_CASE("files that are no files, and links that lead nowhere, fail by themselves") {
  const test::TemporaryFolder folder;
  const fs::path in = folder / "in";
  copy_picture(in / "good.png");
  copy_picture(in / "folder.jpg/good.png");
  REQUIRE(::mkfifo((in / "pipe.jpg").c_str(), 0600) == 0);
  make_socket(in / "socket.jpg");
  fs::create_symlink("gone.jpg", in / "dangling.jpg");
  fs::create_symlink("circle.jpg", in / "circle.jpg");
  fs::create_directory_symlink("..", in / "parent");
  fs::create_directory_symlink(".", in / "self.jpg");
  fs::create_symlink("/dev/zero", in / "endless.jpg");
  const auto result = segment({in, "-o", folder / "out"});
  CHECK(result.exit_code == 3);
  const auto reason = reasons(folder / "out");
  CHECK(reason.size() == 7);
  CHECK(reason.at("good.png").empty());
  CHECK(reason.at("folder.jpg/good.png").empty());
  CHECK(reason.at("pipe.jpg") == "is not a regular file");
  CHECK(reason.at("endless.jpg") == "is not a regular file");
  CHECK_FALSE(reason.at("socket.jpg").empty());
  CHECK(reason.at("dangling.jpg") == "cannot be opened: No such file or directory");
  CHECK(reason.at("circle.jpg") == "cannot be opened: Too many levels of symbolic links");
}

TEST_CASE("pictures that are traps fail by themselves, before they are decoded") {
  const test::TemporaryFolder folder;
  const fs::path in = folder / "in";
  copy_picture(in / "good.png");
  write_endless_tiff(in / "endless.tif");
  write_file_atomically(in / "empty.jpg", "");
  for (const char* name : {"absurd.jpg", "absurd.png", "absurd.tif", "absurd.bmp"})
    copy_picture(in / name, (std::string("images/bad/") + name).c_str());
  REQUIRE(cv::imwrite((in / "bomb.png").string(), cv::Mat::zeros(6000, 6000, CV_8U)));
  REQUIRE(fs::file_size(in / "bomb.png") < 100'000);
  const auto result = segment({in, "-o", folder / "out", "--max-pixels", "35MP"});
  CHECK(result.exit_code == 2);  // a number is needed
  CHECK(segment({in, "-o", folder / "out", "--max-pixels", "35999999"}).exit_code == 3);
  const auto reason = reasons(folder / "out");
  CHECK(reason.at("good.png").empty());
  CHECK(reason.at("endless.tif").empty());  // its first page is a picture
  CHECK(reason.at("empty.jpg") == "is an empty file");
  for (const char* name : {"absurd.jpg", "absurd.png", "absurd.tif", "absurd.bmp", "bomb.png"})
    CHECK_THAT(reason.at(name), Catch::Contains("the limit is 35999999 pixels (--max-pixels)"));
}

TEST_CASE("a file or a folder that may not be read fails by itself") {
  const test::TemporaryFolder folder;
  const auto command = test::as_ordinary_user({test::executable(), "segment", "--model", kSegmenter, folder / "in"});
  if (!command) return;
  fs::permissions(folder.path(), fs::perms::all);
  copy_picture(folder / "in/good.png");
  copy_picture(folder / "in/secret.png");
  fs::permissions(folder / "in/secret.png", fs::perms::none);
  const auto scanned_into = [&](const std::string& output) {
    std::vector<std::string> words(command->begin() + 1, command->end());
    words.insert(words.end(), {"-o", output});
    return test::run_process(command->front(), words);
  };
  copy_picture(folder / "in/closed/a.png");
  fs::permissions(folder / "in/closed", fs::perms::none);
  CHECK(scanned_into(folder / "out").exit_code == 3);
  const auto reason = reasons(folder / "out");
  CHECK(reason.size() == 3);
  CHECK(reason.at("good.png").empty());
  CHECK(reason.at("secret.png") == "cannot be opened: Permission denied");
  CHECK(reason.at("closed") == "cannot be opened: Permission denied");
  fs::permissions(folder / "in", fs::perms::none);
  const auto refused = scanned_into(folder / "out2");
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.errors, Catch::Contains("in cannot be read as a folder: Permission denied"));
  for (const char* name : {"in", "in/closed"}) fs::permissions(folder / name, fs::perms::owner_all);  // to be removed
}

// Names with every kind of byte that a Linux file system takes.
std::vector<std::string> strange_names() {
  std::vector<std::string> names = {"two words.png",   "new\nline.png",  "tab\t.png",
                                    "quo\"te'.png",    "-o.png",         "--help.png",
                                    "back\\slash.png", "100%20.png",     "*?[a].png",
                                    "a&b<c>.png",      "hand.png",       "Hand.png",
                                    "HAND.png",        "esc\x1B[2J.png", "R\u00f6ntgen \u624b.png",
                                    "latin\xE9.png",   "\xFF\xFE.png",   "marked\uFFFDE9.png",
                                    "marked\xE9.png",  "c1\u0085.png",   "folder \xE9/x\x01.png"};
  names.push_back(std::string(251, 'n') + ".png");
  names.push_back(std::string(250, 'n') + "m.png");
  return names;
}

bool is_one_line_of_text(const std::string& line) {
  return to_one_line(line) == line;
}

TEST_CASE("a file of any name is processed, and its name can be read back from every result") {
  const test::TemporaryFolder folder;
  const std::vector<std::string> names = strange_names();
  for (const std::string& name : names) copy_picture(folder / "in" / name);
  const std::string out = folder / "out";
  const Arguments command = {"pipeline",
                             "--segmenter",
                             kSegmenter,
                             "--detector",
                             kDetector,
                             "--overlay",
                             "--format",
                             "yolo,voc,csv",
                             "-v",
                             folder / "in",
                             "-o",
                             out,
                             "--min-bone-confidence",
                             "0",
                             "--min-bone-fraction",
                             "0"};
  const auto result = test::run_bonescan(command);
  CHECK(result.exit_code == 0);

  std::set<std::string> found, files_of_images;
  for (const Json& record : results_of(out)) {  // parsing checks that it is UTF-8
    CHECK(record["status"] == "ok");
    const std::string name = text_to_name(record["file"].get<std::string>());
    found.insert(name);
    CHECK(fs::exists(fs::path(out) / text_to_name(record["bone"]["mask"].get<std::string>())));
  }
  CHECK(found == std::set<std::string>(names.begin(), names.end()));
  const Json images = read_json_file(fs::path(out) / "images.json");
  for (const Json& image : images["images"])
    files_of_images.insert(text_to_name(image["file_name"].get<std::string>()));
  CHECK(files_of_images == found);
  for (const char* pictures : {"masks", "overlays"})
    CHECK(std::count_if(fs::recursive_directory_iterator(fs::path(out) / pictures), {},
                        [](const auto& entry) { return entry.is_regular_file(); }) == static_cast<long>(names.size()));

  std::set<std::string> annotated;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(fs::path(out) / "labels")) {
    if (entry.path().extension() != ".xml") continue;
    const std::string xml = read_text_file(entry.path());
    for (const char byte : xml) CHECK((static_cast<unsigned char>(byte) >= 0x20 || byte == '\n'));
    pugi::xml_document document;
    REQUIRE(document.load_buffer(xml.data(), xml.size()));
    annotated.insert(text_to_name(document.child("annotation").child_value("filename")));
  }
  CHECK(annotated == found);

  std::istringstream errors(result.errors);
  for (std::string line; std::getline(errors, line);) CHECK(is_one_line_of_text(line));
  read_json_file(fs::path(out) / "run.json");

  Arguments resume = command;
  resume.push_back("--resume");
  const auto before = test::files_of(out);
  const auto again = test::run_bonescan(resume);
  CHECK(again.exit_code == 0);
  CHECK_THAT(again.errors, !Catch::Contains(": read "));  // what -v says of a radiograph
  CHECK(test::files_of(out) == before);
}

TEST_CASE("folders that have the names of other radiographs' masks, overlays and labels do not take their places") {
  const test::TemporaryFolder folder;
  const std::vector<std::string> names = {"x.png",           "x.png.png/y.png", "x.png.png~/y.png",
                                          "x.png.jpg/y.png", "x.txt/y.png",     "x.xml/y.png"};
  for (const std::string& name : names) copy_picture(folder / "in" / name);
  const auto result = test::run_bonescan({"pipeline", "--segmenter", kSegmenter, "--detector", kDetector, "--overlay",
                                          "--format", "yolo,voc", folder / "in", "-o", folder / "out"});
  CHECK(result.exit_code == 0);
  const auto files = test::files_of(folder / "out");
  for (const char* kind : {"masks/", "overlays/"})
    CHECK(std::count_if(files.begin(), files.end(), [&](const auto& file) { return file.first.starts_with(kind); }) ==
          static_cast<long>(names.size()));
  CHECK(std::count_if(files.begin(), files.end(), [](const auto& file) { return file.first.starts_with("labels/"); }) ==
        2 * static_cast<long>(names.size()) + 1);  // and the names of YOLO's classes
}

TEST_CASE("shards of files of any name are merged into what one run writes") {
  const test::TemporaryFolder folder;
  for (const std::string& name : strange_names()) copy_picture(folder / "in" / name);
  CHECK(segment({folder / "in", "-o", folder / "whole"}).exit_code == 0);
  CHECK(segment({folder / "in", "-o", folder / "1", "--shard", "1/2"}).exit_code == 0);
  CHECK(segment({folder / "in", "-o", folder / "2", "--shard", "2/2"}).exit_code == 0);
  CHECK(test::run_bonescan({"merge", folder / "1", folder / "2", "-o", folder / "merged"}).exit_code == 0);
  CHECK(test::files_of(folder / "merged") == test::files_of(folder / "whole"));
}

TEST_CASE("a list takes names of any bytes, by lines or by NUL bytes, and what is not there fails by itself") {
  const test::TemporaryFolder folder;
  const fs::path in = folder / "in";
  for (const std::string& name : strange_names()) copy_picture(in / name);
  fs::create_symlink("circle", in / "circle");
  const std::string too_long(5000, 'x');
  const Arguments missing = {"gone.png",       "gone/",  "gone/..",       "circle/a.png",
                             "hand.png/a.png", too_long, "../../gone.png"};
  std::string by_nul, by_line;
  std::size_t lines = 0;
  for (const std::string& name : strange_names()) {
    by_nul += (in / name).string() + '\0';
    if (name.find('\n') != std::string::npos) continue;
    by_line += (in / name).string() + '\n';
    ++lines;
  }
  for (const std::string& name : missing) {
    by_nul += (in / name).string() + '\0';
    by_line += (in / name).string() + "\r\n";
  }
  CHECK(segment({"--list", "-", "-o", folder / "nul"}, by_nul).exit_code == 3);
  write_file_atomically(folder / "list.txt", by_line);
  CHECK(segment({"--list", folder / "list.txt", "-o", folder / "lines"}).exit_code == 3);
  CHECK(read_json_file(folder / "nul/run.json")["counts"]["ok"] == strange_names().size());
  CHECK(read_json_file(folder / "lines/run.json")["counts"]["ok"] == lines);
  for (const char* run : {"nul", "lines"}) {
    CHECK(read_json_file(folder / run / "run.json")["counts"]["failed"] == missing.size());
    for (const Json& record : results_of(folder / run))
      CHECK(record["file"].get<std::string>().find("..") == std::string::npos);
  }
}

TEST_CASE("whatever names lead, nothing is written outside the output folder") {
  const test::TemporaryFolder folder;
  copy_picture(folder / "work/in/a.png");
  copy_picture(folder / "b.png");
  copy_picture(folder / "elsewhere/c.png");
  fs::create_directory_symlink(folder / "elsewhere", folder / "work/in/link");
  const std::string in = folder / "work/in";
  const std::string list = in + "/a.png\n" + in + "/../../b.png\n" + in + "/link/c.png\n" + in + "/link/../b.png\n";
  const auto before = test::files_of(folder.path());
  CHECK(segment({"--list", "-", "-o", folder / "work/out", "--overlay"}, list).exit_code == 0);
  fs::rename(folder / "work/out", folder / "out");
  auto after = test::files_of(folder.path());
  std::erase_if(after, [](const auto& file) { return file.first.starts_with("out/"); });
  CHECK(after == before);
  CHECK(reasons(folder / "out").size() == 3);
}

TEST_CASE("deep folders are searched, and a path that grows too long fails by itself") {
  const test::TemporaryFolder folder;
  fs::path deep = folder / "in";
  for (int level = 0; level < 400; ++level) deep /= "d";
  copy_picture(deep / "good.png");
  fs::path far = folder / "in";
  while (far.native().size() < 3900) far /= std::string(150, 'f');
  copy_picture(far / "far.png");
  const fs::path out = folder / std::string(200, 'o');
  CHECK(segment({folder / "in", "-o", out}).exit_code == 3);
  const Json report = read_json_file(out / "run.json");
  CHECK(report["counts"]["ok"] == 1);
  CHECK_THAT(report["failures"][0]["error"].get<std::string>(), Catch::Contains("File name too long"));
}

}  // namespace
}  // namespace bonescan
