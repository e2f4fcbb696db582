// Joins the output folders of shards into the one that a single run over all inputs would have written.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bonescan/core/cancellation.h"
#include "bonescan/scan/output_folder.h"
#include "bonescan/scan/scan.h"

namespace bonescan {

struct MergeRequest {
  std::vector<std::filesystem::path> shards;  // the output folders of all N runs with --shard I/N, in any order
  std::filesystem::path output;
  ExistingOutput existing_output = ExistingOutput::kRefuse;  // or kOverwrite
  std::vector<std::string> command_line;                     // for run.json
};

// Writes results.jsonl, radiographs.csv, detections.json, images.json, labels/ and results.csv anew from the shards'
// records, in the input order of one run (their run.json tells the positions), and takes masks/ and overlays/ as hard
// links, or as copies where the file system gives none: all of it byte for byte what one undisturbed run writes. In
// run.json the counts and the seconds of each stage are sums, "threads", "wall" and "peak_memory_bytes" the largest of
// any shard, and "shards" holds each shard's own.
//
// Throws UsageError before anything is written unless the folders hold all shards of one run, each once, finished, with
// the same settings, models, formats and inputs; OutputError if the output cannot be written.
ScanSummary merge(const MergeRequest& request, const Cancellation& cancellation);

}  // namespace bonescan
