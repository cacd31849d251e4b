// libSRTP as a sending and a receiving end. It has no F8, no key derivation rate, no lifetimes other than RFC 3711's,
// no two sets of keys at a time, and its SRTCP indices start at 1.
#pragma once

#include <srtp2/srtp.h>

#include <memory>
#include <set>

#include "tests/cross/traffic/end.hpp"

namespace sallyport::traffic {

/// Names of the suites that this libSRTP has.
std::vector<std::string> libsrtp_suites();

class LibSrtpStreams {
 public:
  enum class Direction { kSend, kReceive };
  explicit LibSrtpStreams(Direction direction) : direction_(direction) {}

  void set_keys(std::size_t stream, const Agreement& agreement, bool go_on);
  void use_key(std::size_t stream, std::size_t key) { streams_[stream].key = static_cast<unsigned int>(key); }
  std::vector<Outcome> run(const std::vector<Item>& burst);

 private:
  struct Free {
    void operator()(srtp_ctx_t* session) const noexcept { srtp_dealloc(session); }
  };
  struct Stream {
    std::unique_ptr<srtp_ctx_t, Free> session;
    bool mki = false;
    unsigned int key = 0;
  };
  srtp_err_status_t run_one(const Stream& stream, Kind kind, Bytes& packet, int& length) const;

  Direction direction_;
  std::vector<Stream> streams_;
};

class LibSrtpSender : public SendingEnd {
 public:
  void set_keys(std::size_t stream, const Agreement& agreement, bool go_on) override {
    streams_.set_keys(stream, agreement, go_on);
  }
  void use_key(std::size_t stream, std::size_t key) override { streams_.use_key(stream, key); }
  void set_roc(std::size_t, std::uint32_t, std::uint32_t) override;
  void skip_srtcp_index(std::size_t, std::uint32_t) override {}
  std::vector<Outcome> protect(const std::vector<Item>& burst) override { return streams_.run(burst); }

 private:
  LibSrtpStreams streams_{LibSrtpStreams::Direction::kSend};
};

class LibSrtpReceiver : public ReceivingEnd {
 public:
  void set_keys(std::size_t stream, const Agreement& agreement, bool go_on) override {
    streams_.set_keys(stream, agreement, go_on);
  }
  void end_grace(std::size_t) override {}
  void set_roc(std::size_t, std::uint32_t, std::uint32_t) override;
  std::vector<Outcome> unprotect(const std::vector<Item>& burst) override { return streams_.run(burst); }
  /// libSRTP does not tell.
  std::optional<std::uint64_t> highest(std::size_t, Kind, std::uint32_t, bool) override { return std::nullopt; }

 private:
  LibSrtpStreams streams_{LibSrtpStreams::Direction::kReceive};
};

}  // namespace sallyport::traffic
