// Waiting for another thread: spin a little, then sleep in the kernel.
#pragma once

#include <atomic>
#include <cstdint>

namespace moert {

/// One bell: whoever changes what the bell is about rings it; whoever waits for
/// a change passes the condition. The change and the reads of the condition are
/// sequentially consistent: either a waiter sees the change, or the ringer sees
/// the waiter.
class alignas(64) Doorbell {
public:
  void ring() {
    if (sleepers_.load() > 0) {
      count_.fetch_add(1);
      wake();
    }
  }

  /// Waking a sleeper takes longer than most waits, so some 50 us pass in
  /// looking; the core is offered in between, since whom we wait for may need
  /// it.
  template <typename Ready> void wait(const Ready &ready) {
    for (int turn = 0; turn < 32; ++turn) {
      for (int look = 0; look < 32; ++look) {
        if (ready())
          return;
        relax();
      }
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
  static void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  static void yield();
  void wake();
  void sleep(uint32_t seen);

  std::atomic<uint32_t> count_{0};
  std::atomic<int32_t> sleepers_{0};
};

} // namespace moert
