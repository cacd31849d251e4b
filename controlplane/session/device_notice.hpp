// Tells registered devices to load their configuration again: NOTIFY with Event: check-sync outside of any dialog, as
// phones know it; who refuses or does not answer has to register again. Started by the command line's `profile apply`.
// Control thread only; does not decide who is told.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controlplane/session/directory.hpp"

namespace sallyport::controlplane {

class DeviceNotice {
 public:
  DeviceNotice(sip::UserAgent& agent, Directory& directory) : agent_(agent), directory_(directory) {}

  /// Tells every contact of these lines. What is still open of an earlier round goes on, and is shown no more.
  void tell(const std::vector<std::string>& lines);
  /// The latest round: line, contact, state ("asked", "told" or "has to register again") and why.
  nlohmann::json outcome() const;

 private:
  struct Told {
    std::string line;
    Binding binding;
    std::string state;
    std::string why;
  };
  using Round = std::vector<Told>;

  void tell(Told& told, const std::shared_ptr<Round>& round, std::size_t number);
  void answered(Told& told, int status, const std::string& reason);
  void refused(Told& told, std::string why);

  sip::UserAgent& agent_;
  Directory& directory_;
  std::shared_ptr<Round> round_ = std::make_shared<Round>();
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< expires before what late answers would touch
};

}  // namespace sallyport::controlplane
