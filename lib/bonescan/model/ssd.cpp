#include "bonescan/model/ssd.h"
