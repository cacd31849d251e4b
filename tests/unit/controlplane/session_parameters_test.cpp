// SDES session parameters as text (RFC 4568 6.3; field case 4).
#include "controlplane/negotiation/session_parameters.hpp"

#include <gtest/gtest.h>

#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

TEST(SessionParameterText, IsReadAndWritten) {
  for (const char* text :
       {"", "UNENCRYPTED_SRTP", "UNENCRYPTED_SRTCP", "UNAUTHENTICATED_SRTP", "KDR=8", "KDR=24", "WSH=256", "WSH=4096",
        "UNENCRYPTED_SRTP UNENCRYPTED_SRTCP UNAUTHENTICATED_SRTP", "UNENCRYPTED_SRTCP KDR=16 WSH=1000"}) {
    EXPECT_EQ(to_string(parse_session_parameters(text)), text);
  }
  EXPECT_EQ(to_string(parse_session_parameters("  WSH=300\tKDR=16  UNENCRYPTED_SRTCP ")),
            "UNENCRYPTED_SRTCP KDR=16 WSH=300");
  EXPECT_EQ(parse_session_parameters("KDR=0").key_derivation_rate, 0);
}

TEST(SessionParameterText, ASmallWindowIsAHint) {
  for (const char* text : {"WSH=64", "WSH=100", "WSH=128"}) {
    EXPECT_EQ(parse_session_parameters(text).replay_window, crypto::kMinReplayWindow) << text;
  }
}

TEST(SessionParameterText, RefusesTheRestByPosition) {
  const std::pair<const char*, const char*> rows[] = {
      {"unencrypted_srtp", "parameter 1:"},
      {"KDR", "parameter 1:"},
      {"KDR=", "parameter 1:"},
      {"KDR=25", "parameter 1:"},
      {"KDR=7", "parameter 1:"},
      {"KDR=8 KDR=8", "parameter 2:"},
      {"UNENCRYPTED_SRTP UNENCRYPTED_SRTP", "parameter 2:"},
      {"WSH=63", "parameter 1:"},
      {"WSH=4097", "parameter 1:"},
      {"KDR=8 WSH=128 WSH=128", "parameter 3:"},
      {"KDR=8,WSH=128", "parameter 1:"},
      {"UNENCRYPTED_SRTP FEC_ORDER=FEC_SRTP", "parameter 2:"},
      {"FEC_KEY=inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd", "parameter 1:"},
      {"-foo", "parameter 1:"},
  };
  for (const auto& [text, place] : rows) {
    try {
      parse_session_parameters(text);
      ADD_FAILURE() << "taken: " << text;
    } catch (const SetupError& error) {
      EXPECT_NE(std::string(error.what()).find(place), std::string::npos) << error.what();
      EXPECT_EQ(std::string(error.what()).find("AAEC"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace sallyport::controlplane
