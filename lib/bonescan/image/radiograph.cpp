#include "bonescan/image/radiograph.h"
