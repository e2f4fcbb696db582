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
  MergeRequest request;
  std::vector<std::string> shards;
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
  add_path(app, "-o,--output", arguments->request.output, "DIR", group,
           "Folder for what one run would have written; made if missing");
  app.add_flag("--overwrite", arguments->overwrite, "Replace the run in the output folder")->group(group);
  add_log_options(app, arguments->log);
  return [arguments](const CommandContext& context) {
    set_up_logging(arguments->log);
    MergeRequest request = arguments->request;
    request.shards.assign(arguments->shards.begin(), arguments->shards.end());
    if (arguments->overwrite) request.existing_output = ExistingOutput::kOverwrite;
    request.command_line = context.command_line;
    cancel_on_signals(context.cancellation);
    return exit_code(merge(request, context.cancellation));
  };
}

}  // namespace bonescan
