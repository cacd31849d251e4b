// The status of calls: every rule of requirements M9 and M10 as a row.
#include "controlplane/negotiation/call_status.hpp"

#include <gtest/gtest.h>

namespace sallyport::controlplane {
namespace {

/// "80", "RTP", "N80", "80 UNENCRYPTED_SRTCP", "off"; audio first, then video.
LegMedia media_of(std::initializer_list<std::string_view> lines) {
  LegMedia media;
  for (const std::string_view words : lines) {
    LegLine line;
    line.kind = media.empty() ? MediaKind::kAudio : MediaKind::kVideo;
    line.active = words != "off";
    if (words.starts_with("80")) line.srtp.suite = crypto::find_suite("AES_CM_128_HMAC_SHA1_80");
    if (words.starts_with("N80")) line.srtp.suite = crypto::find_suite("NULL_HMAC_SHA1_80");
    line.srtp.receive.parameters.unencrypted_srtp = words.ends_with("UNENCRYPTED_SRTP");
    line.srtp.receive.parameters.unencrypted_srtcp = words.ends_with("UNENCRYPTED_SRTCP");
    line.srtp.send.parameters.unauthenticated_srtp = words.ends_with("UNAUTHENTICATED_SRTP");
    media.push_back(std::move(line));
  }
  return media;
}

struct LegWords {
  SignallingPath path;
  std::initializer_list<std::string_view> media;
  bool music = false;
};
constexpr SignallingPath kTls = SignallingPath::kProtectedWithEncryption;
constexpr SignallingPath kNullSha = SignallingPath::kIntegrityOnly;
constexpr SignallingPath kUdp = SignallingPath::kUnprotected;

std::string status_of(std::initializer_list<LegWords> legs) {
  std::vector<LegMedia> media;
  for (const LegWords& leg : legs) media.push_back(media_of(leg.media));
  std::vector<LegSecurity> all;
  for (const LegWords& leg : legs) {
    all.push_back({std::string(1, static_cast<char>('A' + all.size())), leg.path, &media[all.size()], leg.music});
  }
  const CallStatus status = call_status(all);
  return std::string(to_string(status.security)) + ": " + status.reason;
}

TEST(CallStatus, M10_encrypted_only_where_every_leg_is) {
  EXPECT_EQ(status_of({{kTls, {"80"}}, {kTls, {"80"}}}), "encrypted: every leg has encrypted signalling and media");
  EXPECT_EQ(status_of({{kTls, {"80", "80"}}, {kTls, {"80", "off"}}}),
            "encrypted: every leg has encrypted signalling and media");
  EXPECT_EQ(status_of({{kTls, {"80"}}, {kTls, {"RTP"}}}), "authenticated: B: audio is RTP");
  EXPECT_EQ(status_of({{kNullSha, {"80"}}, {kTls, {"80"}}}),
            "authenticated: A: the signalling path has integrity but no encryption");
  EXPECT_EQ(status_of({{kTls, {"80"}}, {kUdp, {"RTP"}}}), "nonsecure: B: the signalling path is not protected");
}

TEST(CallStatus, M10_keys_over_an_unprotected_path_are_nonsecure) {
  EXPECT_EQ(status_of({{kTls, {"80"}}, {kUdp, {"80"}}}), "nonsecure: B: the signalling path is not protected");
}

TEST(CallStatus, M10_secure_audio_with_insecure_video_is_at_most_authenticated) {
  EXPECT_EQ(status_of({{kTls, {"80", "RTP"}}, {kTls, {"80", "80"}}}), "authenticated: A: video is RTP");
}

TEST(CallStatus, M10_what_does_not_protect_is_never_encrypted) {
  EXPECT_EQ(status_of({{kTls, {"N80"}}, {kTls, {"80"}}}),
            "authenticated: A: audio: NULL_HMAC_SHA1_80 does not encrypt");
  EXPECT_EQ(status_of({{kTls, {"80 UNENCRYPTED_SRTP"}}}), "authenticated: A: audio: UNENCRYPTED_SRTP");
  EXPECT_EQ(status_of({{kTls, {"80 UNENCRYPTED_SRTCP"}}}), "authenticated: A: audio: UNENCRYPTED_SRTCP");
  EXPECT_EQ(status_of({{kTls, {"80 UNAUTHENTICATED_SRTP"}}}), "authenticated: A: audio: UNAUTHENTICATED_SRTP");
}

TEST(CallStatus, M10_trunk_on_tls_counts_once_srtp_is_agreed) {
  EXPECT_EQ(status_of({{kTls, {"80"}}, {kTls, {}}}), "authenticated: B: no SRTP is agreed");
  EXPECT_EQ(status_of({{kTls, {"80"}}, {kTls, {"off"}}}), "authenticated: B: no SRTP is agreed");
  const std::array legs{LegSecurity{"trunk", kTls, nullptr, false}};
  EXPECT_EQ(call_status(legs).reason, "trunk: no SRTP is agreed");
}

TEST(CallStatus, M10_held_call_with_music_in_the_clear_is_nonsecure) {
  EXPECT_EQ(status_of({{kTls, {"RTP"}, true}, {kTls, {"80"}}}),
            "nonsecure: A: on hold with music in the clear, audio is RTP");
  EXPECT_EQ(status_of({{kTls, {"80"}, true}, {kTls, {"80"}}}),
            "encrypted: every leg has encrypted signalling and media");
}

TEST(CallStatus, M9_conference_has_the_lowest_of_its_members) {
  EXPECT_EQ(status_of({{kTls, {"80"}}, {kTls, {"RTP"}}, {kUdp, {"RTP"}}, {kTls, {"80"}}}),
            "nonsecure: C: the signalling path is not protected");
  EXPECT_EQ(status_of({}), "nonsecure: there is no leg");
}

TEST(CallStatus, InANonsecureClusterNoCallIsSecure) {
  const LegMedia media = media_of({"80"});
  LegSecurity leg{.name = "A", .path = kTls, .media = &media};
  EXPECT_EQ(call_status({&leg, 1}).security, CallSecurity::kEncrypted);
  leg.all_nonsecure = true;
  EXPECT_EQ(call_status({&leg, 1}).security, CallSecurity::kNonsecure);
  EXPECT_EQ(call_status({&leg, 1}).reason, "A: every device is nonsecure (sip.cluster_security)");
}

}  // namespace
}  // namespace sallyport::controlplane
