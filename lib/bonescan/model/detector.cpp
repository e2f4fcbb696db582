#include "bonescan/model/detector.h"
