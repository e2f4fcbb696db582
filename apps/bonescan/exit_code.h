// What the process tells the shell: scripts and CI jobs rely on these numbers.
#pragma once

namespace bonescan {

enum class ExitCode {
  kSuccess = 0,
  kInternalError = 1,      // a bug in bonescan, or results that cannot be written
  kUsage = 2,              // a wrong option, a missing model or ground truth, nothing was written; doctor: a problem
  kSomeInputsFailed = 3,   // finished; results.jsonl and run.json name the inputs that failed
  kRequirementNotMet = 4,  // eval: a requirement or baseline was not met
  kNoInputProcessed = 5,   // every input failed
  kInterrupted = 130,      // SIGINT, SIGTERM or SIGHUP; what is finished is kept
};

}  // namespace bonescan
