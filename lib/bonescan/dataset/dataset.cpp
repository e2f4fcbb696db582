#include "bonescan/dataset/dataset.h"
