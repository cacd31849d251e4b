// The far end by the model of the RFCs.
#include <stdexcept>

#include "tests/cross/model/parties.hpp"
#include "tests/scenario/party_ends.hpp"

namespace sallyport::scenario {
namespace {

model::Session session_of(const Key& key) {
  model::Session session;
  session.suite = model::suite_named(key.suite->name);
  session.unencrypted_srtp = key.parameters.unencrypted_srtp;
  session.unencrypted_srtcp = key.parameters.unencrypted_srtcp;
  session.unauthenticated_srtp = key.parameters.unauthenticated_srtp;
  session.key_derivation_rate = key.parameters.key_derivation_rate;
  session.srtp_window = key.parameters.replay_window;
  session.accept_unencrypted_srtcp = key.parameters.accept_unencrypted_srtcp;
  return session;
}

std::vector<model::MasterKey> keys_of(const Key& key) {
  std::vector<model::MasterKey> keys;
  for (const Master& master : key.all()) {
    const auto salt = master.bytes.begin() + key.suite->key_len;
    const auto mki = master.mki.bytes();
    // Lifetimes are the gateway's to keep.
    keys.push_back({{master.bytes.begin(), salt}, {salt, master.bytes.end()}, {mki.begin(), mki.end()}, 0});
  }
  return keys;
}

model::Kind kind_of(bool rtcp) { return rtcp ? model::Kind::kRtcp : model::Kind::kRtp; }

class ModelSending final : public SendingEnd {
 public:
  explicit ModelSending(const Key& key) : sender_(session_of(key), keys_of(key)) {}
  Bytes protect(const Bytes& clear, bool rtcp) override {
    auto wire = sender_.protect(kind_of(rtcp), clear);
    if (!wire) throw std::runtime_error("the model refuses to protect");
    return std::move(*wire);
  }
  void use_key(std::size_t slot) override { sender_.use_key(slot); }

 private:
  model::Sender sender_;
};

class ModelReceiving final : public ReceivingEnd {
 public:
  explicit ModelReceiving(const Key& key) : receiver_(session_of(key), keys_of(key)) {}
  std::optional<Bytes> unprotect(const Bytes& wire, bool rtcp) override {
    model::Received got = receiver_.receive(kind_of(rtcp), wire);
    if (got.verdict != model::Verdict::kAccepted) return std::nullopt;
    return std::move(got.packet);
  }

 private:
  model::Receiver receiver_;
};

}  // namespace

std::unique_ptr<SendingEnd> model_sending(const Key& key) { return std::make_unique<ModelSending>(key); }
std::unique_ptr<ReceivingEnd> model_receiving(const Key& key) { return std::make_unique<ModelReceiving>(key); }

}  // namespace sallyport::scenario
