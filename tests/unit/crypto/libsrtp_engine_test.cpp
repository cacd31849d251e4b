// The libSRTP engine against OpenSSL, job by job.
#include <gtest/gtest.h>

#include "crypto/engines/libsrtp.hpp"
#include "tests/unit/crypto/engine_job_checks.hpp"
#include "tests/unit/crypto/job_packet.hpp"

namespace sallyport::crypto::test {
namespace {

TEST(LibSrtpEngine, HasWhatLibSrtpHas) {
  const LibSrtpEngine engine;
  for (const Suite& suite : kSuites) EXPECT_EQ(engine.supports(suite), suite.cipher != Cipher::kAesF8) << suite.name;
  EXPECT_EQ(engine.kind_for(kSuites[0]), EngineKind::kLibSrtp);
  EXPECT_NE(engine.description().find("libsrtp"), std::string_view::npos);
}

TEST(LibSrtpEngine, EveryShapeOfJob) {
  LibSrtpEngine engine;
  check_all_shapes(engine);
}

TEST(LibSrtpEngine, Forgeries) {
  LibSrtpEngine engine;
  check_forgeries(engine);
}

TEST(LibSrtpEngine, RefusesTheRest) {
  LibSrtpEngine engine;
  check_refusals(engine);
}

/// A second engine starts the library that runs already, and serves the first one's keys: control expands, workers use.
TEST(LibSrtpEngine, KeysCrossEngines) {
  LibSrtpEngine control;
  const Suite& suite = *find_suite("AES_CM_128_HMAC_SHA1_80");
  const SessionKeys keys = make_session_keys(suite, 5);
  const ExpandedKey key(control, suite, keys);
  LibSrtpEngine worker;
  JobPacket packet(suite, keys, {.tag = 10}, 6);
  Job job = packet.seal_job(key.record(), EngineKind::kLibSrtp);
  worker.seal({&job, 1});
  EXPECT_TRUE(packet.is_sealed());
}

}  // namespace
}  // namespace sallyport::crypto::test
