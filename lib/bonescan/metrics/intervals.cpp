#include "bonescan/core/box.h"
