# How sanitizers run here; to be sourced from the root of the sources.
#
# Sanitizers stop at the first finding; what is not ours is listed with its reason.
# LLVM's libraries are not instrumented: memory that our half of its allocators poisons they hand out as it is.
export ASAN_OPTIONS=detect_stack_use_after_return=1:allocator_may_return_null=1:allow_user_poisoning=0
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# A job that a fault ends does not wait for its other ranks' threads: those are no leak.
export TSAN_OPTIONS=halt_on_error=1:report_thread_leaks=0:suppressions=$PWD/test/tsan.suppressions
export LSAN_OPTIONS=suppressions=$PWD/test/lsan.suppressions:print_suppressions=0
