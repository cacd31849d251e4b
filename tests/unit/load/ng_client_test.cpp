// Questions over ng, to a gateway of the test's on the loopback interface, which answers well, badly, twice or not.
#include "perf/load/ng_client.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <functional>
#include <thread>

#include "perf/load/ng_calls.hpp"
#include "perf/load/udp_socket.hpp"

namespace sallyport::load {
namespace {

using Answers = std::vector<std::string>;
/// What to answer to the n-th datagram of a cookie and a dictionary.
using Behaviour = std::function<Answers(unsigned number, const std::string& cookie, const Bencode& request)>;

/// A thread that answers on a port of its own until it goes.
class FakeGateway {
 public:
  explicit FakeGateway(Behaviour behaviour)
      : behaviour_(std::move(behaviour)), socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof own;
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&own), length), 0);
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&own), &length), 0);
    endpoint_ = *Endpoint::parse("127.0.0.1:" + std::to_string(ntohs(own.sin_port)));
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }

  const Endpoint& endpoint() const { return endpoint_; }
  /// Every datagram that came; ask only when no more can come.
  const std::vector<Bencode>& requests() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    return requests_;
  }

 private:
  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd waited{socket_.get(), POLLIN, 0};
      if (::poll(&waited, 1, 20) <= 0) continue;
      std::string datagram(65536, '\0');
      sockaddr_storage from{};
      socklen_t from_length = sizeof from;
      const ssize_t length = ::recvfrom(socket_.get(), datagram.data(), datagram.size(), 0,
                                        reinterpret_cast<sockaddr*>(&from), &from_length);
      datagram.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
      const std::size_t blank = datagram.find(' ');
      ASSERT_NE(blank, std::string::npos);
      auto request = Bencode::parse(std::string_view(datagram).substr(blank + 1));
      ASSERT_TRUE(request);
      const auto number = static_cast<unsigned>(requests_.size());
      for (const std::string& answer : behaviour_(number, datagram.substr(0, blank), *request)) {
        ::sendto(socket_.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), from_length);
      }
      requests_.push_back(std::move(*request));
    }
  }

  Behaviour behaviour_;
  drivers::FileDescriptor socket_;
  Endpoint endpoint_;
  std::vector<Bencode> requests_;
  std::jthread thread_;
};

constexpr std::chrono::milliseconds kPatient(10'000);
constexpr std::chrono::milliseconds kImpatient(50);
const std::string kPong = " d6:result4:ponge";

std::string refusal(const FakeGateway& gateway, std::chrono::milliseconds patience) {
  try {
    NgClient(gateway.endpoint(), patience).ask({{"command", "ping"}});
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(NgClient, TakesTheAnswerToItsOwnQuestion) {
  FakeGateway gateway([](unsigned, const std::string& cookie, const Bencode&) {
    return Answers{"other" + kPong, "", cookie + " d6:result2:ok3:sdp3:v=0e"};
  });
  const Bencode answer = NgClient(gateway.endpoint(), kPatient).ask({{"command", "ping"}});
  EXPECT_EQ(answer.text_of("sdp"), "v=0");
  ASSERT_EQ(gateway.requests().size(), 1U);
  EXPECT_EQ(gateway.requests()[0].text_of("command"), "ping");
}

TEST(NgClient, RepeatsTheSameQuestionUntilThereIsAnAnswer) {
  std::vector<std::string> cookies;
  FakeGateway gateway([&cookies](unsigned number, const std::string& cookie, const Bencode&) {
    cookies.push_back(cookie);
    return number < 2 ? Answers{} : Answers{cookie + kPong};
  });
  EXPECT_EQ(NgClient(gateway.endpoint(), std::chrono::milliseconds(600)).ask({{"command", "ping"}}).text_of("result"),
            "pong");
  ASSERT_GE(gateway.requests().size(), 3U);
  EXPECT_EQ(cookies[0], cookies[1]);
  EXPECT_EQ(cookies[0], cookies[2]);
}

TEST(NgClient, GivesUpOnASilentGateway) {
  FakeGateway gateway([](unsigned, const std::string&, const Bencode&) { return Answers{}; });
  EXPECT_NE(refusal(gateway, kImpatient).find("does not answer"), std::string::npos);
}

TEST(NgClient, SaysAtOnceThatNobodyListens) {
  const auto nobody = *Endpoint::parse("127.0.0.1:9");
  EXPECT_THROW(NgClient(nobody, kPatient).ask({{"command", "ping"}}), UsageError);
}

TEST(NgClient, TellsTheGatewaysReason) {
  FakeGateway gateway([](unsigned, const std::string& cookie, const Bencode&) {
    return Answers{cookie + " d6:result5:error12:error-reason12:Unknown calle"};
  });
  EXPECT_NE(refusal(gateway, kPatient).find("refused: Unknown call"), std::string::npos);
}

TEST(NgClient, RefusesAnswersThatAreNone) {
  for (const char* answer : {"", " ", " d", " d6:result4:pong", " 4:pong", " d3:sdp3:v=0e", " d6:resulti1ee"}) {
    FakeGateway gateway(
        [answer](unsigned, const std::string& cookie, const Bencode&) { return Answers{cookie + answer}; });
    EXPECT_NE(refusal(gateway, kPatient), "accepted") << answer;
  }
}

/// A gateway whose streams all have one address, and that refuses the third offer.
Answers sdp_answers(unsigned offers, const std::string& cookie, const Bencode& request) {
  const std::string command(request.text_of("command"));
  if (command == "delete") return {cookie + " d6:result2:oke"};
  if (command == "offer" && offers == 3) return {cookie + " d6:result5:error12:error-reason4:fulle"};
  const std::string sdp = command == "answer" ? "v=0\nc=IN IP4 192.0.2.1\nm=audio 20000 RTP/AVP 0\n"
                                              : "v=0\nc=IN IP4 192.0.2.1\nm=audio 20002 RTP/SAVP 0\n"
                                                "a=crypto:5 AEAD_AES_128_GCM inline:" +
                                                    std::string(38, 'A') + "\n";
  return {cookie + " d3:sdp" + std::to_string(sdp.size()) + ":" + sdp + "6:result2:oke"};
}

LoadOptions calls_options(const FakeGateway& gateway, const std::string& streams) {
  return *parse_options({"--gateway", "rtpengine=" + gateway.endpoint().to_string(), "--from", "192.0.2.2:30000",
                         "--sink", "192.0.2.2:40000", "--sink-suite", "AEAD_AES_128_GCM", "--streams", streams});
}

TEST(NgCalls, EndpointsAndKeysComeFromTheGateway) {
  FakeGateway gateway(
      [](unsigned, const std::string& cookie, const Bencode& request) { return sdp_answers(0, cookie, request); });
  const LoadOptions options = calls_options(gateway, "2");
  std::vector<StreamPlan> plan = plan_streams(options);
  { const NgCalls calls(options, plan); }
  for (const StreamPlan& stream : plan) {
    EXPECT_EQ(stream.a.remote->to_string(), "192.0.2.1:20000");
    EXPECT_EQ(stream.b.remote->to_string(), "192.0.2.1:20002");
    EXPECT_TRUE(stream.a.send_keys.empty());
    EXPECT_EQ(stream.b.send_keys.size(), 1U);
    EXPECT_EQ(stream.b.receive_keys.size(), 1U);
  }
  const std::vector<Bencode>& requests = gateway.requests();
  ASSERT_EQ(requests.size(), 6U);
  EXPECT_EQ(requests[0].text_of("transport-protocol"), "RTP/SAVP");
  EXPECT_NE(requests[0].text_of("sdp").find("m=audio 30000 RTP/AVP 0\r\n"), std::string_view::npos);
  EXPECT_EQ(requests[1].text_of("transport-protocol"), "RTP/AVP");
  EXPECT_NE(requests[1].text_of("sdp").find("a=crypto:5 AEAD_AES_128_GCM inline:"), std::string_view::npos);
  EXPECT_NE(requests[0].text_of("call-id"), requests[2].text_of("call-id"));
  EXPECT_EQ(requests[4].text_of("call-id"), requests[2].text_of("call-id"));
  EXPECT_EQ(requests[5].text_of("call-id"), requests[0].text_of("call-id"));
  EXPECT_EQ(requests[5].text_of("command"), "delete");
}

TEST(NgCalls, WhatWasMadeIsDeletedWhereTheGatewayRefusesOne) {
  unsigned offers = 0;
  FakeGateway gateway([&offers](unsigned, const std::string& cookie, const Bencode& request) {
    offers += request.text_of("command") == "offer" ? 1 : 0;
    return sdp_answers(offers, cookie, request);
  });
  const LoadOptions options = calls_options(gateway, "4");
  std::vector<StreamPlan> plan = plan_streams(options);
  EXPECT_THROW(NgCalls(options, plan), UsageError);
  unsigned deleted = 0;
  for (const Bencode& request : gateway.requests()) deleted += request.text_of("command") == "delete" ? 1 : 0;
  EXPECT_EQ(deleted, 3U);  // the refused one, too: the gateway may have it
}

}  // namespace
}  // namespace sallyport::load
