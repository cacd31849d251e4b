#include "tests/scenario/call.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace sallyport::scenario {

using dataplane::DropReason;
using dataplane::RtcpMode;

Call::Call(const GatewayOptions& options, std::vector<Leg> legs)
    : legs_(std::move(legs)), gateway_(options, test_pool()) {
  for (const Leg& leg : legs_) parties_.emplace(leg.name, Party(leg.receive_key, leg.send_key));
  gateway_.add(legs_);
}

const Leg& Call::leg(const std::string& name) const {
  const auto found = std::find_if(legs_.begin(), legs_.end(), [&](const Leg& leg) { return leg.name == name; });
  if (found == legs_.end()) throw std::runtime_error("no leg '" + name + "'");
  return *found;
}

void Call::expect_rtcp(const std::string& name, RtcpMode mode) {
  settle();
  for (Leg& leg : legs_) {
    if (leg.name == name) leg.rtcp = mode;
  }
}

Frame Call::frame(const std::string& name, Bytes wire, bool rtcp) const {
  const Leg& from = leg(name);
  const auto side = static_cast<std::size_t>(from.side);
  const std::uint16_t above = rtcp && from.rtcp != RtcpMode::kMux ? 1 : 0;
  const auto shifted = [above](Endpoint endpoint) {
    endpoint.port = static_cast<std::uint16_t>(endpoint.port + above);
    return endpoint;
  };
  return Frame(shifted(from.remote), shifted(from.local))
      .macs(kNextHopMacs[side], kGatewayMacs[side])
      .payload(std::move(wire));
}

void Call::inject(const std::string& name, const Bytes& frame, const std::function<void(rte_mbuf*)>& adjust) {
  const Side side = leg(name).side;
  if (gateway_.inject(side, 0, frame, adjust)) return;
  settle();
  ASSERT_TRUE(gateway_.inject(side, 0, frame, adjust));
}

void Call::send(const std::string& name, const Bytes& clear, bool rtcp) {
  inject(name, frame(name, party(name).send(clear, rtcp), rtcp).bytes());
}

void Call::settle() {
  EXPECT_TRUE(gateway_.settle()) << "rx + from_kernel + handed_in + generated must be accounted for after every pass";
  for (const Side side : {Side::kWest, Side::kEast}) {
    for (const Bytes& frame : gateway_.collect(side)) sort(frame);
  }
}

void Call::sort(const Bytes& bytes) {
  Received got;
  got.frame = read_frame(bytes);
  const auto to = std::find_if(legs_.begin(), legs_.end(), [&](const Leg& leg) {
    const int above = got.frame.to.port - leg.remote.port;
    return got.frame.to.address == leg.remote.address && (above == 0 || (above == 1 && leg.rtcp == RtcpMode::kPair));
  });
  if (to == legs_.end()) {
    ADD_FAILURE() << "a frame to nobody: " << got.frame.to.address << ' ' << got.frame.to.port;
    return;
  }
  const auto side = static_cast<std::size_t>(to->side);
  const int above = got.frame.to.port - to->remote.port;
  EXPECT_EQ(got.frame.source, kGatewayMacs[side]);
  EXPECT_EQ(got.frame.destination, kNextHopMacs[side]);
  EXPECT_EQ(got.frame.from, (Endpoint{to->local.address, static_cast<std::uint16_t>(to->local.port + above)}));
  EXPECT_TRUE(got.frame.ip_checksum_right);
  EXPECT_TRUE(got.frame.udp_checksum_present && got.frame.udp_checksum_right);
  const std::uint8_t second = got.frame.payload.at(1);
  got.rtcp = above == 1 || (to->rtcp == RtcpMode::kMux && second >= 192 && second <= 223);
  const auto clear = party(to->name).receive(got.frame.payload, got.rtcp);
  if (!clear) {
    ADD_FAILURE() << to->name << " cannot authenticate what it got";
    return;
  }
  got.clear = *clear;
  inbox_[to->name].push_back(std::move(got));
}

std::vector<Received> Call::received(const std::string& name) {
  settle();
  return std::exchange(inbox_[name], {});
}

Received Call::received_one(const std::string& name) {
  auto all = received(name);
  if (all.size() != 1)
    throw std::runtime_error(name + " got " + std::to_string(all.size()) + " packets instead of one");
  return std::move(all.front());
}

void expect_drops(const Gateway& gateway, const std::map<DropReason, unsigned>& expected) {
  for (std::size_t i = 0; i < dataplane::kDropReasons; ++i) {
    const auto reason = static_cast<DropReason>(i);
    const auto found = expected.find(reason);
    EXPECT_EQ(gateway.drops(reason), found == expected.end() ? 0 : found->second) << text_of(reason).name;
  }
}

}  // namespace sallyport::scenario
