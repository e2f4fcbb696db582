#include "logging.h"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "bonescan/core/file_name.h"
#include "bonescan/core/json.h"

namespace bonescan {
namespace {

// Messages hold names of files, and these any bytes.
std::string message_text(const spdlog::details::log_msg& message) {
  return to_one_line({message.payload.data(), message.payload.size()});
}

void append(const std::string& text, spdlog::memory_buf_t& line) {
  line.append(text.data(), text.data() + text.size());
}

class PlainMessage : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& line) override {
    append(message_text(message), line);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<PlainMessage>(); }
};

// As a JSON string, quotes included.
class JsonMessage : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& line) override {
    append(to_json_line(Json(message_text(message))), line);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JsonMessage>(); }
};

bool messages_are_json = false;  // since set_up_logging(), as the default logger that it sets

// `%*` of the pattern is the message.
template <typename Message>
std::unique_ptr<spdlog::formatter> formatter(const std::string& pattern) {
  auto result = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  result->add_flag<Message>('*').set_pattern(pattern);
  return result;
}

}  // namespace

void add_log_options(CLI::App& app, LogOptions& options, const std::string& group) {
  app.add_flag("-q,--quiet", options.quiet, "Errors only")->group(group);
  app.add_flag("-v,--verbose", options.verbose, "Details of the run")->group(group);
  app.add_flag("--log-json", options.json, "Messages as one JSON object a line")->group(group);
}

void set_up_logging(const LogOptions& options) {
  messages_are_json = options.json;
  auto logger = std::make_shared<spdlog::logger>("bonescan", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(options.quiet ? spdlog::level::err : options.verbose ? spdlog::level::debug : spdlog::level::info);
  logger->set_formatter(
      options.json ? formatter<JsonMessage>(R"({"time": "%Y-%m-%dT%H:%M:%S.%eZ", "level": "%l", "message": %*})")
                   : formatter<PlainMessage>("%l: %*"));
  spdlog::set_default_logger(std::move(logger));
}

void report_failure(const std::string& command, const std::string& message) {
  const std::string text = fmt::format("{}: {}", command, message);
  if (messages_are_json) {
    spdlog::error("{}", text);
  } else {
    std::fputs((to_one_line(text) + '\n').c_str(), stderr);  // fmt::print would throw where nobody reads it
  }
}

}  // namespace bonescan
