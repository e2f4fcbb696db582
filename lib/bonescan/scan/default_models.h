// Where the models lie that come with bonescan.
#pragma once

#include <filesystem>

#include "bonescan/model/model_card.h"

namespace bonescan {

// segnet.pt or ssd300_vgg16.pt in $BONESCAN_WEIGHTS if that is set, else in ../share/bonescan/weights
// beside the executable's folder if it is there, else in the weights folder of the source tree if that is there (a
// build that was not installed), else where the build was to be installed (a program that links the library). The file
// need not exist.
std::filesystem::path default_model_path(ModelTask task);

// Likewise, but always the folder that came with bonescan, whatever $BONESCAN_WEIGHTS says.
std::filesystem::path shipped_weights_folder();

}  // namespace bonescan
