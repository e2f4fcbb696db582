#include "bonescan/image/write_image.h"
