// File names that are no text, in text and back.
#include "bonescan/core/file_name.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>

namespace bonescan {
namespace {

TEST_CASE("a name that is UTF-8 is its own text, whatever characters it has") {
  for (const char* name :
       {"hand.jpg", "100% sure %20.jpg", "\\x41.png", "R\u00f6ntgen \u624b.png", "new\nline\t.jpg", ""}) {
    CHECK(name_to_text(name) == name);
    CHECK(text_to_name(name) == name);
  }
}

TEST_CASE("bytes that are not UTF-8 are written as U+FFFD and two digits") {
  CHECK(name_to_text("caf\xE9.jpg") == "caf\uFFFDE9.jpg");
  CHECK(name_to_text("\xED\xA0\x80") == "\uFFFDED\uFFFDA0\uFFFD80");  // a surrogate, which UTF-8 does not have
  CHECK(name_to_text("a\xE2\x82") == "a\uFFFDE2\uFFFD82");            // a character that is cut off
  CHECK(name_to_text("a\uFFFDE9") == "a\uFFFDEF\uFFFDBF\uFFFDBDE9");  // what would read as an escape
}

TEST_CASE("control characters are kept in JSON and escaped in XML and messages") {
  CHECK(name_to_xml_text("a\x01\n\x7F\u0085z\uFFFF") ==
        "a\uFFFD01\uFFFD0A\uFFFD7F\uFFFDC2\uFFFD85z\uFFFDEF\uFFFDBF\uFFFDBF");
  CHECK(to_one_line("bad \x1B[2J name \xFF.jpg \uFFFD") == "bad \uFFFD1B[2J name \uFFFDFF.jpg \uFFFD");
}

TEST_CASE("any name comes back from its text, which is always valid JSON") {
  std::mt19937 random(7);
  // Bytes of which some make characters, U+FFFD among them, and digits that look like an escape's.
  const std::string bytes =
      "\xEF\xBF\xBD\xE9\xC3\xA9"
      "E9AB0 \n\x01\xFF";
  for (int round = 0; round < 20000; ++round) {
    std::string name;
    for (auto size = random() % 12; size > 0; --size) name += bytes[random() % bytes.size()];
    CAPTURE(round);
    REQUIRE(text_to_name(name_to_text(name)) == name);
    REQUIRE(text_to_name(name_to_xml_text(name)) == name);
    REQUIRE_NOTHROW(nlohmann::json(name_to_text(name)).dump());
    REQUIRE_NOTHROW(nlohmann::json(to_one_line(name)).dump());
  }
}

TEST_CASE("a name with a suffix fits into a file system, and differs where the names differ") {
  CHECK(name_with_suffix("hand.jpg", ".png") == "hand.jpg.png");
  CHECK(name_with_suffix(std::string(251, 'n'), ".png") == std::string(251, 'n') + ".png");
  const std::string one = name_with_suffix(std::string(254, 'n') + "1", ".png");
  const std::string two = name_with_suffix(std::string(254, 'n') + "2", ".png");
  CHECK(one.size() == 255);
  CHECK(one.ends_with(".png"));
  CHECK(one != two);
  std::string umlauts = "x";  // so that the cut falls into the middle of one
  for (int i = 0; i < 127; ++i) umlauts += "\u00e4";
  CHECK(name_to_text(name_with_suffix(umlauts, ".png")) == name_with_suffix(umlauts, ".png"));
}

TEST_CASE("capitals become small letters, other bytes stay") {
  CHECK(in_small_letters("IMG_0001.JPG@[`{\xC3\x84") == "img_0001.jpg@[`{\xC3\x84");
}

}  // namespace
}  // namespace bonescan
