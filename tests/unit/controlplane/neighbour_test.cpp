// Next hops over netlink, against the kernel itself: two network namespaces with a veth between them. Needs root.
#include "controlplane/neighbour.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "controlplane/next_hop.hpp"
#include "temporary_folder.hpp"

namespace sallyport::controlplane {
namespace {

using drivers::IpAddress;
using drivers::MacAddress;
using namespace std::chrono_literals;

bool shell(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()) == 0; }

IpAddress ip(const char* text) { return IpAddress::parse(text).value(); }
const MacAddress kPeerMac = MacAddress::parse("02:00:00:00:00:02").value();

/// This thread in a network namespace of its own for as long as it lives, with interface "va" (10.0.0.1, 2001:db8::1)
/// towards a second namespace where "vb" has 10.0.0.2, 2001:db8::2 and kPeerMac.
class TwoNamespaces {
 public:
  TwoNamespaces() {
    home_ = drivers::FileDescriptor(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!home_ || ::unshare(CLONE_NEWNET) != 0) return;
    entered_ = true;
    int ready[2];
    if (::pipe(ready) != 0) return;
    peer_ = ::fork();
    if (peer_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const char done = ::unshare(CLONE_NEWNET) == 0 ? 1 : 0;
      if (::write(ready[1], &done, 1) == 1) ::pause();
      ::_exit(0);
    }
    char done = 0;
    good_ = ::read(ready[0], &done, 1) == 1 && done == 1 && set_up();
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~TwoNamespaces() {
    if (peer_ > 0) {
      ::kill(peer_, SIGKILL);
      ::waitpid(peer_, nullptr, 0);
    }
    if (entered_) ::setns(home_.get(), CLONE_NEWNET);
  }
  TwoNamespaces(const TwoNamespaces&) = delete;
  TwoNamespaces& operator=(const TwoNamespaces&) = delete;

  bool good() const { return good_; }
  bool at_peer(const std::string& command) const {
    return shell("nsenter -t " + std::to_string(peer_) + " -n " + command);
  }

 private:
  bool set_up() {
    const std::string pid = std::to_string(peer_);
    return shell("ip link set lo up && ip link add va type veth peer name vb address 02:00:00:00:00:02") &&
           shell("ip link set vb netns " + pid) && shell("ip link set va up && ip addr add 10.0.0.1/24 dev va") &&
           shell("ip addr add 2001:db8::1/64 dev va nodad") && at_peer("ip link set vb up") &&
           at_peer("ip addr add 10.0.0.2/24 dev vb") && at_peer("ip addr add 2001:db8::2/64 dev vb nodad") &&
           // One ARP request, answered or given up within a tenth of a second.
           shell("sysctl -w net.ipv4.neigh.va.mcast_solicit=1 net.ipv4.neigh.va.retrans_time_ms=100") &&
           shell("sysctl -w net.ipv4.neigh.va.delay_first_probe_time=1 net.ipv4.neigh.va.ucast_solicit=1");
  }

  drivers::FileDescriptor home_;
  pid_t peer_ = -1;
  bool entered_ = false;
  bool good_ = false;
};

/// What the callbacks of one watch said.
struct Heard {
  std::vector<std::optional<MacAddress>> all;
  NeighbourResolver::Callback callback() {
    return [this](std::optional<MacAddress> mac) { all.push_back(mac); };
  }
  bool last_is(const std::optional<MacAddress>& mac) const { return !all.empty() && all.back() == mac; }
};

class NeighbourTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to make network namespaces";
    namespaces_ = std::make_unique<TwoNamespaces>();
    if (!namespaces_->good()) GTEST_SKIP() << "network namespaces with a veth cannot be made here";
    resolver_ = std::make_unique<NeighbourResolver>(io_, NeighbourTiming{200ms, 1000ms, 20ms, 1 << 20});
  }

  template <class Condition>
  bool within(std::chrono::milliseconds time, Condition condition) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!condition() && std::chrono::steady_clock::now() < end) {
      io_.restart();
      io_.run_for(10ms);
    }
    return condition();
  }

  std::unique_ptr<TwoNamespaces> namespaces_;
  boost::asio::io_context io_;
  std::unique_ptr<NeighbourResolver> resolver_;
};

TEST_F(NeighbourTest, ResolvesOnLinkIpv4AndIpv6) {
  Heard v4;
  Heard v6;
  resolver_->watch("va", ip("10.0.0.2"), {}, v4.callback());
  resolver_->watch("va", ip("2001:db8::2"), {}, v6.callback());
  EXPECT_TRUE(within(3s, [&] { return v4.last_is(kPeerMac) && v6.last_is(kPeerMac); }));
  EXPECT_EQ(v4.all.size(), 1U);
  EXPECT_EQ(v6.all.size(), 1U);
}

TEST_F(NeighbourTest, KnowsWhatWasReachableBefore) {
  ASSERT_TRUE(shell("ip neigh replace 10.0.0.77 lladdr 02:00:00:00:00:77 nud permanent dev va"));
  Heard heard;
  resolver_->watch("va", ip("10.0.0.77"), {}, heard.callback());
  EXPECT_TRUE(heard.last_is(MacAddress::parse("02:00:00:00:00:77"))) << "at once, for media that does not wait";
  EXPECT_FALSE(within(1500ms, [&] { return heard.all.size() > 1; }))
      << "a static entry stays, also when it is refreshed";
}

TEST_F(NeighbourTest, FollowsTheKernelsRouteToAGateway) {
  ASSERT_TRUE(shell("ip route add 10.9.0.0/16 via 10.0.0.2"));
  ASSERT_TRUE(shell("ip route add 2001:db8:9::/48 via 2001:db8::2"));
  Heard v4;
  Heard v6;
  resolver_->watch("va", ip("10.9.1.1"), {}, v4.callback());
  resolver_->watch("va", ip("2001:db8:9::1"), {}, v6.callback());
  EXPECT_TRUE(within(3s, [&] { return v4.last_is(kPeerMac) && v6.last_is(kPeerMac); }));
}

TEST_F(NeighbourTest, TakesAConfiguredGatewayWithoutARoute) {
  Heard heard;
  resolver_->watch("va", ip("172.16.0.1"), ip("10.0.0.2"), heard.callback());
  EXPECT_TRUE(within(3s, [&] { return heard.last_is(kPeerMac); }));
}

TEST_F(NeighbourTest, SaysWhereAnotherInterfaceWouldBeTaken) {
  ASSERT_TRUE(
      shell("ip link add other type veth peer name unused && ip link set unused up && ip link set other up && ip addr "
            "add 10.5.0.1/24 dev other"));
  Heard heard;
  resolver_->watch("va", ip("10.5.0.9"), {}, heard.callback());
  EXPECT_TRUE(within(1s, [&] { return heard.last_is(std::nullopt); }));
  ASSERT_TRUE(shell("ip route add 10.5.0.9/32 via 10.0.0.2 dev va"));
  EXPECT_TRUE(within(3s, [&] { return heard.last_is(kPeerMac); })) << "a change of routes is followed";
  ASSERT_TRUE(shell("ip route del 10.5.0.9/32"));
  EXPECT_TRUE(within(3s, [&] { return heard.last_is(std::nullopt); }));
}

TEST_F(NeighbourTest, TriesAgainUntilTheNeighbourAppears) {
  Heard heard;
  resolver_->watch("va", ip("10.0.0.3"), {}, heard.callback());
  EXPECT_TRUE(within(4s, [&] { return heard.last_is(std::nullopt); })) << "resolution fails";
  ASSERT_TRUE(namespaces_->at_peer("ip addr add 10.0.0.3/24 dev vb"));
  EXPECT_TRUE(within(4s, [&] { return heard.last_is(kPeerMac); }));
}

TEST_F(NeighbourTest, FollowsAChangeOfMacAddress) {
  Heard heard;
  resolver_->watch("va", ip("10.0.0.2"), {}, heard.callback());
  ASSERT_TRUE(within(3s, [&] { return heard.last_is(kPeerMac); }));
  ASSERT_TRUE(namespaces_->at_peer("ip link set vb address 02:00:00:00:00:99"));
  ASSERT_TRUE(shell("ip neigh flush dev va"));
  EXPECT_TRUE(within(5s, [&] { return heard.last_is(MacAddress::parse("02:00:00:00:00:99")); }));
}

TEST_F(NeighbourTest, KeepsAnEntryInUse) {
  Heard heard;
  resolver_->watch("va", ip("10.0.0.2"), {}, heard.callback());
  ASSERT_TRUE(within(3s, [&] { return heard.last_is(kPeerMac); }));
  ASSERT_TRUE(shell("ip neigh change 10.0.0.2 dev va nud stale"));
  NetlinkQueries queries;
  const unsigned interface = ::if_nametoindex("va");
  // Used at the next refresh: the kernel then probes it by itself, and it is reachable again.
  EXPECT_TRUE(
      within(6s, [&] { return (queries.neighbour(interface, ip("10.0.0.2")).value().state & NUD_REACHABLE) != 0; }));
  EXPECT_EQ(heard.all.size(), 1U);
}

TEST_F(NeighbourTest, AnInterfaceMayAppearLater) {
  Heard heard;
  resolver_->watch("late", ip("10.7.0.2"), {}, heard.callback());
  EXPECT_TRUE(within(1s, [&] { return heard.last_is(std::nullopt); }));
  ASSERT_TRUE(
      shell("ip link add late type veth peer name unused && ip link set unused up && ip link set late up && ip addr "
            "add 10.7.0.1/24 dev late"));
  ASSERT_TRUE(shell("ip neigh replace 10.7.0.2 lladdr 02:00:00:00:00:07 nud permanent dev late"));
  EXPECT_TRUE(within(3s, [&] { return heard.last_is(MacAddress::parse("02:00:00:00:00:07")); }));
  ASSERT_TRUE(shell("ip link del late"));
  EXPECT_TRUE(within(3s, [&] { return heard.last_is(std::nullopt); }));
}

TEST_F(NeighbourTest, CatchesUpAfterLostEvents) {
  const TemporaryFolder folder;
  boost::asio::io_context io;
  NeighbourResolver resolver(io, NeighbourTiming{10s, 60s, 20ms, 4096});
  ASSERT_TRUE(shell("ip neigh replace 10.0.0.50 lladdr 02:00:00:00:00:50 nud permanent dev va"));
  Heard heard;
  resolver.watch("va", ip("10.0.0.50"), {}, heard.callback());
  io.run_for(200ms);
  ASSERT_TRUE(heard.last_is(MacAddress::parse("02:00:00:00:00:50")));
  std::string batch;
  for (int i = 0; i < 500; ++i) {
    batch += "neigh replace 10.0.0." + std::to_string(100 + i % 100) +
             " lladdr 02:00:00:00:01:" + std::to_string(10 + i % 90) + " nud permanent dev va\n";
  }
  batch += "neigh replace 10.0.0.50 lladdr 02:00:00:00:00:51 nud permanent dev va\n";
  ASSERT_TRUE(shell("ip -batch " + folder.write("batch", batch)));
  io.restart();
  io.run_for(500ms);
  EXPECT_TRUE(heard.last_is(MacAddress::parse("02:00:00:00:00:51")));
}

TEST_F(NeighbourTest, ACancelledWatchIsSilent) {
  Heard heard;
  Heard other;
  const auto id = resolver_->watch("va", ip("10.0.0.2"), {}, heard.callback());
  resolver_->watch("va", ip("10.0.0.2"), {}, other.callback());
  resolver_->cancel(id);
  resolver_->cancel(id + 100);
  EXPECT_TRUE(within(3s, [&] { return other.last_is(kPeerMac); }));
  EXPECT_TRUE(heard.all.empty());
}

TEST_F(NeighbourTest, NothingComesAfterTheResolver) {
  Heard heard;
  resolver_->watch("va", ip("10.0.0.2"), {}, heard.callback());
  resolver_.reset();
  io_.run_for(300ms);
  EXPECT_TRUE(heard.all.empty());
}

TEST(NextHop, IsTheGatewayOnlyOffLink) {
  drivers::PortOptions port;
  port.addresses = {drivers::IpPrefix::parse("10.0.0.1/24").value(),
                    drivers::IpPrefix::parse("2001:db8::1/64").value()};
  EXPECT_EQ(next_hop(port, ip("10.0.0.9")), ip("10.0.0.9"));
  EXPECT_EQ(next_hop(port, ip("10.1.0.9")), std::nullopt);
  port.gateways = {ip("10.0.0.254"), ip("2001:db8::fe")};
  EXPECT_EQ(gateway_for(port, ip("10.0.0.9")), std::nullopt);
  EXPECT_EQ(gateway_for(port, ip("10.1.0.9")), ip("10.0.0.254"));
  EXPECT_EQ(next_hop(port, ip("2001:db8:1::9")), ip("2001:db8::fe"));
}

TEST(NetlinkMessage, DamagedBytesAreLeftOut) {
  NetlinkRequest request(RTM_GETNEIGH, 0, ndmsg{});
  request.add(NDA_DST, ip("10.0.0.1"));
  const Bytes whole = request.finish(7);
  int seen = 0;
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    for_each_message(whole.first(length), [&](const nlmsghdr& header, Bytes payload) {
      ++seen;
      EXPECT_EQ(header.nlmsg_seq, 7U);
      EXPECT_EQ(read_neighbour(payload).value().address, ip("10.0.0.1"));
    });
  }
  EXPECT_EQ(seen, 1);
  std::vector<std::uint8_t> damaged(whole.begin(), whole.end());
  for (std::size_t at = 0; at < damaged.size(); ++at) {
    for (const int value : {0, 1, 3, 255}) {
      const std::uint8_t kept = std::exchange(damaged[at], static_cast<std::uint8_t>(value));
      for_each_message(damaged, [](const nlmsghdr&, Bytes payload) {
        read_neighbour(payload);
        read_route(payload);
      });
      damaged[at] = kept;
    }
  }
}

}  // namespace
}  // namespace sallyport::controlplane
