#include "bonescan/model/network.h"
