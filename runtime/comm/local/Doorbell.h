// Waiting for another thread: spin a little, then sleep in the kernel.
#pragma once

#include <atomic>
#include <cstdint>

namespace moert {

/// One bell: whoever changes what the bell is about rings it; whoever waits for
/// a change passes the condition. Ranks may be more than cores, so spinning is
/// short and yields.
class Doorbell {
public:
  void ring() {
    count_.fetch_add(1);
    if (sleepers_.load() > 0)
      wake();
  }

  template <typename Ready> void wait(const Ready &ready) {
    for (int spin = 0; spin < 100; ++spin) {
      if (ready())
        return;
      if (spin >= 80)
        yield();
    }
    while (!ready()) {
      uint32_t seen = count_.load();
      sleepers_.fetch_add(1);
      // A ring between `seen` and the sleep changes the count: no sleep then.
      if (!ready())
        sleep(seen);
      sleepers_.fetch_sub(1);
    }
  }

private:
  static void yield();
  void wake();
  void sleep(uint32_t seen);

  std::atomic<uint32_t> count_{0};
  std::atomic<int32_t> sleepers_{0};
};

} // namespace moert
