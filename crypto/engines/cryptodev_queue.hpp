// One queue pair of a crypto device as an AsyncEngine. Used by the worker that owns the queue pair.
#pragma once

#include <vector>

#include "crypto/engine.hpp"
#include "crypto/engines/cryptodev.hpp"

struct rte_crypto_op;
struct rte_mempool;

namespace sallyport::crypto {

/// Does jobs that are not for the device.
void cryptodev_do_in_software(Engine& software, Job& job, Direction direction) noexcept;

class CryptodevQueue final : public AsyncEngine {
 public:
  /// `software` serves what the device cannot, and outlives the queue. Throws SetupError.
  CryptodevQueue(const CryptodevOptions& options, std::uint16_t queue_pair, Engine& software);
  /// Waits a little for what is still in flight; what the device then still has, it keeps.
  ~CryptodevQueue() override;
  CryptodevQueue(const CryptodevQueue&) = delete;
  CryptodevQueue& operator=(const CryptodevQueue&) = delete;

  std::size_t submit(std::span<Job* const> jobs, Direction direction) noexcept override;
  std::size_t collect(std::span<Job*> done) noexcept override;
  std::uint64_t answers() const noexcept override { return answers_; }
  std::size_t in_flight() const noexcept override { return depth_ - free_.size() + done_count_; }

 private:
  std::size_t submit_to_device(std::span<Job* const> jobs, Direction direction) noexcept;
  void push_done(Job* job) noexcept;
  std::size_t pop_done(std::span<Job*> done) noexcept;

  std::uint8_t device_;
  std::uint16_t queue_pair_;
  std::size_t depth_;
  Engine* software_;
  rte_mempool* operations_;
  std::vector<rte_crypto_op*> free_;  ///< never grows beyond its capacity
  std::vector<Job*> done_;            ///< a ring of what was done without the device
  std::size_t done_first_ = 0;
  std::size_t done_count_ = 0;
  std::uint64_t answers_ = 0;
};

}  // namespace sallyport::crypto
