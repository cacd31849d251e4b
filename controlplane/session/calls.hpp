// All calls: takes what SIP brings from outside of dialogs, makes calls of INVITEs, and shows and records them. Control
// thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "controlplane/session/call.hpp"
#include "controlplane/session/directory.hpp"

namespace sallyport::controlplane {

class Calls {
 public:
  /// Calls that are over and still shown.
  static constexpr std::size_t kRemembered = 100;

  explicit Calls(CallWorld world);
  ~Calls();
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  /// What the user agent hands on.
  void request(const std::shared_ptr<sip::ServerTransaction>& transaction);
  /// A connection is gone, and with it what was registered by it.
  void flow_closed(const sip::Flow& flow) { world_.directory.closed(flow); }
  /// No media of a stream for the configured time, or (false) again.
  void media_lost(StreamHandle handle, bool lost);
  /// A key of a stream is nearly or wholly at the end of its lifetime.
  void key_lifetime(StreamHandle handle, const dataplane::KeyLifetime& told);

  /// A stream that its worker would not take.
  void refused(StreamHandle handle);

  std::size_t count() const noexcept { return calls_.size(); }
  /// One line per call: those that are there, then those that were.
  nlohmann::json list() const;
  /// All of one. Throws SetupError where there is none of that number.
  nlohmann::json show(std::uint64_t id) const;
  nlohmann::json registrations() const;

 private:
  void invite(const std::shared_ptr<sip::ServerTransaction>& transaction, Party caller);
  void replace(const std::shared_ptr<sip::ServerTransaction>& transaction, const std::string& dialog, Party caller);
  void over(Call& call);
  Call* of(StreamHandle handle) const;
  std::pair<Call*, std::size_t> find(const std::string& dialog) const;
  void record(const Call& call);

  CallWorld world_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Call>> calls_;
  std::deque<std::pair<std::uint64_t, nlohmann::json>> past_;  ///< as show() tells, without what only lives
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sallyport::controlplane
