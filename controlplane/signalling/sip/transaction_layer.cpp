#include "controlplane/signalling/sip/transaction_layer.hpp"

#include <vector>

#include "controlplane/signalling/sip/header_values.hpp"
#include "controlplane/signalling/sip/random_token.hpp"
#include "controlplane/signalling/sip/reply_endpoint.hpp"

namespace sallyport::controlplane::sip {
namespace {

constexpr std::string_view kMagicCookie = "z9hG4bK";

/// Which peer a message is of: its connection, or for datagrams its address, since a NAT may change the port.
std::string peer_of(const Flow& flow) {
  std::string peer = std::to_string(flow.id);
  if (!flow.reliable()) peer.append(" ").append(flow.remote.address.to_string());
  return peer;
}

/// RFC 3261 17.2.3. Without the magic cookie (or with nothing behind it, RFC 4475 3.2.1) the branch says nothing,
/// and the older rule holds.
std::string server_key(const Flow& flow, const Message& message, std::string_view method) {
  const auto via = Via::parse(message.value("Via"));
  std::string key = peer_of(flow);
  key.append(" ").append(method).append(" ").append(via->sent_by()).append(" ");
  const std::string_view branch = via->branch();
  if (branch.starts_with(kMagicCookie) && branch.size() > kMagicCookie.size()) return key.append(branch);
  const auto from = NameAddress::parse(message.value("From"));
  const auto cseq = CSeq::parse(message.value("CSeq"));
  return key.append(message.uri())
      .append(" ")
      .append(from ? from->tag() : std::string_view{})
      .append(" ")
      .append(message.value("Call-ID"))
      .append(" ")
      .append(std::to_string(cseq ? cseq->number : 0));
}

/// Branches of ours are unguessable, so that a datagram need not come from where the request went. Our CANCEL has the
/// INVITE's branch.
std::string client_key(const Flow& flow, std::string_view branch) {
  return std::to_string(flow.id).append(" ").append(branch);
}

}  // namespace

TransactionLayer::TransactionLayer(TimerQueue& timers, TransactionTimes times, Send send, User user,
                                   std::size_t max_server)
    : timers_(timers), times_(times), send_(std::move(send)), user_(std::move(user)), max_server_(max_server) {}

TransactionLayer::~TransactionLayer() {
  for (auto& [key, server] : servers_) server->forget_timers();
  for (auto& [key, client] : clients_) {
    timers_.cancel(client->repeat_timer_);
    timers_.cancel(client->end_timer_);
  }
}

void TransactionLayer::received(const Flow& flow, Message message) {
  if (message.is_request()) {
    request_received(flow, std::move(message));
  } else {
    response_received(flow, message);
  }
}

void TransactionLayer::request_received(const Flow& flow, Message message) {
  const std::string method(message.method());
  if (method == "ACK") {
    const auto found = servers_.find(server_key(flow, message, "INVITE"));
    if (found == servers_.end() || found->second->success_) return user_.ack(flow, message);
    const auto server = found->second;
    return server->got_ack();
  }
  std::string key = server_key(flow, message, method);
  if (const auto found = servers_.find(key); found != servers_.end()) {
    ++counters_.retransmissions;
    return found->second->again();
  }
  if (user_.admit && !cancels(flow, message)) {
    const Admission admission = user_.admit(flow, message);
    if (admission == Admission::kBusy) refuse(flow, message);
    if (admission != Admission::kServed) return;
  }
  ++counters_.requests;
  if (servers_.size() >= room_for(message)) {
    ++counters_.overload;
    if (user_.full) user_.full(flow);
    return refuse(flow, message);
  }
  if (method == "CANCEL") return cancel_received(flow, std::move(key), std::move(message));
  const auto server = make_server(flow, std::move(key), std::move(message));
  user_.request(server);
}

/// Without state: an ACK of it is nobody's, and the request again is a new one. (RFC 3261 21.5.4)
void TransactionLayer::refuse(const Flow& flow, const Message& request) {
  Message busy = Message::reply(request, 503, random_token(8));
  busy.add("Retry-After", retry_after());
  send_(flow, reply_endpoint(flow, request).value_or(flow.remote), busy.to_text());
}

/// Whether it is the CANCEL of an INVITE that is there.
bool TransactionLayer::cancels(const Flow& flow, const Message& request) const {
  return request.method() == "CANCEL" && servers_.contains(server_key(flow, request, "INVITE"));
}

/// Calls that are up keep a share of their own, so that a flood of new ones does not keep anybody from hanging up.
std::size_t TransactionLayer::room_for(const Message& request) const {
  const auto to = NameAddress::parse(request.value("To"));
  const bool new_call = request.method() != "CANCEL" && (!to || to->tag().empty());
  return new_call ? max_server_ : max_server_ + max_server_ / 4 + 1;
}

std::shared_ptr<ServerTransaction> TransactionLayer::make_server(const Flow& flow, std::string key, Message message) {
  const Endpoint to = reply_endpoint(flow, message).value_or(flow.remote);
  const auto address = NameAddress::parse(message.value("To"));
  std::string tag(address ? address->tag() : std::string_view{});
  if (tag.empty()) tag = random_token(8);
  std::shared_ptr<ServerTransaction> server(
      new ServerTransaction(*this, std::move(key), flow, to, std::move(message), std::move(tag)));
  add(server);
  return server;
}

/// RFC 3261 9.2. The answer to CANCEL has the same To tag as that to its INVITE.
void TransactionLayer::cancel_received(const Flow& flow, std::string key, Message message) {
  const auto found = servers_.find(server_key(flow, message, "INVITE"));
  const std::shared_ptr<ServerTransaction> invite = found == servers_.end() ? nullptr : found->second;
  const auto cancel = make_server(flow, std::move(key), std::move(message));
  if (invite == nullptr) {
    ++counters_.stray_cancels;
    return cancel->respond(481);
  }
  cancel->to_tag_ = invite->to_tag_;
  cancel->respond(200);
  invite->cancel();
}

void TransactionLayer::response_received(const Flow& flow, const Message& message) {
  // More Vias than ours: it is a proxy's that we are not (RFC 3261 8.1.3.3).
  const auto via = message.all("Via").size() == 1 ? Via::parse(message.value("Via")) : std::nullopt;
  std::string key = client_key(flow, via ? via->branch() : std::string_view{});
  if (message.method() == "CANCEL") key.append(" CANCEL");
  const auto found = clients_.find(key);
  if (found == clients_.end() || found->second->request_.method() != message.method()) {
    ++counters_.stray_responses;
    return;
  }
  const auto client = found->second;
  client->received(message);
}

std::shared_ptr<ClientTransaction> TransactionLayer::request(const Flow& flow, const Endpoint& to,
                                                             const std::string& sent_by, Message request,
                                                             ClientTransaction::Events events) {
  const std::string branch = new_branch();
  std::string via = "SIP/2.0/";
  request.prepend(
      "Via",
      via.append(name_of(flow.kind)).append(" ").append(sent_by).append(";branch=").append(branch).append(";rport"));
  const std::string key = client_key(flow, branch);
  std::shared_ptr<ClientTransaction> client(
      new ClientTransaction(*this, key, flow, to, std::move(request), std::move(events)));
  add(client);
  client->start();
  return client;
}

bool TransactionLayer::send_alone(const Flow& flow, const Endpoint& to, const std::string& sent_by, Message request) {
  std::string via = "SIP/2.0/";
  request.prepend(
      "Via", via.append(name_of(flow.kind)).append(" ").append(sent_by).append(";branch=") + new_branch() + ";rport");
  return send_(flow, to, request.to_text());
}

void TransactionLayer::add(const std::shared_ptr<ServerTransaction>& transaction) {
  servers_.emplace(transaction->key_, transaction);
  if (transaction->flow_.reliable()) carried_[transaction->flow_.id].servers.insert(transaction.get());
}

void TransactionLayer::add(const std::shared_ptr<ClientTransaction>& transaction) {
  clients_.emplace(transaction->key_, transaction);
  if (transaction->flow_.reliable()) carried_[transaction->flow_.id].clients.insert(transaction.get());
}

void TransactionLayer::remove(ServerTransaction& transaction) {
  if (const auto found = carried_.find(transaction.flow_.id); found != carried_.end()) {
    found->second.servers.erase(&transaction);
    if (found->second.servers.empty() && found->second.clients.empty()) carried_.erase(found);
  }
  const auto known = servers_.find(transaction.key_);
  if (known != servers_.end() && known->second.get() == &transaction) servers_.erase(known);
}

void TransactionLayer::remove(ClientTransaction& transaction) {
  if (const auto found = carried_.find(transaction.flow_.id); found != carried_.end()) {
    found->second.clients.erase(&transaction);
    if (found->second.servers.empty() && found->second.clients.empty()) carried_.erase(found);
  }
  const auto known = clients_.find(transaction.key_);
  if (known != clients_.end() && known->second.get() == &transaction) clients_.erase(known);
}

void TransactionLayer::closed(FlowId id) {
  const auto found = carried_.find(id);
  if (found == carried_.end()) return;
  std::vector<std::shared_ptr<ClientTransaction>> clients;
  for (ClientTransaction* client : found->second.clients) clients.push_back(client->shared_from_this());
  std::vector<std::shared_ptr<ServerTransaction>> servers;
  for (ServerTransaction* server : found->second.servers) servers.push_back(server->shared_from_this());
  for (const auto& client : clients) client->fail(ClientTransaction::Failure::kTransport);
  for (const auto& server : servers) server->flow_closed();
}

}  // namespace sallyport::controlplane::sip
