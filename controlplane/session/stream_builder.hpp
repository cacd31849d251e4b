// Makes dataplane streams and their keys from the configuration, and gives one that came back from its worker another
// place. Used by StaticStreams on the control thread; publishes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "controlplane/config.hpp"
#include "controlplane/dataplane_client.hpp"
#include "controlplane/session/key_epochs.hpp"
#include "crypto/engine.hpp"

namespace sallyport::controlplane {

dataplane::UdpEndpoint udp_endpoint(const Endpoint& endpoint);
/// As Stream::dscp.
std::int8_t dscp_of(const StreamSideConfig& side);

class StreamBuilder {
 public:
  /// `engine`: control's own, of the kind that the workers run. All outlive this.
  StreamBuilder(const DataplaneClient& dataplane, crypto::Engine& engine, KeyEpochs& epochs)
      : dataplane_(dataplane), engine_(engine), epochs_(epochs) {}

  /// A side with everything but id, sink and next hop. Throws SetupError.
  std::unique_ptr<dataplane::Stream> build(const StreamConfig& config, const StreamSideConfig& side);
  /// The same without its keys.
  std::unique_ptr<dataplane::Stream> build_without_keys(const StreamConfig& config, const StreamSideConfig& side) const;
  /// Gives a stream that no worker has the addresses and settings of `place`, and with `other_ssrc` its SSRCs. Keys,
  /// what they remember, and counters stay.
  static void move_to(dataplane::Stream& stream, dataplane::Stream& place, bool other_ssrc) noexcept;

  /// The key of a direction, null on a plain side. `previous`: the one that it will follow, null where there is none.
  std::unique_ptr<crypto::Context> receiving(const StreamSideConfig& side, const crypto::Context* previous);
  std::unique_ptr<crypto::Context> sending(const StreamSideConfig& side, const crypto::Context* previous);

 private:
  std::unique_ptr<crypto::Context> context(const StreamSideConfig& side,
                                           const std::vector<crypto::MasterKeyEntry>& keys,
                                           const crypto::SessionParameters& parameters, std::uint64_t first_index,
                                           const crypto::Context* previous);

  const DataplaneClient& dataplane_;
  crypto::Engine& engine_;
  KeyEpochs& epochs_;
};

}  // namespace sallyport::controlplane
