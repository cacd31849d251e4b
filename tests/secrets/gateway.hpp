// Streams with the threads and engines of a gateway, which live on when streams are gone; and what all tests of
// secrets in memory share. Test code.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/secrets/parked_thread.hpp"
#include "tests/secrets/process_memory.hpp"
#include "tests/secrets/streams.hpp"

namespace sallyport::secrets {

/// One stream to be made.
struct Plan {
  const crypto::Suite* suite;
  Keying keying;
  std::uint16_t seed;
};

/// Suites that differ in their tags only are looked at together; the others one after the other, so that none wipes
/// away what another has left.
struct Family {
  crypto::Cipher cipher;
  std::uint8_t key_len;
};
inline constexpr std::array kFamilies{Family{crypto::Cipher::kAesGcm, 32}, Family{crypto::Cipher::kAesGcm, 16},
                                      Family{crypto::Cipher::kAesCm, 32},  Family{crypto::Cipher::kAesCm, 24},
                                      Family{crypto::Cipher::kAesCm, 16},  Family{crypto::Cipher::kAesF8, 16},
                                      Family{crypto::Cipher::kNull, 16}};

/// Streams with every keying of what the engine has of the family. Their keys are those of no other in the process.
std::vector<Plan> plans_for(const crypto::Engine& engine, const Family& family);
std::vector<Plan> plans_for_all(const crypto::Engine& engine);
/// Their secrets.
NeedleSet needles_of(const std::vector<Plan>& plans);
/// For the reader of a failed test.
std::string listed(const std::vector<Finding>& findings);

/// Names of this host's engines, but not libSRTP's, an engine to compare with: its contexts are in its own libraries'
/// hands (NSS in Debian).
std::vector<std::string> own_engines();

/// A gateway has an engine for each thread.
struct Engines {
  crypto::Engine& control;
  crypto::Engine& worker;
};
Engines engines_named(const std::string& name);
/// A name as GoogleTest wants it.
std::string as_identifier(std::string name);

class Gateway {
 public:
  explicit Gateway(const Engines& engines) : engines_(engines) {}

  void make_streams(const std::vector<Plan>& plans);
  /// False: an authentic packet was refused, or a forged one was not.
  bool run_traffic();
  void retire_streams();

 private:
  Engines engines_;
  Packets packets_;
  std::vector<std::unique_ptr<Stream>> streams_;
  ParkedThread control_;
  ParkedThread worker_;
};

}  // namespace sallyport::secrets
