// A DPDK crypto device that this process has opened: made (a software driver) or found on the PCI bus (Intel QAT and
// others), configured with a queue pair per worker and memory for the keys' sessions on its NUMA node; stopped and
// given back when it dies. The engines of crypto/engines/cryptodev work on it. Control thread. Knows nothing of SRTP.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/engines/cryptodev.hpp"

namespace sallyport::drivers {

struct CryptoDeviceOptions {
  /// A software driver of DPDK ("crypto_aesni_mb", "crypto_aesni_gcm", "crypto_openssl"), or the PCI address of a
  /// device that is bound to vfio-pci and was listed in EalOptions::pci_devices.
  std::string device;
  crypto::CryptodevMode mode = crypto::CryptodevMode::kAsync;
  std::uint16_t workers = 1;        ///< a queue pair each
  std::uint16_t queue_depth = 512;  ///< operations in flight per worker at most
  unsigned max_keys = 16384;        ///< key records at once: four for a stream with both directions encrypted
};

/// Whether `device` names a PCI device ("0000:3d:01.0", "3d:01.0"), which EalOptions::pci_devices has to list.
bool is_pci_address(std::string_view device);

class CryptoDevice {
 public:
  /// Throws SetupError: no such driver or device, too few queue pairs, too little memory, no work on the processor.
  explicit CryptoDevice(const CryptoDeviceOptions& options);
  /// All engines on the device and all keys that they expanded are gone.
  ~CryptoDevice();
  CryptoDevice(const CryptoDevice&) = delete;
  CryptoDevice& operator=(const CryptoDevice&) = delete;

  /// For make_cryptodev_engine() (one per worker, queue pairs from 0) and make_cryptodev_key_engine().
  const crypto::CryptodevOptions& engine_options() const noexcept { return engine_options_; }

 private:
  void make_virtual(const CryptoDeviceOptions& options);
  void find_pci(const std::string& address);
  void start(const CryptoDeviceOptions& options);
  void close() noexcept;

  std::string virtual_name_;  ///< to be removed again; empty for PCI
  bool configured_ = false;
  crypto::CryptodevOptions engine_options_;
};

}  // namespace sallyport::drivers
