#include "bonescan/core/threads.h"

#include "bonescan/core/machine.h"

namespace bonescan {

int threads_in_use(int asked_for) {
  static const int own = usable_cores(describe_machine());
  return asked_for > 0 ? asked_for : own;
}

}  // namespace bonescan
