// A link without a network: what is sent waits in a queue until the test takes it. Its room can be made scarce.
#pragma once

#include <array>
#include <deque>
#include <vector>

#include "perf/load/link.hpp"

namespace sallyport::load {

class MemoryLink : public Link {
 public:
  struct Sent {
    std::vector<std::uint8_t> bytes;
    FlowId flow;
    bool rtcp;
  };

  std::size_t allocate(std::span<Packet> packets) noexcept override {
    if (packets.size() > buffers_free) return 0;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      auto* buffer = new std::array<std::uint8_t, 2048>();
      packets[i] = Packet{.data = buffer->data(), .length = 0, .room = 2048, .buffer = buffer};
    }
    return packets.size();
  }

  std::size_t send(std::span<const Packet> packets) override {
    const std::size_t count = std::min(packets.size(), room);
    for (const Packet& packet : packets.first(count)) {
      sent.push_back({{packet.data, packet.data + packet.length}, packet.flow, packet.rtcp});
    }
    release(packets.first(count));
    return count;
  }

  std::size_t receive(std::span<Packet>) override { return 0; }
  void release(std::span<const Packet> packets) noexcept override {
    for (const Packet& packet : packets) delete static_cast<std::array<std::uint8_t, 2048>*>(packet.buffer);
  }
  void wait(std::chrono::nanoseconds) noexcept override {}
  LinkStats stats() const noexcept override { return {}; }
  std::string description() const override { return "memory"; }

  std::deque<Sent> sent;
  std::size_t room = kBurst;          ///< packets that one send() takes
  std::size_t buffers_free = kBurst;  ///< that allocate() can give
};

}  // namespace sallyport::load
