// Requirements and baselines.
#include "bonescan/report/gates.h"

#include <catch2/catch.hpp>
#include <pugixml.hpp>

#include "bonescan/core/error.h"

namespace bonescan {
namespace {

using Catch::Matchers::Contains;

Json report(const Json& ap50, const Json& false_positives) {
  Json json;
  json["task"] = "detection";
  json["metrics"] = {{"ap50", ap50}};
  json["operating_point"] = {{"false_positives", false_positives}};
  json["confidence_intervals"] = {{"ap50", {0.25, 0.75}}};
  return json;
}

bool met(const std::string& requirement, const Json& ap50) {
  return check_requirement(report(ap50, 3), parse_requirement(requirement)).met;
}

std::vector<GateResult> compare(const Json& now, const Json& before, double max_drop) {
  return check_baseline(now, before, max_drop, {});
}

}  // namespace

TEST_CASE("A requirement is a name, an operator and a number") {
  const Requirement requirement = parse_requirement(" metrics.ap50 <= 4e-1 ");
  CHECK(requirement.figure == "metrics.ap50");
  CHECK(requirement.comparison == Comparison::kAtMost);
  CHECK(requirement.bound == 0.4);
  for (const char* wrong : {"ap50", "ap50>0.4", "ap50>=", ">=0.4", "ap50>=0.4x", "ap50>=nan", ""})
    CHECK_THROWS_AS(parse_requirement(wrong), UsageError);
}

TEST_CASE("A figure on the bound meets the requirement, and an undefined figure meets none") {
  CHECK(met("ap50>=0.5", 0.5));
  CHECK(met("ap50<=0.5", 0.5));
  CHECK(met("ap50==0.5", 0.5));
  CHECK_FALSE(met("ap50>=0.5", 0.499));
  CHECK_FALSE(met("ap50<=0.5", 0.501));
  CHECK_FALSE(met("ap50==0.5", 0.501));
  for (const char* any : {"ap50>=0", "ap50<=1", "ap50==0"}) CHECK_FALSE(met(any, nullptr));
}

TEST_CASE("The sentence has figure, value, interval and bound") {
  CHECK(check_requirement(report(0.5, 3), parse_requirement("ap50>=0.6")).sentence ==
        "metrics.ap50 is 0.5 (95 % interval 0.25..0.75); at least 0.6 is required");
  CHECK_THAT(check_requirement(report(nullptr, 3), parse_requirement("ap50>=0.6")).sentence, Contains("is undefined"));
}

TEST_CASE("Values have as many digits as tell them apart, and counts all of theirs") {
  CHECK(check_requirement(report(0.858966, 3), parse_requirement("ap50>=0.859")).sentence ==
        "metrics.ap50 is 0.85897 (95 % interval 0.25..0.75); at least 0.859 is required");
  CHECK(check_requirement(report(0.5, 12346), parse_requirement("false_positives<=12345")).sentence ==
        "operating_point.false_positives is 12346; at most 12345 is required");
}

TEST_CASE("Members of a baseline whose names hold a dot are no figures") {
  Json baseline = report(0.5, 3);
  baseline["metrics"]["a.b"] = 1;
  baseline["metrics"]["ap50.x"] = 1;
  CHECK(compare(report(0.5, 3), baseline, 0.0).size() == 2);
}

TEST_CASE("A baseline allows a drop up to the limit, and any gain") {
  CHECK(compare(report(0.49, 3), report(0.5, 3), 0.01)[0].met);
  CHECK_FALSE(compare(report(0.489, 3), report(0.5, 3), 0.01)[0].met);
  CHECK(compare(report(0.9, 3), report(0.5, 3), 0.0)[0].met);
}

TEST_CASE("Counts where less is better may grow by the share that is allowed") {
  CHECK(compare(report(0.5, 101), report(0.5, 100), 0.01)[1].met);
  CHECK_FALSE(compare(report(0.5, 102), report(0.5, 100), 0.01)[1].met);
  CHECK(compare(report(0.5, 50), report(0.5, 100), 0.01)[1].met);
  CHECK_FALSE(compare(report(0.5, 1), report(0.5, 0), 0.01)[1].met);
}

TEST_CASE("A figure that has become undefined is worse, and one that was undefined is not") {
  CHECK_FALSE(compare(report(nullptr, 3), report(0.5, 3), 0.1)[0].met);
  CHECK(compare(report(0.1, 3), report(nullptr, 3), 0.1)[0].met);
}

TEST_CASE("A baseline of another task or without shared figures is refused") {
  Json other = report(0.5, 3);
  other["task"] = "segmentation";
  CHECK_THROWS_AS(compare(report(0.5, 3), other, 0.1), UsageError);
  CHECK_THROWS_AS(compare(report(0.5, 3), {{"task", "detection"}}, 0.1), UsageError);
}

TEST_CASE("A paired difference adds in how many resamples there is no drop") {
  const DifferencesByName differences = {{"metrics.ap50", {-0.1, {-0.2, 0.05}, 0.125, 0.9}}};
  const auto results = check_baseline(report(0.4, 3), report(0.5, 3), 0.01, differences);
  CHECK_THAT(results[0].sentence, Contains("-0.2..+0.05") && Contains("share of resamples without a drop 0.125"));
}

TEST_CASE("JUnit XML has one test case a gate, and escapes what it must") {
  const std::string xml = junit_xml({{"ap50>=0.6", false, "a < b & \"c\""}, {"images==3", true, "fine"}});
  pugi::xml_document document;
  REQUIRE(document.load_string(xml.c_str()));
  const pugi::xml_node suite = document.child("testsuites").child("testsuite");
  CHECK(suite.attribute("tests").as_int() == 2);
  CHECK(suite.attribute("failures").as_int() == 1);
  const pugi::xml_node first = suite.first_child();
  CHECK(std::string(first.attribute("name").value()) == "ap50>=0.6");
  CHECK(std::string(first.child("failure").attribute("message").value()) == "a < b & \"c\"");
  CHECK_FALSE(first.next_sibling().child("failure"));
}

}  // namespace bonescan
