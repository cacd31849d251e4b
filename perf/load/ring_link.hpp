// From our sender straight to our receiver, over rings in the place of a cable: what the generator itself can do at
// most.
#pragma once

#include "drivers/ring_port.hpp"
#include "perf/load/port_link.hpp"

namespace sallyport::load {

class RingLink : public Link {
 public:
  /// As PortLink.
  RingLink(const LinkSpec& spec, const std::vector<Flow>& flows, drivers::MbufPool& pool);

  std::size_t allocate(std::span<Packet> packets) noexcept override { return link_.allocate(packets); }
  std::size_t send(std::span<const Packet> packets) override { return link_.send(packets); }
  std::size_t receive(std::span<Packet> packets) override;
  void release(std::span<const Packet> packets) noexcept override { link_.release(packets); }
  void wait(std::chrono::nanoseconds at_most) noexcept override { link_.wait(at_most); }
  LinkStats stats() const noexcept override { return link_.stats(); }
  std::string description() const override { return "rings to ourselves"; }

 private:
  drivers::RingPort rings_;
  PortLink link_;
};

}  // namespace sallyport::load
