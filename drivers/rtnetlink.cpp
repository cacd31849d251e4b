#include "drivers/rtnetlink.hpp"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "crypto/error.hpp"
#include "drivers/linux_interface.hpp"

namespace sallyport::drivers {
namespace {

/// One request: netlink header, body of type Body, attributes.
template <class Body>
class Request {
 public:
  Request(std::uint16_t type, std::uint16_t flags, const Body& body) : bytes_(NLMSG_LENGTH(sizeof(Body))) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    std::memcpy(bytes_.data(), &header, sizeof header);
    std::memcpy(bytes_.data() + NLMSG_HDRLEN, &body, sizeof body);
  }
  Request& add(std::uint16_t type, const void* value, std::size_t length) {
    const std::size_t start = NLMSG_ALIGN(bytes_.size());
    rtattr attribute{};
    attribute.rta_type = type;
    attribute.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(length));
    bytes_.resize(start + RTA_SPACE(length));
    std::memcpy(bytes_.data() + start, &attribute, sizeof attribute);
    std::memcpy(bytes_.data() + start + RTA_LENGTH(0), value, length);
    return *this;
  }
  Request& add(std::uint16_t type, std::uint32_t value) { return add(type, &value, sizeof value); }
  Request& add(std::uint16_t type, const IpAddress& value) { return add(type, value.bytes.data(), value.length()); }

  /// Sends it and waits for the kernel's verdict: 0 or an errno.
  int run(int socket) {
    const auto length = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data(), &length, sizeof length);  // nlmsg_len is the header's first field
    if (send(socket, bytes_.data(), bytes_.size(), 0) < 0) return errno;
    std::array<char, 8192> answer;
    ssize_t received;
    do {
      received = recv(socket, answer.data(), answer.size(), 0);
    } while (received < 0 && errno == EINTR);  // the TAP driver has a signal sent for every frame
    if (received < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr)))) return received < 0 ? errno : EPROTO;
    nlmsgerr verdict;
    std::memcpy(&verdict, answer.data() + NLMSG_HDRLEN, sizeof verdict);
    return -verdict.error;
  }

 private:
  std::vector<char> bytes_;
};

void require(int error, const std::string& what) {
  if (error != 0) throw SetupError("cannot " + what + ": " + std::strerror(error));
}

std::uint8_t family(const IpAddress& address) { return address.v6 ? AF_INET6 : AF_INET; }

}  // namespace

Rtnetlink::Rtnetlink() : socket_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {
  if (!socket_) throw SetupError(std::string("cannot speak netlink to the kernel: ") + std::strerror(errno));
  const timeval patience{2, 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

void Rtnetlink::set_up(const std::string& interface, std::uint16_t mtu) {
  ifinfomsg body{};
  body.ifi_index = static_cast<int>(interface_index(interface));
  body.ifi_flags = IFF_UP;
  body.ifi_change = IFF_UP;
  require(Request(RTM_NEWLINK, 0, body).add(IFLA_MTU, mtu).run(socket_.get()),
          "bring interface '" + interface + "' up with MTU " + std::to_string(mtu));
}

void Rtnetlink::add_address(const std::string& interface, const IpPrefix& prefix) {
  ifaddrmsg body{};
  body.ifa_family = family(prefix.address);
  body.ifa_prefixlen = prefix.length;
  body.ifa_index = interface_index(interface);
  if (prefix.address.v6) body.ifa_flags = IFA_F_NODAD;
  Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, body);
  request.add(IFA_LOCAL, prefix.address).add(IFA_ADDRESS, prefix.address);
  require(request.run(socket_.get()), "give interface '" + interface + "' the address " + prefix.to_string());
}

bool Rtnetlink::add_default_route(const std::string& interface, const IpAddress& gateway, unsigned metric) {
  rtmsg body{};
  body.rtm_family = family(gateway);
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_protocol = RTPROT_STATIC;
  body.rtm_scope = RT_SCOPE_UNIVERSE;
  body.rtm_type = RTN_UNICAST;
  Request request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, body);
  request.add(RTA_GATEWAY, gateway).add(RTA_OIF, interface_index(interface)).add(RTA_PRIORITY, metric);
  const int error = request.run(socket_.get());
  if (error == EEXIST) return false;
  require(error, "route through gateway " + gateway.to_string() + " on '" + interface + "'");
  return true;
}

}  // namespace sallyport::drivers
