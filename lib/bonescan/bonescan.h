// Reading radiographs and running the models in one include, for programs that link the library.
#pragma once

#include "bonescan/core/box.h"
#include "bonescan/core/error.h"
#include "bonescan/core/version.h"
#include "bonescan/image/overlay.h"
#include "bonescan/image/radiograph.h"
#include "bonescan/image/write_image.h"
#include "bonescan/model/detector.h"
#include "bonescan/model/segmenter.h"
