#include "bonescan/image/network_input.h"
