// report.html: the figures, charts and pictures of an evaluation in one file that needs no network.
#pragma once

#include <string>

#include "bonescan/report/evaluate.h"

namespace bonescan {

// Pictures are drawn where the images are at hand; one that cannot be read is left out.
std::string html_report(const EvaluationOutcome& outcome);

}  // namespace bonescan
