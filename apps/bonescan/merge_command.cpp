// bonescan merge
#include "bonescan/scan/merge.h"

#include <memory>
#include <string>

#include "command.h"
#include "logging.h"
#include "scan_command.h"
#include "shared_options.h"

namespace bonescan {
namespace {

// The command line as it is parsed.
struct MergeArguments {
  std::vector<std::string> shards;
  std::string output;
  bool overwrite = false;
  LogOptions log;
};

}  // namespace

RunCommand add_merge_command(CLI::App& app) {
  add_example(app, "bonescan merge shard-1/ shard-2/ shard-3/ -o results/");
  const auto arguments = std::make_shared<MergeArguments>();
  app.add_option("SHARD", arguments->shards, "The output folders of all runs with --shard I/N, in any order")
      ->type_name("DIR")
      ->option_text(" ");
  const char* const group = "Output";
  app.add_option("-o,--output", arguments->output, "Folder for what one run would have written; made if missing")
      ->option_text("DIR")
      ->group(group);
  app.add_flag("--overwrite", arguments->overwrite, "Replace the run in the output folder")->group(group);
  add_log_options(app, arguments->log);
  return [arguments](const CommandContext& context) {
    set_up_logging(arguments->log);
    MergeRequest request;
    request.shards.assign(arguments->shards.begin(), arguments->shards.end());
    request.output = arguments->output;
    if (arguments->overwrite) request.existing_output = ExistingOutput::kOverwrite;
    request.command_line = context.command_line;
    cancel_on_signals(context.cancellation);
    return exit_code(merge(request, context.cancellation));
  };
}

}  // namespace bonescan
