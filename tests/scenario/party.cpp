#include "tests/scenario/party.hpp"

#include <algorithm>
#include <stdexcept>

#include "tests/scenario/party_ends.hpp"

namespace sallyport::scenario {
namespace {

Bytes make_master(const crypto::Suite& suite, std::uint8_t number) {
  Bytes bytes;
  for (std::size_t i = 0; i < suite.master_len(); ++i) bytes.push_back(static_cast<std::uint8_t>(number * 37 + i * 11));
  return bytes;
}

}  // namespace

Key Key::with(crypto::SessionParameters changed) const {
  Key key = *this;
  key.parameters = changed;
  return key;
}

Key Key::with_mki(crypto::Mki changed) const {
  Key key = *this;
  key.mki = changed;
  return key;
}

Key Key::with_lifetime(std::uint64_t packets) const {
  Key key = *this;
  key.lifetime = packets;
  return key;
}

Key Key::with_another(std::uint8_t number, crypto::Mki mki_of_it) const {
  Key key = *this;
  key.more.push_back({make_master(*suite, number), mki_of_it, 0});
  return key;
}

std::vector<Master> Key::all() const {
  std::vector<Master> list{{master, mki, lifetime}};
  list.insert(list.end(), more.begin(), more.end());
  return list;
}

std::vector<crypto::MasterKeyEntry> Key::entries() const {
  std::vector<crypto::MasterKeyEntry> list;
  for (const Master& one : all()) {
    crypto::MasterKeyEntry& entry = list.emplace_back();
    std::copy_n(one.bytes.begin(), suite->key_len, entry.master.key.data());
    std::copy_n(one.bytes.begin() + suite->key_len, suite->salt_len, entry.master.salt.data());
    entry.mki = one.mki;
    entry.lifetime = one.lifetime;
  }
  return list;
}

std::size_t Key::overhead(bool rtcp) const {
  if (rtcp) return suite->rtcp_tag_len + 4U + mki.length();
  return (parameters.unauthenticated_srtp ? 0U : suite->rtp_tag_len) + mki.length();
}

bool Key::encrypts(bool rtcp) const {
  return suite->encrypts() && !(rtcp ? parameters.unencrypted_srtcp : parameters.unencrypted_srtp);
}

Key make_key(const std::string& name, std::uint8_t number) {
  const crypto::Suite* suite = crypto::find_suite(name);
  if (suite == nullptr) throw std::runtime_error("no suite " + name);
  return {.suite = suite, .master = make_master(*suite, number)};
}

Party::Party(const std::optional<Key>& send_key, const std::optional<Key>& receive_key) {
  if (send_key) sending_ = libsrtp_can(*send_key) ? libsrtp_sending(*send_key) : model_sending(*send_key);
  if (receive_key)
    receiving_ = libsrtp_can(*receive_key) ? libsrtp_receiving(*receive_key) : model_receiving(*receive_key);
}

Bytes Party::send(const Bytes& clear, bool rtcp) {
  return sending_ == nullptr ? clear : sending_->protect(clear, rtcp);
}

std::optional<Bytes> Party::receive(const Bytes& wire, bool rtcp) {
  if (receiving_ == nullptr) return wire;
  return receiving_->unprotect(wire, rtcp);
}

}  // namespace sallyport::scenario
