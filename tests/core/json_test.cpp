#include "bonescan/core/json.h"

#include <catch2/catch.hpp>

#include "bonescan/core/error.h"

using namespace bonescan;
using Catch::Matchers::Contains;

TEST_CASE("a float is written with the fewest digits that give it back") {
  CHECK(to_json_line(Json(shortest_double(0.1f))) == "0.1");
  CHECK(static_cast<float>(shortest_double(0.12345678f)) == 0.12345678f);
}

TEST_CASE("an undefined figure is null") {
  CHECK(to_json_line(json_number(std::nullopt)) == "null");
  CHECK(to_json_line(json_number(0.25)) == "0.25");
}

TEST_CASE("members keep their order and broken UTF-8 stays valid JSON") {
  Json json;
  json["z"] = 1;
  json["a"] = "\xff";
  CHECK(to_json_line(json) == "{\"z\":1,\"a\":\"\xEF\xBF\xBD\"}");
}

TEST_CASE("broken JSON is reported with its source, line and column") {
  REQUIRE_THROWS_WITH(parse_json("{\n  \"a\": x}", "gt.json"), Contains("gt.json") && Contains("line 2, column 8"));
  REQUIRE_THROWS_WITH(parse_json("{\"a\": [1, 2", "gt.json"), Contains("ends too early"));
  REQUIRE_THROWS_WITH(parse_json("[1e999]", "gt.json"), Contains("out of range"));
  REQUIRE_THROWS_AS(parse_json("", "gt.json"), UsageError);
  REQUIRE_THROWS_WITH(parse_json(std::string(300'000, '['), "gt.json"), Contains("gt.json") && Contains("nested"));
  REQUIRE_NOTHROW(parse_json(std::string(50, '[') + std::string(50, ']'), "gt.json"));
  REQUIRE_NOTHROW(parse_json("[\"\\\"" + std::string(300, '{') + "\", []]", "gt.json"));
  std::string flat = "[[]";
  for (int i = 0; i < 300; ++i) flat += ",{}";
  REQUIRE_NOTHROW(parse_json(flat + "]", "gt.json"));
}

TEST_CASE("two objects differ in the first member that is not the same, or not in both") {
  const Json one = {{"a", 1}, {"b", nullptr}};
  CHECK_FALSE(first_difference(one, {{"b", nullptr}, {"a", 1}}));
  CHECK(first_difference(one, {{"b", 2}, {"a", 2}}) == "a");
  CHECK(first_difference(one, {{"a", 1}}) == "b");
  CHECK(first_difference({{"a", 1}}, one) == "b");
}

TEST_CASE("a dotted name finds members, and elements by their index") {
  const Json json = parse_json(R"({"froc": [{"rate": 1}, {"rate": 2}], "": 3})", "report");
  CHECK(*find_by_path(json, "froc.1.rate") == 2);
  CHECK(*find_by_path(json, "") == 3);
  for (const char* path : {"froc.2.rate", "froc.1x.rate", "froc.-1", "froc.", "froc.1.rate.0", "metrics", "froc..1"}) {
    CAPTURE(path);
    CHECK(find_by_path(json, path) == nullptr);
  }
}
