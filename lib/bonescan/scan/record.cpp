#include "bonescan/scan/record.h"
