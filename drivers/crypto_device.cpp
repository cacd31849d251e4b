#include "drivers/crypto_device.hpp"

#include <openssl/provider.h>
#include <rte_bus_vdev.h>
#include <rte_cryptodev.h>
#include <rte_errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>

#include "crypto/error.hpp"
#include "drivers/dpdk_log.hpp"

namespace sallyport::drivers {
namespace {

/// What an HMAC suite needs: sealing, opening, the hash alone.
constexpr unsigned kSessionsPerKey = 3;
/// Above what any queue of the known devices holds.
constexpr std::uint16_t kDeepestQueue = 2048;

rte_cryptodev_info info_of(std::uint8_t device) {
  rte_cryptodev_info info{};
  rte_cryptodev_info_get(device, &info);
  return info;
}

[[noreturn]] void fail(const std::string& device, const std::string& what, int error, const std::string& words) {
  throw SetupError("crypto device " + device + ": cannot " + what + ": " + rte_strerror(error < 0 ? -error : error) +
                   words);
}

/// Letters, digits and underscores: nothing that means anything else to DPDK.
bool is_driver_name(std::string_view name) {
  return name.starts_with("crypto_") && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

/// Sessions hold keys: their pages stay out of core dumps.
void keep_from_core_dumps(rte_mempool*, void*, rte_mempool_memhdr* memory, unsigned) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const std::uintptr_t first = reinterpret_cast<std::uintptr_t>(memory->addr) / page * page;
  const std::uintptr_t last = reinterpret_cast<std::uintptr_t>(memory->addr) + memory->len;
  // Advice: where the kernel does not take it, RLIMIT_CORE still holds.
  static_cast<void>(madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTDUMP));
}

}  // namespace

bool is_pci_address(std::string_view device) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
  if (device.size() == 12 && device[4] == ':' && std::all_of(device.begin(), device.begin() + 4, is_hex)) {
    device.remove_prefix(5);
  }
  constexpr std::string_view kShape = "xx:xx.x";
  return device.size() == kShape.size() && std::equal(device.begin(), device.end(), kShape.begin(),
                                                      [&](char c, char s) { return s == 'x' ? is_hex(c) : c == s; });
}

CryptoDevice::CryptoDevice(const CryptoDeviceOptions& options) {
  if (options.workers == 0 || options.queue_depth == 0 || options.queue_depth > kDeepestQueue) {
    throw SetupError("crypto device " + options.device + ": expected at least one worker and a queue depth of 1 to " +
                     std::to_string(kDeepestQueue));
  }
  if (is_pci_address(options.device)) {
    find_pci(options.device);
  } else {
    make_virtual(options);
  }
  try {
    start(options);
  } catch (...) {
    close();
    throw;
  }
}

CryptoDevice::~CryptoDevice() {
  const DpdkLogCapture farewell_words;  // of no interest any more
  close();
}

void CryptoDevice::make_virtual(const CryptoDeviceOptions& options) {
  if (!is_driver_name(options.device)) {
    throw SetupError("crypto device \"" + options.device +
                     "\": expected a driver such as crypto_aesni_mb, or a PCI address");
  }
  // crypto_openssl loads OpenSSL's default provider, and unloads it when it goes, for the whole process: a hold of our
  // own, never given up, lets everybody else go on.
  if (options.device == "crypto_openssl") static_cast<void>(OSSL_PROVIDER_load(nullptr, "default"));
  const std::string name = options.device + "0";
  const std::string arguments = "max_nb_queue_pairs=" + std::to_string(options.workers);
  DpdkLogCapture log;
  if (const int error = rte_vdev_init(name.c_str(), arguments.c_str()); error != 0) {
    fail(options.device, "be made", error, log.last_words());
  }
  virtual_name_ = name;
  engine_options_.name = name;
  engine_options_.device = static_cast<std::uint8_t>(rte_cryptodev_get_dev_id(name.c_str()));
}

/// A device has services (symmetric, asymmetric, compression); each is named by the address and what it does.
void CryptoDevice::find_pci(const std::string& address) {
  for (std::uint8_t device = 0; device < RTE_CRYPTO_MAX_DEVS; ++device) {
    const char* name = rte_cryptodev_is_valid_dev(device) != 0 ? rte_cryptodev_name_get(device) : nullptr;
    if (name == nullptr || std::string_view(name).find(address) == std::string_view::npos) continue;
    if ((info_of(device).feature_flags & RTE_CRYPTODEV_FF_SYMMETRIC_CRYPTO) == 0) continue;
    engine_options_.name = name;
    engine_options_.device = device;
    return;
  }
  throw SetupError("crypto device " + address +
                   ": DPDK has no such device, expected one with symmetric cryptography that is bound to vfio-pci");
}

void CryptoDevice::start(const CryptoDeviceOptions& options) {
  DpdkLogCapture log;
  const std::uint8_t device = engine_options_.device;
  const rte_cryptodev_info info = info_of(device);
  engine_options_.mode = options.mode;
  engine_options_.queue_depth = options.queue_depth;
  engine_options_.socket = rte_cryptodev_socket_id(device);
  if (info.max_nb_queue_pairs < options.workers) {
    throw SetupError("crypto device " + options.device + ": has " + std::to_string(info.max_nb_queue_pairs) +
                     " queue pairs, expected one for each of " + std::to_string(options.workers) + " workers");
  }
  const std::string pool_name = "crypto_keys_" + std::to_string(device);
  engine_options_.sessions = rte_cryptodev_sym_session_pool_create(
      pool_name.c_str(), options.max_keys * kSessionsPerKey, rte_cryptodev_sym_get_private_session_size(device), 0, 0,
      engine_options_.socket);
  if (engine_options_.sessions == nullptr) {
    fail(options.device, "keep " + std::to_string(options.max_keys) + " keys", rte_errno, log.last_words());
  }
  rte_mempool_mem_iter(engine_options_.sessions, keep_from_core_dumps, nullptr);

  rte_cryptodev_config config{};
  config.socket_id = engine_options_.socket;
  config.nb_queue_pairs = options.workers;
  config.ff_disable = RTE_CRYPTODEV_FF_ASYMMETRIC_CRYPTO | RTE_CRYPTODEV_FF_SECURITY;
  if (const int error = rte_cryptodev_configure(device, &config); error != 0) {
    fail(options.device, "be configured", error, log.last_words());
  }
  configured_ = true;
  rte_cryptodev_qp_conf queue{};
  queue.nb_descriptors = std::bit_ceil(options.queue_depth + 1U);  // a ring of n holds n - 1
  queue.mp_session = engine_options_.sessions;
  for (std::uint16_t pair = 0; pair < options.workers; ++pair) {
    if (const int error = rte_cryptodev_queue_pair_setup(device, pair, &queue, engine_options_.socket); error != 0) {
      fail(options.device, "set up queue pair " + std::to_string(pair), error, log.last_words());
    }
  }
  if (const int error = rte_cryptodev_start(device); error != 0) fail(options.device, "start", error, log.last_words());
}

void CryptoDevice::close() noexcept {
  if (configured_) {
    rte_cryptodev_stop(engine_options_.device);
    rte_cryptodev_close(engine_options_.device);
  }
  if (!virtual_name_.empty()) rte_vdev_uninit(virtual_name_.c_str());
  rte_mempool_free(engine_options_.sessions);
}

}  // namespace sallyport::drivers
