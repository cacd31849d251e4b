#include "controlplane/admin/capture_command.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "controlplane/admin/control_client.hpp"
#include "controlplane/admin/interrupt.hpp"
#include "controlplane/admin/pcap_file.hpp"
#include "controlplane/admin/text_table.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

using nlohmann::json;

/// How often the gateway is asked for what has come, in seconds.
constexpr double kFetchAgain = 0.05;

struct Fetched {
  std::int64_t time;
  std::uint32_t length;
  std::vector<std::uint8_t> bytes;
};

std::vector<std::uint8_t> from_base64(const std::string& text) {
  std::vector<std::uint8_t> bytes(text.size() / 4 * 3);
  const int length =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (length < 0) throw SetupError("the gateway's answer is malformed: expected packets in base64");
  const auto padding = std::count(text.end() - std::min<std::ptrdiff_t>(2, std::ssize(text)), text.end(), '=');
  bytes.resize(static_cast<std::size_t>(length - padding));
  return bytes;
}

/// What a reply has brought, in the order of time: it comes from several workers.
std::vector<Fetched> packets_of(const json& reply) {
  std::vector<Fetched> packets;
  for (const json& packet : reply.at("packets")) {
    packets.push_back({packet.at(0).get<std::int64_t>(), packet.at(1).get<std::uint32_t>(),
                       from_base64(packet.at(2).get<std::string>())});
  }
  std::ranges::stable_sort(packets, {}, &Fetched::time);
  return packets;
}

/// The capture, once begun; the file is the caller's.
class Session {
 public:
  Session(ControlClient& client, const CaptureOrder& order) : client_(client) {
    id_ = client_
              .demand({{"command", "capture_start"},
                       {"of", order.of},
                       {"side", order.side},
                       {"packets", order.packets},
                       {"seconds", order.seconds}})
              .at("id");
  }

  /// The last reply: why it ended, and what was lost.
  json write_to(PcapFile& file) {
    for (json reply = json::object();;) {
      if (!reply.value("more", false) && interrupted_within(kFetchAgain)) ask("capture_stop");
      reply = ask("capture_read");
      for (const Fetched& packet : packets_of(reply)) {
        file.add(packet.time, packet.length, packet.bytes);
        ++written_;
      }
      file.flush();
      if (reply.value("done", false)) return reply;
    }
  }
  std::uint64_t written() const noexcept { return written_; }

 private:
  json ask(const char* command) { return client_.demand({{"command", command}, {"id", id_}}); }

  ControlClient& client_;
  std::uint64_t id_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace

int run_capture(const CaptureOrder& order) {
  ControlClient client(order.socket);
  PcapFile file(order.file);  // before anything is captured that could not be written
  std::optional<Session> session;
  try {
    session.emplace(client, order);
  } catch (...) {
    file.remove();
    throw;
  }
  const json last = session->write_to(file);
  const auto lost = last.value("lost", std::uint64_t{0});
  std::cout << grouped(session->written()) << (session->written() == 1 ? " packet" : " packets") << " in " << order.file
            << "; " << last.value("ended", "-");
  if (lost != 0) std::cout << "; " << grouped(lost) << " more were lost for want of room";
  std::cout << '\n';
  return 0;
}

}  // namespace sallyport::controlplane
