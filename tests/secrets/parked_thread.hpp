// A thread that does what it is told and then waits, so that what its functions left on the stack stays as it is. Test
// code.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace sallyport::secrets {

class ParkedThread {
 public:
  ParkedThread() : thread_([this] { wait_and_work(); }) {}
  ~ParkedThread() {
    run(nullptr);
    thread_.join();
  }
  ParkedThread(const ParkedThread&) = delete;
  ParkedThread& operator=(const ParkedThread&) = delete;

  /// Returns when `work` is done. It must not throw.
  void run(std::function<void()> work) {
    std::unique_lock lock(mutex_);
    work_ = std::move(work);
    posted_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !posted_; });
  }

 private:
  void wait_and_work() {
    std::unique_lock lock(mutex_);
    for (bool more = true; more;) {
      changed_.wait(lock, [this] { return posted_; });
      more = work_ != nullptr;
      if (more) work_();
      posted_ = false;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> work_;
  bool posted_ = false;
  std::thread thread_;  ///< last: it uses the others
};

}  // namespace sallyport::secrets
