#include "crypto/engines/cryptodev_queue.hpp"

#include <rte_cryptodev.h>
#include <rte_errno.h>

#include <algorithm>
#include <chrono>
#include <new>

#include "crypto/engines/cryptodev_slot.hpp"
#include "crypto/error.hpp"

namespace sallyport::crypto {
namespace {

constexpr std::chrono::milliseconds kFarewell{200};

CryptodevSlot& slot_of(rte_crypto_op* op) noexcept {
  return *reinterpret_cast<CryptodevSlot*>(reinterpret_cast<std::uint8_t*>(op) + kCryptodevSlotOffset);
}

/// op->sym by another name: it is declared as an array without elements, which the compiler holds against us.
rte_crypto_sym_op& symmetric_part(rte_crypto_op* op) noexcept {
  return *reinterpret_cast<rte_crypto_sym_op*>(reinterpret_cast<std::uint8_t*>(op) + sizeof(rte_crypto_op));
}

rte_mbuf& mbuf_of(CryptodevSlot& slot) noexcept { return *std::launder(reinterpret_cast<rte_mbuf*>(slot.mbuf.data())); }

rte_iova_t iova_of(const rte_crypto_op* op, std::size_t offset_in_slot) noexcept {
  return op->phys_addr + kCryptodevSlotOffset + offset_in_slot;
}

rte_mempool* make_operations(const CryptodevOptions& options, std::uint16_t queue_pair) {
  const std::string name = "crypto_ops_" + std::to_string(options.device) + "_" + std::to_string(queue_pair);
  constexpr auto kPrivate = static_cast<std::uint16_t>(kCryptodevSlotOffset - sizeof(rte_crypto_op) -
                                                       sizeof(rte_crypto_sym_op) + sizeof(CryptodevSlot));
  rte_mempool* pool = rte_crypto_op_pool_create(name.c_str(), RTE_CRYPTO_OP_TYPE_SYMMETRIC, options.queue_depth, 0,
                                                kPrivate, options.socket);
  if (pool == nullptr) {
    throw SetupError("crypto device " + options.name + ": no memory for " + std::to_string(options.queue_depth) +
                     " operations: " + rte_strerror(rte_errno));
  }
  return pool;
}

/// What stays the same for all jobs that the operation will carry.
void prepare(rte_crypto_op* op) noexcept {
  CryptodevSlot& slot = *::new (&slot_of(op)) CryptodevSlot{};
  rte_mbuf& mbuf = *::new (slot.mbuf.data()) rte_mbuf{};
  mbuf.buf_addr = slot.data.data();
  mbuf.buf_iova = iova_of(op, offsetof(CryptodevSlot, data));
  mbuf.buf_len = kCryptodevLongestJob;
  mbuf.nb_segs = 1;
  mbuf.refcnt = 1;
  op->sess_type = RTE_CRYPTO_OP_WITH_SESSION;
  symmetric_part(op).m_src = &mbuf;
  symmetric_part(op).m_dst = nullptr;
}

void describe(rte_crypto_op* op, const CryptodevWork& work) noexcept {
  CryptodevSlot& slot = slot_of(op);
  rte_crypto_sym_op& sym = symmetric_part(op);
  op->status = RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
  sym.session = work.session;
  mbuf_of(slot).data_len = work.data_len;
  mbuf_of(slot).pkt_len = work.data_len;
  if (work.aead) {
    sym.aead.data.offset = 0;
    sym.aead.data.length = work.cipher_len;
    sym.aead.digest.data = slot.digest.data();
    sym.aead.digest.phys_addr = iova_of(op, offsetof(CryptodevSlot, digest));
    sym.aead.aad.data = slot.aad.data();
    sym.aead.aad.phys_addr = iova_of(op, offsetof(CryptodevSlot, aad));
    return;
  }
  sym.cipher.data.offset = work.cipher_offset;
  sym.cipher.data.length = work.cipher_len;
  sym.auth.data.offset = 0;
  sym.auth.data.length = work.hash_len;
  sym.auth.digest.data = slot.digest.data();
  sym.auth.digest.phys_addr = iova_of(op, offsetof(CryptodevSlot, digest));
}

}  // namespace

void cryptodev_do_in_software(Engine& software, Job& job, Direction direction) noexcept {
  Job copy = job;
  copy.keys = &cryptodev_software_record(cryptodev_keys(*job.keys));
  if (direction == Direction::kSeal) {
    software.seal({&copy, 1});
  } else {
    software.open({&copy, 1});
  }
  job.ok = copy.ok;
}

CryptodevQueue::CryptodevQueue(const CryptodevOptions& options, std::uint16_t queue_pair, Engine& software)
    : device_(options.device),
      queue_pair_(queue_pair),
      depth_(options.queue_depth),
      software_(&software),
      operations_(make_operations(options, queue_pair)),
      free_(depth_),
      done_(depth_) {
  if (rte_crypto_op_bulk_alloc(operations_, RTE_CRYPTO_OP_TYPE_SYMMETRIC, free_.data(), options.queue_depth) == 0) {
    rte_mempool_free(operations_);
    throw SetupError("crypto device " + options.name + ": its operations are not to be had");
  }
  for (rte_crypto_op* op : free_) prepare(op);
}

CryptodevQueue::~CryptodevQueue() {
  const auto give_up = std::chrono::steady_clock::now() + kFarewell;
  while (free_.size() < depth_ && std::chrono::steady_clock::now() < give_up) {
    std::array<rte_crypto_op*, kMaxBurst> ops;
    const std::uint16_t count = rte_cryptodev_dequeue_burst(device_, queue_pair_, ops.data(), kMaxBurst);
    free_.insert(free_.end(), ops.begin(), ops.begin() + count);
  }
  if (free_.size() == depth_) rte_mempool_free(operations_);  // else the device may still write there
}

std::size_t CryptodevQueue::submit(std::span<Job* const> jobs, Direction direction) noexcept {
  std::size_t taken = 0;
  while (taken < jobs.size()) {
    std::size_t run = taken;  // jobs in a row that are for the device
    while (run < jobs.size() && run - taken < kMaxBurst && cryptodev_route(*jobs[run]) == CryptodevRoute::kDevice)
      ++run;
    if (run != taken) {
      const std::size_t accepted = submit_to_device(jobs.subspan(taken, run - taken), direction);
      taken += accepted;
      if (taken < run) break;
      continue;
    }
    if (done_count_ == done_.size()) break;
    Job& job = *jobs[taken++];
    if (cryptodev_route(job) == CryptodevRoute::kSoftware) cryptodev_do_in_software(*software_, job, direction);
    push_done(&job);
  }
  return taken;
}

std::size_t CryptodevQueue::submit_to_device(std::span<Job* const> jobs, Direction direction) noexcept {
  const std::size_t count = std::min(jobs.size(), free_.size());
  rte_crypto_op** const ops = free_.data() + (free_.size() - count);
  for (std::size_t i = 0; i < count; ++i) describe(ops[i], cryptodev_stage(slot_of(ops[i]), *jobs[i], direction));
  const std::uint16_t accepted =
      rte_cryptodev_enqueue_burst(device_, queue_pair_, ops, static_cast<std::uint16_t>(count));
  std::copy(ops + accepted, ops + count, ops);
  free_.resize(free_.size() - accepted);
  return accepted;
}

std::size_t CryptodevQueue::collect(std::span<Job*> done) noexcept {
  std::size_t count = pop_done(done);
  std::array<rte_crypto_op*, kMaxBurst> ops;
  const auto wanted = static_cast<std::uint16_t>(std::min(done.size() - count, kMaxBurst));
  if (wanted == 0 || free_.size() == depth_) return count;
  const std::uint16_t returned = rte_cryptodev_dequeue_burst(device_, queue_pair_, ops.data(), wanted);
  for (std::uint16_t i = 0; i < returned; ++i) {
    const CryptodevSlot& slot = slot_of(ops[i]);
    cryptodev_finish(slot, ops[i]->status == RTE_CRYPTO_OP_STATUS_SUCCESS);
    done[count++] = slot.job;
    free_.push_back(ops[i]);
  }
  answers_ += returned;
  return count;
}

void CryptodevQueue::push_done(Job* job) noexcept { done_[(done_first_ + done_count_++) % done_.size()] = job; }

std::size_t CryptodevQueue::pop_done(std::span<Job*> done) noexcept {
  std::size_t count = 0;
  for (; count < done.size() && done_count_ != 0; --done_count_) {
    done[count++] = done_[done_first_];
    done_first_ = (done_first_ + 1) % done_.size();
  }
  return count;
}

}  // namespace sallyport::crypto
