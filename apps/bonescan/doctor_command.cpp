// bonescan doctor
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "bonescan/core/file.h"
#include "bonescan/core/file_name.h"
#include "bonescan/core/json.h"
#include "bonescan/core/machine.h"
#include "bonescan/core/version.h"
#include "bonescan/image/library_versions.h"
#include "bonescan/model/network_runtime.h"
#include "bonescan/scan/self_check.h"
#include "command.h"
#include "logging.h"
#include "shared_options.h"

namespace bonescan {
namespace {

// The command line as it is parsed.
struct DoctorArguments {
  ModelSelection models;
  bool json = false;
};

std::string compiler() {
#ifdef __clang__
  return __VERSION__;
#else
  return std::string("GCC ") + __VERSION__;
#endif
}

Json libraries_json() {
  Json libraries = {{"LibTorch", network_runtime().version}};
  for (const auto& [name, version] : image_library_versions()) libraries[name] = version;
  return libraries;
}

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json machine_json(const Machine& machine) {
  return {{"processor", machine.processor},
          {"features", machine.features},
          {"cores", machine.cores},
          {"core_limit", or_null(machine.core_limit)},
          {"memory", machine.memory},
          {"free_memory", machine.free_memory},
          {"memory_limit", or_null(machine.memory_limit)}};
}

Json model_json(const ModelCheck& check) {
  return {{"path", name_to_text(check.path.native())},
          {"sha256", check.sha256},
          {"card", check.card},
          {"found", check.found},
          {"stored", check.stored},
          {"seconds", check.seconds},
          {"works", check.problems.empty()}};
}

Json doctor_report(const std::vector<ModelCheck>& checks) {
  Json report = {{"schema", "bonescan.doctor/1"}, {"version", kVersion}, {"compiler", compiler()}};
  report["libraries"] = libraries_json();
  report["machine"] = machine_json(describe_machine());
  report["devices"] = network_runtime().devices;
  report["models"] = Json::object();
  report["problems"] = Json::array();
  for (const ModelCheck& check : checks) {
    report["models"][check.role] = model_json(check);
    for (const std::string& problem : check.problems)  // one of the device is that of both models
      if (std::find(report["problems"].begin(), report["problems"].end(), problem) == report["problems"].end())
        report["problems"].push_back(problem);
  }
  return report;
}

std::string gibibytes(const Json& bytes) {
  return fmt::format("{:.1f} GiB", bytes.get<double>() / (1u << 30));
}

std::string machine_text(const Json& machine) {
  const std::string processor = machine["processor"];
  const std::vector<std::string> features = machine["features"];
  std::string text =
      fmt::format("processor  {}{}{}\n", processor, features.empty() ? "" : ": ", fmt::join(features, " "));
  text += fmt::format("cores      {}", machine["cores"].get<int>());
  if (!machine["core_limit"].is_null())
    text += fmt::format(", of which the container may use {:.1f}", machine["core_limit"].get<double>());
  text += fmt::format("\nmemory     {}, {} free", gibibytes(machine["memory"]), gibibytes(machine["free_memory"]));
  if (!machine["memory_limit"].is_null())
    text += fmt::format(", of which the container may use {}", gibibytes(machine["memory_limit"]));
  return text + '\n';
}

// A text member of a card; cards of other makers may hold anything.
std::string card_text(const Json& card, const char* member) {
  const auto found = card.find(member);
  if (found == card.end()) return "not said";
  return found->is_string() ? found->get<std::string>() : to_json_line(*found);
}

// The card's operating point: its numbers, without what it says about how they were chosen.
std::string thresholds_text(const Json& card) {
  const Json thresholds = card.value("operating_point", Json::object());
  std::string text;
  for (const auto& [name, value] : thresholds.items())
    if (value.is_number()) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, to_json_line(value));
  return text.empty() ? "none in the card" : text;
}

std::string model_text(const std::string& role, const Json& model) {
  std::string text = fmt::format("\n{}\n  file       {}\n", role, model["path"].get<std::string>());
  const Json& card = model["card"];
  if (card.is_null()) return text;
  const Json& input = card["input"];
  text += fmt::format("  SHA-256    {}\n  name       {}, for {}\n", model["sha256"].get<std::string>(),
                      card_text(card, "name"), card_text(card, "task"));
  text += fmt::format("  input      {} x {} pixels, channels {}\n", to_json_line(input["width"]),
                      to_json_line(input["height"]), to_json_line(input["channels"]));
  text += fmt::format("  thresholds {}\n  licence    {}\n", thresholds_text(card), card_text(card, "licence"));
  if (model["found"].is_null()) return text;
  const char* const verdict = model["stored"].is_null()    ? "nothing is stored for this file to compare with"
                              : model["works"].get<bool>() ? "as it should be"
                                                           : "not as it should be";
  return text + fmt::format("  sample     {} in {:.2f} s, {}\n", to_json_line(model["found"]),
                            model["seconds"].get<double>(), verdict);
}

std::string doctor_text(const Json& report) {
  std::string text = fmt::format("bonescan   {}, built with {}\nlibraries  ", report["version"].get<std::string>(),
                                 report["compiler"].get<std::string>());
  const char* comma = "";
  for (const auto& [name, version] : report["libraries"].items()) {
    text += fmt::format("{}{} {}", comma, name, version.get<std::string>());
    comma = ", ";
  }
  text += '\n' + machine_text(report["machine"]);
  text += fmt::format("devices    {}\n", fmt::join(report["devices"].get<std::vector<std::string>>(), " "));
  for (const auto& [role, model] : report["models"].items()) text += model_text(role, model);
  return text + (report["problems"].empty() ? "\nAll is well.\n" : "");
}

ExitCode run_doctor(const DoctorArguments& arguments, const CLI::App& app) {
  set_up_logging({});
  warn_of_slow_precision(arguments.models);
  const Json report = doctor_report(check_models(arguments.models));
  write_to_standard_output(arguments.json ? to_json_text(report) : doctor_text(report));
  for (const std::string problem : report["problems"]) report_failure(full_name(app), problem);
  return report["problems"].empty() ? ExitCode::kSuccess : ExitCode::kUsage;
}

}  // namespace

RunCommand add_doctor_command(CLI::App& app) {
  add_example(app, "bonescan doctor --json > installation.json");
  const auto arguments = std::make_shared<DoctorArguments>();
  const char* const group = "Models";
  add_model_paths(app, ScanTask::kPipeline, arguments->models, group);
  add_model_card_option(app, arguments->models, group);
  add_device_options(app, arguments->models, group);
  app.add_flag("--json", arguments->json, "As one JSON object");
  return [arguments, &app](const CommandContext&) { return run_doctor(*arguments, app); };
}

}  // namespace bonescan
