// run.json: what was run, with what, how long it took, what failed.
#pragma once

#include "bonescan/core/json.h"
#include "bonescan/scan/run_results.h"
#include "bonescan/scan/scan.h"
#include "bonescan/scan/scan_radiograph.h"

namespace bonescan {

// "status" of run.json, while the run goes on and at its end.
inline constexpr const char* kRunning = "running";
const char* status_name(ScanEnd end);

// Throws UsageError unless `run`, the run.json in the folder, says that its run is finished, Json::exception if it says
// nothing.
void check_says_finished(const Json& run, const std::filesystem::path& folder);

// What "counts" of run.json says. Throws Json::exception if a member is missing.
ScanCounts counts_from_json(const Json& counts);

// How the last line of a run or a merge goes on after the number of radiographs, of what there is to tell:
// ", 1 failed, 2 truncated, 20 show bone, 31 boxes".
std::string counts_text(const ScanCounts& counts, bool segmented, bool detected);

// "command_line" of run.json: words of any bytes, as name_to_text writes them.
Json command_line_json(const std::vector<std::string>& words);

// "settings" of run.json: all that results depend on but the inputs themselves. One run can go on with another only if
// they are equal. Thresholds are those in force, given or the card's; throws UsageError if one is out of its range.
Json run_settings(const ScanRequest& request, const InputSet& inputs, const ScanModels& models);

// run.json as it stands while the run goes on.
Json run_header(const ScanRequest& request, const InputSet& inputs, const Json& settings, int threads);

struct RunTimes {
  StageSeconds stages;  // summed over threads
  double wall = 0.0;    // seconds
};

// run.json of a run that has ended. That of a shard ends with the positions that its inputs have among those of all
// shards, so that `bonescan merge` can restore their order.
Json run_report(Json header, const InputSet& inputs, const ScanModels& models, const ScanSummary& summary,
                const RunResults& results, const RunTimes& times);

}  // namespace bonescan
