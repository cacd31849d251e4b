#include "controlplane/session/stream_builder.hpp"

#include <openssl/rand.h>

#include <algorithm>

#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

/// A receiving key remembers so many SSRCs; the party's own, plus what holds and restarts bring.
constexpr std::uint32_t kReceivedSsrcs = 16;

template <typename T>
T random_value() {
  T value;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&value), sizeof value) != 1) {
    throw SetupError("the system gives no random numbers (OpenSSL RAND_bytes failed)");
  }
  return value;
}

/// An SRTP side gets SSRCs that nobody can foresee, so that neither a restart nor a looped capture meets the same key
/// with the same SSRC again (field 24, 25); a plain side is passed through.
dataplane::TxClock clock_for(const StreamSideConfig& side) {
  if (side.ssrc) return {dataplane::TxMode::kFixedSsrc, {.ssrc = *side.ssrc, .ssrc_stride = 1, .random = 0}};
  if (side.suite == nullptr) return {};
  const std::uint8_t rate = side.sent_parameters().key_derivation_rate;
  return {dataplane::TxMode::kFreshSsrc,
          {.ssrc = random_value<std::uint32_t>(),
           .ssrc_stride = random_value<std::uint32_t>(),
           .random = random_value<std::uint64_t>(),
           .first_span = rate == 0 ? dataplane::kFirstSequenceSpan
                                   : std::min(dataplane::kFirstSequenceSpan, std::uint32_t{1} << rate)}};
}

}  // namespace

dataplane::UdpEndpoint udp_endpoint(const Endpoint& endpoint) { return {endpoint.address, endpoint.port}; }

std::int8_t dscp_of(const StreamSideConfig& side) {
  return side.dscp ? static_cast<std::int8_t>(*side.dscp) : dataplane::kKeepDscp;
}

/// `first_index`: near the first packet's.
std::unique_ptr<crypto::Context> StreamBuilder::context(const StreamSideConfig& side,
                                                        const std::vector<crypto::MasterKeyEntry>& keys,
                                                        const crypto::SessionParameters& parameters,
                                                        std::uint64_t first_index, const crypto::Context* previous) {
  if (side.suite == nullptr) return nullptr;
  crypto::ContextOptions options{.max_ssrcs = kReceivedSsrcs, .parameters = parameters};
  if (parameters.key_derivation_rate != 0) options.rtp_epoch = first_index >> parameters.key_derivation_rate;
  epochs_.follow(previous, options);
  auto made = std::make_unique<crypto::Context>(engine_, *side.suite, keys, options);
  epochs_.remember(*made, keys.front().master, options);
  return made;
}

std::unique_ptr<crypto::Context> StreamBuilder::receiving(const StreamSideConfig& side,
                                                          const crypto::Context* previous) {
  auto made = context(side, side.receive_keys, side.parameters, 0, previous);
  if (previous != nullptr) return made;  // goes on with the ROCs that the stream has reached
  for (const ReceiveRoc& known : side.receive_rocs) made->set_roc(known.ssrc, known.roc);
  return made;
}

std::unique_ptr<crypto::Context> StreamBuilder::sending(const StreamSideConfig& side, const crypto::Context* previous) {
  auto made = context(side, side.send_keys, side.sent_parameters(), dataplane::kFirstSequenceLow, previous);
  if (made != nullptr) made->send_with(static_cast<std::uint8_t>(side.send_with - 1));
  return made;
}

std::unique_ptr<dataplane::Stream> StreamBuilder::build(const StreamConfig& config, const StreamSideConfig& side) {
  auto stream = build_without_keys(config, side);
  stream->rx = receiving(side, nullptr);
  stream->tx = sending(side, nullptr);
  return stream;
}

std::unique_ptr<dataplane::Stream> StreamBuilder::build_without_keys(const StreamConfig& config,
                                                                     const StreamSideConfig& side) const {
  auto stream = std::make_unique<dataplane::Stream>();
  const std::size_t slot = dataplane_.slot_of(side.local.address);
  stream->rtcp = side.rtcp;
  stream->source_check = side.source_check;
  stream->dscp = dscp_of(side);
  stream->address_slot = static_cast<std::uint16_t>(slot);
  stream->local_port = side.local.port;
  stream->egress_port = dataplane_.addresses()[slot].port;
  stream->header = dataplane::EgressHeader(udp_endpoint(side.local), udp_endpoint(side.remote));
  stream->clock = clock_for(side);
  stream->remote = udp_endpoint(side.remote);
  stream->quality.set_units_per_tick(config.clock_rate / dataplane_.clock().hz());
  stream->media_timeout = dataplane_.clock().ticks(config.media_timeout);
  return stream;
}

void StreamBuilder::move_to(dataplane::Stream& stream, dataplane::Stream& place, bool other_ssrc) noexcept {
  stream.removed = false;
  stream.rtcp = place.rtcp;
  stream.source_check = place.source_check;
  stream.dscp = place.dscp;
  stream.address_slot = place.address_slot;
  stream.local_port = place.local_port;
  stream.egress_port = place.egress_port;
  stream.header = place.header;
  if (other_ssrc)
    stream.clock = std::move(place.clock);  // the keys still know what they have used under the SSRCs before
  stream.remote = place.remote;
  stream.quality.set_units_per_tick(place.quality.units_per_tick());
  stream.media_timeout = place.media_timeout;
}

}  // namespace sallyport::controlplane
