#include "bonescan/model/segmenter.h"
