// Parallel in, ordered out: jobs run on N threads, results are handed on in the order of the jobs,
// so what is written does not depend on the number of threads.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace reelcell {

/// What the jobs in work and the results not yet taken may weigh together. A job that is heavier
/// than the limit runs alone.
struct PoolBudget {
  std::function<std::uint64_t(std::size_t)> weight;  ///< of job i; empty: no limit
  std::uint64_t limit = 0;
};

/// Runs make(i) for i in [0, count) on `threads` threads and calls take(i, result) on the calling
/// thread in increasing i. At most `window` results exist that were not yet taken (default 2 x
/// threads): memory follows the window. The first exception, in order of i, stops the run and is
/// rethrown after the workers ended. threads <= 1 runs everything on the calling thread.
template <class Result>
void ordered_pool(std::size_t count, std::size_t threads,
                  const std::function<Result(std::size_t)>& make,
                  const std::function<void(std::size_t, Result&&)>& take, std::size_t window = 0,
                  const PoolBudget& budget = {}) {
  if (threads <= 1 || count <= 1) {
    for (std::size_t i = 0; i < count; ++i) take(i, make(i));
    return;
  }
  if (window == 0) window = 2 * threads;
  struct Slot {
    std::optional<Result> result;
    std::exception_ptr error;
    bool ready = false;
  };
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Slot> slots(window);
  std::size_t next = 0, taken = 0;
  std::uint64_t held = 0;  // weight of jobs in [taken, next)
  bool stop = false;
  const auto weight = [&](std::size_t i) {
    return budget.weight ? budget.weight(i) : std::uint64_t{0};
  };
  // Jobs are claimed in order, so the one that `take` waits for is always claimed: no deadlock.
  const auto fits = [&] {
    return next < taken + window &&
           (next == taken || held + weight(next) <= budget.limit || !budget.weight);
  };
  auto work = [&] {
    for (;;) {
      std::size_t index;
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return stop || next >= count || fits(); });
        if (stop || next >= count) return;
        index = next++;
        held += weight(index);
      }
      std::optional<Result> result;
      std::exception_ptr error;
      try {
        result.emplace(make(index));
      } catch (...) {
        error = std::current_exception();
      }
      std::lock_guard lock(mutex);
      Slot& slot = slots[index % window];
      slot.result = std::move(result);
      slot.error = error;
      slot.ready = true;
      changed.notify_all();
    }
  };
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < threads; ++i) workers.emplace_back(work);
  std::exception_ptr failure;
  while (taken < count) {
    Slot slot;
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return slots[taken % window].ready; });
      slot = std::move(slots[taken % window]);
      slots[taken % window] = Slot{};
    }
    try {
      if (slot.error) std::rethrow_exception(slot.error);
      take(taken, std::move(*slot.result));
    } catch (...) {
      failure = std::current_exception();
    }
    std::lock_guard lock(mutex);
    held -= weight(taken);
    ++taken;
    if (failure) {
      stop = true;
      changed.notify_all();
      break;
    }
    changed.notify_all();
  }
  {
    std::lock_guard lock(mutex);
    stop = true;
    changed.notify_all();
  }
  for (auto& worker : workers) worker.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace reelcell
