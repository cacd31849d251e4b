#include "controlplane/session/static_streams.hpp"

#include <openssl/rand.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "controlplane/config_compare.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

/// A receiving key remembers so many SSRCs; the party's own, plus what holds and restarts bring.
constexpr std::uint32_t kReceivedSsrcs = 16;

dataplane::UdpEndpoint udp(const Endpoint& endpoint) { return {endpoint.address, endpoint.port}; }

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
  return {dataplane::TxMode::kFreshSsrc,
          {.ssrc = random_value<std::uint32_t>(),
           .ssrc_stride = random_value<std::uint32_t>(),
           .random = random_value<std::uint64_t>()}};
}

}  // namespace

/// A stream that is ready to be installed.
struct StaticStreams::Prepared {
  StreamConfig config;
  StreamHandle a_handle;
  StreamHandle b_handle;
  std::unique_ptr<dataplane::Stream> a;
  std::unique_ptr<dataplane::Stream> b;
};

/// The new keys of a stream; null where a direction has none.
struct StaticStreams::Rekey {
  std::unique_ptr<crypto::Context> a_receive, a_send, b_receive, b_send;
};

StaticStreams::StaticStreams(DataplaneClient& dataplane, crypto::Engine& engine, WatchNextHop watch)
    : dataplane_(dataplane), engine_(engine), watch_(std::move(watch)) {}

StaticStreams::~StaticStreams() = default;

StreamChanges StaticStreams::apply(std::vector<StreamConfig> wanted) {
  const auto named = [](const std::string& name) {
    return [&name](const auto& entry) {
      if constexpr (requires { entry.config; }) {
        return entry.config.name == name;
      } else {
        return entry.name == name;
      }
    };
  };
  StreamChanges changes;
  std::vector<Prepared> fresh;
  std::vector<std::pair<StaticStream*, std::pair<StreamConfig, Rekey>>> rekeys;
  std::vector<std::string> kept;
  for (StreamConfig& config : wanted) {
    const auto present = std::find_if(streams_.begin(), streams_.end(), named(config.name));
    if (present == streams_.end()) {
      ++changes.added;
    } else if (same_stream(present->config, config)) {
      kept.push_back(config.name);
      if (same_keys(present->config, config)) {
        ++changes.kept;
      } else {
        ++changes.rekeyed;
        Rekey keys = prepare_rekey(config);
        rekeys.emplace_back(&*present, std::pair(std::move(config), std::move(keys)));
      }
      continue;
    } else {
      ++changes.replaced;
    }
    fresh.push_back(prepare(std::move(config)));
  }
  reserve_ids(fresh);
  for (auto stream = streams_.begin(); stream != streams_.end();) {
    if (std::find(kept.begin(), kept.end(), stream->config.name) != kept.end()) {
      ++stream;
      continue;
    }
    if (std::none_of(fresh.begin(), fresh.end(), named(stream->config.name))) ++changes.removed;
    remove(*stream);
    stream = streams_.erase(stream);
  }
  for (auto& [stream, change] : rekeys) rekey(*stream, std::move(change.first), std::move(change.second));
  for (Prepared& prepared : fresh) install(prepared);
  return changes;
}

StaticStreams::Prepared StaticStreams::prepare(StreamConfig config) {
  auto a = build(config, config.a);
  auto b = build(config, config.b);
  return {std::move(config), {}, {}, std::move(a), std::move(b)};
}

/// All or none.
void StaticStreams::reserve_ids(std::vector<Prepared>& fresh) {
  std::vector<StreamHandle> reserved;
  try {
    for (Prepared& prepared : fresh) {
      reserved.push_back(prepared.a_handle = dataplane_.reserve(prepared.config.a.local.port));
      reserved.push_back(prepared.b_handle = dataplane_.reserve(prepared.config.b.local.port));
    }
  } catch (...) {
    for (const StreamHandle& handle : reserved) dataplane_.release(handle);
    throw;
  }
}

StaticStreams::Rekey StaticStreams::prepare_rekey(const StreamConfig& config) {
  return {context(config.a.suite, config.a.receive_key), context(config.a.suite, config.a.send_key),
          context(config.b.suite, config.b.receive_key), context(config.b.suite, config.b.send_key)};
}

std::unique_ptr<crypto::Context> StaticStreams::context(const crypto::Suite* suite, const crypto::MasterKey& key) {
  if (suite == nullptr) return nullptr;
  return std::make_unique<crypto::Context>(engine_, *suite, key, kReceivedSsrcs);
}

std::size_t StaticStreams::slot_of(const drivers::IpAddress& address) const {
  const auto& addresses = dataplane_.addresses();
  const auto found = std::find_if(addresses.begin(), addresses.end(),
                                  [&](const dataplane::LocalAddress& local) { return local.address == address; });
  if (found == addresses.end()) throw SetupError("no port has the address " + address.to_string());
  return static_cast<std::size_t>(found - addresses.begin());
}

std::unique_ptr<dataplane::Stream> StaticStreams::build(const StreamConfig& config, const StreamSideConfig& side) {
  auto stream = std::make_unique<dataplane::Stream>();
  const std::size_t slot = slot_of(side.local.address);
  stream->rx = context(side.suite, side.receive_key);
  stream->tx = context(side.suite, side.send_key);
  stream->rtcp = side.rtcp;
  stream->source_check = side.source_check;
  stream->dscp = side.dscp ? static_cast<std::int8_t>(*side.dscp) : dataplane::kKeepDscp;
  stream->address_slot = static_cast<std::uint16_t>(slot);
  stream->local_port = side.local.port;
  stream->egress_port = dataplane_.addresses()[slot].port;
  stream->header = dataplane::EgressHeader(udp(side.local), udp(side.remote));
  stream->clock = clock_for(side);
  stream->remote = udp(side.remote);
  stream->units_per_tick = config.clock_rate / dataplane_.clock().hz();
  stream->media_timeout = dataplane_.clock().ticks(config.media_timeout);
  return stream;
}

void StaticStreams::install(Prepared& prepared) {
  StaticStream& stream = streams_.emplace_back();
  stream.config = std::move(prepared.config);
  stream.a.handle = prepared.a_handle;
  stream.b.handle = prepared.b_handle;
  prepared.a->sink = {stream.b.handle.worker, stream.b.handle.stream};
  prepared.b->sink = {stream.a.handle.worker, stream.a.handle.stream};
  stream.a.view = dataplane_.add(stream.a.handle, std::move(prepared.a));
  stream.b.view = dataplane_.add(stream.b.handle, std::move(prepared.b));
  watch(stream.a, stream.config.a);
  watch(stream.b, stream.config.b);
}

void StaticStreams::watch(StreamSide& side, const StreamSideConfig& config) {
  const std::size_t port = dataplane_.addresses()[slot_of(config.local.address)].port;
  auto told = [this, &side, port](std::optional<drivers::MacAddress> mac) {
    if (side.next_hop == mac) return;
    side.next_hop = mac;
    dataplane_.set_next_hop(side.handle, dataplane_.ports()[port].port->mac(), mac);
  };
  watches_.emplace_back(side.handle, watch_(port, config.remote.address, std::move(told)));
}

void StaticStreams::remove(StaticStream& stream) {
  for (const StreamSide* side : {&stream.a, &stream.b}) {
    std::erase_if(watches_, [&](const auto& entry) { return entry.first == side->handle; });
    dataplane_.remove(side->handle);
  }
}

void StaticStreams::rekey(StaticStream& stream, StreamConfig wanted, Rekey keys) {
  rekey_side(stream.a, stream.config.a, wanted.a, std::move(keys.a_receive), std::move(keys.a_send),
             wanted.rekey_grace);
  rekey_side(stream.b, stream.config.b, wanted.b, std::move(keys.b_receive), std::move(keys.b_send),
             wanted.rekey_grace);
  stream.config = std::move(wanted);
}

/// Only the directions whose key differs: an unchanged key must keep what it remembers.
void StaticStreams::rekey_side(const StreamSide& side, const StreamSideConfig& now, const StreamSideConfig& wanted,
                               std::unique_ptr<crypto::Context> receive, std::unique_ptr<crypto::Context> send,
                               std::chrono::milliseconds grace) {
  const auto differs = [](const crypto::MasterKey& a, const crypto::MasterKey& b) {
    return !a.key.equals(b.key) || !a.salt.equals(b.salt);
  };
  if (receive != nullptr && differs(now.receive_key, wanted.receive_key)) {
    dataplane_.rekey_receive(side.handle, std::move(receive), grace);
  }
  if (send != nullptr && differs(now.send_key, wanted.send_key)) dataplane_.rekey_send(side.handle, std::move(send));
}

template <typename Found>
void StaticStreams::with_side(StreamHandle handle, Found&& found) {
  for (StaticStream& stream : streams_) {
    if (stream.a.handle == handle) found(stream, stream.a, "a");
    if (stream.b.handle == handle) found(stream, stream.b, "b");
  }
}

void StaticStreams::media_lost(StreamHandle handle) {
  with_side(handle, [](const StaticStream& stream, StreamSide& side, const char* name) {
    side.silent = true;
    spdlog::warn("stream {}: no media on side {} for {} s", stream.config.name, name,
                 stream.config.media_timeout.count());
  });
}

void StaticStreams::media_resumed(StreamHandle handle) {
  with_side(handle, [](const StaticStream& stream, StreamSide& side, const char* name) {
    side.silent = false;
    spdlog::info("stream {}: media on side {} again", stream.config.name, name);
  });
}

void StaticStreams::refused(StreamHandle handle) {
  with_side(handle, [](const StaticStream& stream, StreamSide& side, const char* name) {
    side.view = nullptr;
    spdlog::error("stream {}: side {} could not be installed, its port is in use", stream.config.name, name);
  });
}

}  // namespace sallyport::controlplane
