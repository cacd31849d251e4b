#include "controlplane/signalling/sip/stream_framer.hpp"

#include <gtest/gtest.h>

#include "controlplane/signalling/sip/limits.hpp"

namespace sallyport::controlplane::sip {
namespace {

using Step = StreamFramer::Step;

constexpr std::string_view kHead = "OPTIONS sip:a@h SIP/2.0\r\nContent-Length: 5\r\n\r\n";

/// Everything that comes out: "M" for a message, "P" for a ping, "B400" where the stream is broken.
std::string steps(StreamFramer& framer) {
  std::string seen;
  for (;;) {
    switch (framer.next()) {
      case Step::kNeedMore:
        return seen;
      case Step::kMessage:
        seen += 'M';
        break;
      case Step::kPing:
        seen += 'P';
        break;
      case Step::kBroken:
        return seen + 'B' + std::to_string(framer.status());
    }
  }
}

std::string steps_of(std::string_view text) {
  StreamFramer framer;
  framer.append(text);
  return steps(framer);
}

TEST(StreamFramer, ByteByByte) {
  const std::string message = std::string(kHead) + "a\r\n\r\n";
  StreamFramer framer;
  std::string seen;
  for (int repeat = 0; repeat < 3; ++repeat) {
    for (const char c : message) {
      EXPECT_TRUE(seen.size() == static_cast<std::size_t>(repeat));
      framer.append({&c, 1});
      seen += steps(framer);
    }
    EXPECT_EQ(framer.head(), kHead);
    EXPECT_EQ(framer.body(), "a\r\n\r\n");
    EXPECT_FALSE(framer.in_message());
  }
  EXPECT_EQ(seen, "MMM");
}

TEST(StreamFramer, ManyInOnePiece) {
  const std::string message = std::string(kHead) + "12345";
  std::string text;
  for (int i = 0; i < 50; ++i) text += message;
  StreamFramer framer;
  framer.append(text + "OPT");
  EXPECT_EQ(steps(framer), std::string(50, 'M'));
  EXPECT_TRUE(framer.in_message());
  framer.append(message.substr(3));
  EXPECT_EQ(steps(framer), "M");
}

TEST(StreamFramer, PingsAndLineEndsBetweenMessages) {
  const std::string message = std::string(kHead) + "12345";
  EXPECT_EQ(steps_of("\r\n\r\n"), "P");
  EXPECT_EQ(steps_of("\r\n\r\n\r\n\r\n" + message + "\r\n\r\n"), "PPMP");
  EXPECT_EQ(steps_of("\r\n" + message + "\r\n" + message), "MM");
  EXPECT_EQ(steps_of("\n\n\n" + message), "M");
  StreamFramer framer;
  for (const char* piece : {"\r", "\n", "\r"}) {
    framer.append(piece);
    EXPECT_EQ(steps(framer), "");
    EXPECT_FALSE(framer.in_message()) << "nobody is hurried for a line end";
  }
  framer.append("\n");
  EXPECT_EQ(steps(framer), "P");
}

TEST(StreamFramer, LinesMayEndInLineFeedsAlone) {
  EXPECT_EQ(steps_of("OPTIONS sip:a@h SIP/2.0\nl: 1\n\nxOPTIONS sip:a@h SIP/2.0\nl: 0\n\n"), "MM");
}

TEST(StreamFramer, AFaultyLengthBreaksTheStream) {
  EXPECT_EQ(steps_of("X\r\n\r\n"), "B400");
  EXPECT_EQ(steps_of("X\r\nl: -1\r\n\r\n"), "B400");
  EXPECT_EQ(steps_of("X\r\nl: 1\r\nl: 2\r\n\r\n"), "B400");
  EXPECT_EQ(steps_of("X\r\nl: 99999999999\r\n\r\n"), "B400");
  EXPECT_EQ(steps_of("X\r\nl: " + std::to_string(kMaxBody + 1) + "\r\n\r\n"), "B413");
  StreamFramer framer;
  framer.append("X\r\nl: -1\r\n\r\n");
  steps(framer);
  EXPECT_EQ(framer.head(), "X\r\nl: -1\r\n\r\n") << "it serves to be answered";
}

TEST(StreamFramer, HeadsAreBounded) {
  StreamFramer framer;
  const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
  std::string seen;
  std::size_t sent = 0;
  while (seen.empty() && sent < 2 * kMaxHead) {
    framer.append(line);
    sent += line.size();
    seen = steps(framer);
  }
  EXPECT_EQ(seen, "B513");
  EXPECT_LE(sent, kMaxHead + line.size());
  EXPECT_EQ(framer.head(), "");
}

TEST(StreamFramer, TheLargestMessagePasses) {
  std::string text = "X: ";
  const std::string end = "\r\nl: " + std::to_string(kMaxBody) + "\r\n\r\n";
  text += std::string(kMaxHead - text.size() - end.size(), 'x') + end + std::string(kMaxBody, 'b');
  StreamFramer framer;
  int messages = 0;
  for (std::size_t at = 0; at < text.size(); at += 4096) {
    framer.append(std::string_view(text).substr(at, 4096));
    for (auto step = framer.next(); step != StreamFramer::Step::kNeedMore; step = framer.next()) {
      ++messages;
      EXPECT_EQ(framer.head().size(), kMaxHead);
      EXPECT_EQ(framer.body().size(), kMaxBody);
    }
  }
  EXPECT_EQ(messages, 1);
}

}  // namespace
}  // namespace sallyport::controlplane::sip
