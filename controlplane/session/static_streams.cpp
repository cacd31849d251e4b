#include "controlplane/session/static_streams.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "controlplane/config_compare.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

/// A receiving key remembers so many SSRCs; the party's own, plus what holds and restarts bring.
constexpr std::uint32_t kReceivedSsrcs = 16;

using Keys = std::vector<crypto::MasterKeyEntry>;

dataplane::UdpEndpoint udp(const Endpoint& endpoint) { return {endpoint.address, endpoint.port}; }

template <typename T>
T random_value() {
  T value;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&value), sizeof value) != 1) {
    throw SetupError("the system gives no random numbers (OpenSSL RAND_bytes failed)");
  }
  return value;
}

std::int8_t dscp_of(const StreamSideConfig& side) {
  return side.dscp ? static_cast<std::int8_t>(*side.dscp) : dataplane::kKeepDscp;
}

/// SHA-256 of master key and salt, to know a key again without keeping it.
crypto::SecretBytes<32> digest_of(const crypto::MasterKey& key) {
  crypto::SecretBytes<32 + 14> both;
  std::copy_n(key.key.data(), key.key.size(), both.data());
  std::copy_n(key.salt.data(), key.salt.size(), both.data() + key.key.size());
  crypto::SecretBytes<32> digest;
  if (EVP_Digest(both.data(), both.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    throw SetupError("SHA-256 cannot be computed (OpenSSL EVP_Digest failed)");
  }
  return digest;
}

/// An SRTP side gets SSRCs that nobody can foresee, so that neither a restart nor a looped capture meets the same key
/// with the same SSRC again (field 24, 25); a plain side is passed through.
dataplane::TxClock clock_for(const StreamSideConfig& side) {
  if (side.ssrc) return {dataplane::TxMode::kFixedSsrc, {.ssrc = *side.ssrc, .ssrc_stride = 1, .random = 0}};
  if (side.suite == nullptr) return {};
  const std::uint8_t rate = side.parameters.key_derivation_rate;
  return {dataplane::TxMode::kFreshSsrc,
          {.ssrc = random_value<std::uint32_t>(),
           .ssrc_stride = random_value<std::uint32_t>(),
           .random = random_value<std::uint64_t>(),
           .first_span = rate == 0 ? dataplane::kFirstSequenceSpan
                                   : std::min(dataplane::kFirstSequenceSpan, std::uint32_t{1} << rate)}};
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

/// The new keys of a stream; null where a direction has none, or keeps its own.
struct StaticStreams::Rekey {
  std::unique_ptr<crypto::Context> a_receive, a_send, b_receive, b_send;
};

StaticStreams::StaticStreams(DataplaneClient& dataplane, crypto::Engine& engine, WatchNextHop watch)
    : dataplane_(dataplane), engine_(engine), epochs_(engine), watch_(std::move(watch)) {}

StaticStreams::~StaticStreams() = default;

/// A stream that goes on with other keys or settings.
struct StaticStreams::Change {
  StaticStream* stream;
  StreamConfig wanted;
  std::optional<Rekey> keys;
};

/// What a reload will do; made before anything is done.
struct StaticStreams::Plan {
  std::vector<Prepared> fresh;
  std::vector<Change> changes;
  std::unordered_set<const StaticStream*> stays;
  StreamChanges counts;
};

StreamChanges StaticStreams::apply(std::vector<StreamConfig> wanted) {
  Plan planned = plan(std::move(wanted));
  reserve_ids(planned.fresh);
  for (auto stream = streams_.begin(); stream != streams_.end();) {
    if (planned.stays.contains(&*stream)) {
      ++stream;
    } else {
      remove(*stream);
      stream = streams_.erase(stream);
    }
  }
  for (Change& change : planned.changes) apply(change);
  for (Prepared& prepared : planned.fresh) install(prepared);
  return planned.counts;
}

StaticStreams::Plan StaticStreams::plan(std::vector<StreamConfig> wanted) {
  std::unordered_map<std::string_view, StaticStream*> present;
  for (StaticStream& stream : streams_) present.emplace(stream.config.name, &stream);
  Plan result;
  StreamChanges& counts = result.counts;
  for (StreamConfig& config : wanted) {
    const auto found = present.find(config.name);
    if (found == present.end() || !same_stream(found->second->config, config)) {
      ++(found == present.end() ? counts.added : counts.replaced);
      result.fresh.push_back(prepare(std::move(config)));
      continue;
    }
    StaticStream& stream = *found->second;
    result.stays.insert(&stream);
    const bool rekeyed = !same_keys(stream.config, config);
    const bool adjusted = !same_settings(stream.config, config);
    ++(rekeyed ? counts.rekeyed : counts.kept);
    if (adjusted) ++counts.adjusted;
    if (!rekeyed && !adjusted) continue;
    std::optional<Rekey> keys;
    if (rekeyed) {
      refuse_used_keys(stream, config);
      keys = prepare_rekey(stream, config);
    }
    result.changes.push_back({&stream, std::move(config), std::move(keys)});
  }
  counts.removed = static_cast<unsigned>(streams_.size()) - counts.kept - counts.rekeyed - counts.replaced;
  return result;
}

void StaticStreams::apply(Change& change) {
  StaticStream& stream = *change.stream;
  if (change.keys) rekey(stream, change.wanted, *change.keys);
  adjust(stream.a, change.wanted, stream.config.a, change.wanted.a);
  adjust(stream.b, change.wanted, stream.config.b, change.wanted.b);
  stream.config = std::move(change.wanted);
}

void StaticStreams::refuse_used_keys(const StaticStream& stream, const StreamConfig& wanted) {
  const auto refuse = [&](const char* key, const Keys& now, const Keys& next) {
    if (same_keys(now, next)) return;
    for (const crypto::MasterKeyEntry& entry : next) {
      const crypto::SecretBytes<32> digest = digest_of(entry.master);
      const auto had = [&](const crypto::SecretBytes<32>& used) { return used.equals(digest); };
      const auto has = [&](const crypto::MasterKeyEntry& present) { return same_key(present.master, entry.master); };
      if (std::none_of(stream.used_keys.begin(), stream.used_keys.end(), had) &&
          std::none_of(now.begin(), now.end(), has)) {
        continue;
      }
      throw SetupError("stream " + stream.config.name + ": " + key +
                       " is or has a key that the stream has had before, expected one that is new to it");
    }
  };
  refuse("a.send_key", stream.config.a.send_keys, wanted.a.send_keys);
  refuse("a.receive_key", stream.config.a.receive_keys, wanted.a.receive_keys);
  refuse("b.send_key", stream.config.b.send_keys, wanted.b.send_keys);
  refuse("b.receive_key", stream.config.b.receive_keys, wanted.b.receive_keys);
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

/// Only for directions whose keys differ: an unchanged key must keep what it remembers.
StaticStreams::Rekey StaticStreams::prepare_rekey(const StaticStream& stream, const StreamConfig& wanted) {
  const auto other_receive_keys = [&](const StreamSide& side, const StreamSideConfig& now,
                                      const StreamSideConfig& next) {
    return same_keys(now.receive_keys, next.receive_keys) ? nullptr : receiving(next, side.receiving.name);
  };
  const auto other_send_keys = [&](const StreamSide& side, const StreamSideConfig& now, const StreamSideConfig& next) {
    return same_keys(now.send_keys, next.send_keys) ? nullptr : sending(next, side.sending.name);
  };
  return {other_receive_keys(stream.a, stream.config.a, wanted.a), other_send_keys(stream.a, stream.config.a, wanted.a),
          other_receive_keys(stream.b, stream.config.b, wanted.b),
          other_send_keys(stream.b, stream.config.b, wanted.b)};
}

/// `first_index`: near the first packet's. `previous`: the key that it will follow, null where there is none.
std::unique_ptr<crypto::Context> StaticStreams::context(const StreamSideConfig& side, const Keys& keys,
                                                        std::uint64_t first_index, const crypto::Context* previous) {
  if (side.suite == nullptr) return nullptr;
  crypto::ContextOptions options{.max_ssrcs = kReceivedSsrcs, .parameters = side.parameters};
  if (side.parameters.key_derivation_rate != 0) options.rtp_epoch = first_index >> side.parameters.key_derivation_rate;
  epochs_.follow(previous, options);
  auto made = std::make_unique<crypto::Context>(engine_, *side.suite, keys, options);
  epochs_.remember(*made, keys.front().master, options);
  return made;
}

std::unique_ptr<crypto::Context> StaticStreams::receiving(const StreamSideConfig& side,
                                                          const crypto::Context* previous) {
  auto made = context(side, side.receive_keys, 0, previous);
  if (previous != nullptr) return made;  // goes on with the ROCs that the stream has reached
  for (const ReceiveRoc& known : side.receive_rocs) made->set_roc(known.ssrc, known.roc);
  return made;
}

std::unique_ptr<crypto::Context> StaticStreams::sending(const StreamSideConfig& side, const crypto::Context* previous) {
  auto made = context(side, side.send_keys, dataplane::kFirstSequenceLow, previous);
  if (made != nullptr) made->send_with(static_cast<std::uint8_t>(side.send_with - 1));
  return made;
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
  stream->rx = receiving(side, nullptr);
  stream->tx = sending(side, nullptr);
  stream->rtcp = side.rtcp;
  stream->source_check = side.source_check;
  stream->dscp = dscp_of(side);
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
  for (auto [side, built] : {std::pair{&stream.a, prepared.a.get()}, std::pair{&stream.b, prepared.b.get()}}) {
    side->receiving.name = built->rx.get();
    side->sending.name = built->tx.get();
  }
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

void StaticStreams::rekey(StaticStream& stream, const StreamConfig& wanted, Rekey& keys) {
  rekey_side(stream, stream.a, stream.config.a, std::move(keys.a_receive), std::move(keys.a_send), wanted.rekey_grace);
  rekey_side(stream, stream.b, stream.config.b, std::move(keys.b_receive), std::move(keys.b_send), wanted.rekey_grace);
}

void StaticStreams::rekey_side(StaticStream& stream, StreamSide& side, const StreamSideConfig& now,
                               std::unique_ptr<crypto::Context> receive, std::unique_ptr<crypto::Context> send,
                               std::chrono::milliseconds grace) {
  const auto retire = [&stream](const Keys& keys) {
    for (const crypto::MasterKeyEntry& entry : keys) stream.used_keys.push_back(digest_of(entry.master));
  };
  if (receive != nullptr) {
    retire(now.receive_keys);
    side.receiving = {.name = receive.get()};
    dataplane_.rekey_receive(side.handle, std::move(receive), grace);
  }
  if (send != nullptr) {
    retire(now.send_keys);
    side.sending = {.name = send.get()};
    dataplane_.rekey_send(side.handle, std::move(send));
  }
}

void StaticStreams::adjust(const StreamSide& side, const StreamConfig& wanted, const StreamSideConfig& now,
                           const StreamSideConfig& settings) {
  dataplane_.adjust(side.handle, {.stream = {},
                                  .source_check = settings.source_check,
                                  .dscp = dscp_of(settings),
                                  .units_per_tick = wanted.clock_rate / dataplane_.clock().hz(),
                                  .media_timeout = dataplane_.clock().ticks(wanted.media_timeout)});
  if (settings.send_with != now.send_with) {
    dataplane_.send_with(side.handle, static_cast<std::uint8_t>(settings.send_with - 1));
  }
  for (const ReceiveRoc& known : settings.receive_rocs) {
    const auto& before = now.receive_rocs;
    if (std::find(before.begin(), before.end(), known) != before.end()) continue;
    dataplane_.set_roc(side.handle, known.ssrc, known.roc);
  }
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

/// A static stream has no key of its own making: another one comes with a reload.
void StaticStreams::key_lifetime(StreamHandle handle, const dataplane::KeyLifetime& told) {
  with_side(handle, [&told](const StaticStream& stream, StreamSide& side, const char* name) {
    const bool sends = told.context == side.sending.name;
    if (!sends && told.context != side.receiving.name) return;  // one that a re-key has replaced meanwhile
    KeyStatus& status = sends ? side.sending : side.receiving;
    (told.over ? status.over : status.nearly_over) = true;
    const char* const which = sends ? "send_key" : "receive_key";
    if (told.over) {
      spdlog::error(
          "stream {}: key {} of {}.{} is at the end of its lifetime, its packets are dropped: reload with another",
          stream.config.name, told.slot + 1, name, which);
    } else {
      spdlog::warn("stream {}: key {} of {}.{} has used 90 % of its lifetime: reload with another in time",
                   stream.config.name, told.slot + 1, name, which);
    }
  });
}

void StaticStreams::epoch_due(StreamHandle handle, const dataplane::EpochDue& asked) {
  try {
    if (auto made = epochs_.make(asked)) dataplane_.install_epoch(handle, asked.context, std::move(made));
  } catch (const SetupError& error) {
    spdlog::error("session keys of an epoch cannot be made: {}", error.what());
  }
}

void StaticStreams::roc_refused(StreamHandle handle, std::uint32_t ssrc) {
  with_side(handle, [ssrc](const StaticStream& stream, const StreamSide&, const char* name) {
    spdlog::warn(
        "stream {}: {}.receive_roc comes too late for SSRC {:#010x}: it has been heard already, or there is no "
        "room for it",
        stream.config.name, name, ssrc);
  });
}

}  // namespace sallyport::controlplane
