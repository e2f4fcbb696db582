#include "bonescan/model/model_card.h"
