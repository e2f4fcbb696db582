#include "bonescan/core/json.h"
