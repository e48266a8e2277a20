#include "runtime/comm/local/Doorbell.h"

#include <climits>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace moert {

static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t),
              "the kernel waits on the counter itself");

void Doorbell::yield() { sched_yield(); }

void Doorbell::wake() {
  syscall(SYS_futex, &count_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

void Doorbell::sleep(uint32_t seen) {
  syscall(SYS_futex, &count_, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
}

} // namespace moert
