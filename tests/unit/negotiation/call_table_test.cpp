// Negotiation cases of calls between two parties, one row each: who they are, what one offers and the other answers,
// and what is sent on, answered and agreed. Names say which row of requirements or case of the field they are about.
#include <gtest/gtest.h>

#include "tests/unit/negotiation/bench_call.hpp"

namespace sallyport::controlplane {
namespace {

struct Case {
  const char* name;
  const char* caller;
  const char* callee;
  const char* offer;
  const char* sent;      ///< to the callee
  const char* answer;    ///< the callee's; null: it is never asked
  const char* answered;  ///< to the caller
  const char* legs;      ///< "caller | callee"
  const char* reason;    ///< part of one of the reasons
};

constexpr const char* kAvp = "m=audio 4000 RTP/AVP 0 8";
constexpr const char* kAnswerAvp = "m=audio 5000 RTP/AVP 0 8";
constexpr const char* kRtp = "RTP sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000";
constexpr const char* kSentRtp = "audio 30000 RTP/AVP 0 8 sendrecv";
constexpr const char* kAnsweredRtp = "audio 20000 RTP/AVP 0 8 sendrecv";

const Case kCases[] = {
    // M2, M3: the order of suites, and what the site's policy leaves of it.
    {"M2_gcm_first_then_cm_80_before_32", "savp", "never",
     "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $32\na=crypto:2 $80\na=crypto:3 $G128\na=crypto:4 $G256", kSentRtp,
     kAnswerAvp, "audio 20000 RTP/SAVP 0 8 sendrecv 4:G256",
     "G256 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000",
     "chosen AEAD_AES_256_GCM: the first in order of what is left"},
    {"M2_80_before_32", "savp", "never", "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $32\na=crypto:2 $80", kSentRtp,
     kAnswerAvp, "audio 20000 RTP/SAVP 0 8 sendrecv 2:80", "80 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000",
     "offered AES_CM_128_HMAC_SHA1_32, AES_CM_128_HMAC_SHA1_80"},
    {"M2_f8_last", "savp", "never", "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $F8\na=crypto:2 $32", kSentRtp, kAnswerAvp,
     "audio 20000 RTP/SAVP 0 8 sendrecv 2:32", "32 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000", ""},
    {"M2_first_line_of_equal_suites", "savp", "never", "m=audio 4000 RTP/SAVP 0 8\na=crypto:5 $80\na=crypto:6 $80b",
     kSentRtp, kAnswerAvp, "audio 20000 RTP/SAVP 0 8 sendrecv 5:80",
     "80 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000", ""},
    {"M3_all_offers_every_registered_suite", "never", "savp", kAvp,
     "audio 30000 RTP/SAVP 0 8 sendrecv 1:G256 2:G128 3:256 4:192 5:80 6:256/32 7:192/32 8:32 9:F8",
     "m=audio 5000 RTP/SAVP 0 8\na=crypto:9 $F8", kAnsweredRtp,
     "RTP sendrecv 192.0.2.1:4000 | F8 sendrecv 192.0.2.2:5000", "answered with F8_128_HMAC_SHA1_80"},
    {"M3_strongest_offers_gcm_256_only", "never", "savp strongest", kAvp, "audio 30000 RTP/SAVP 0 8 sendrecv 1:G256",
     "m=audio 5000 RTP/SAVP 0 8\na=crypto:1 $G256", kAnsweredRtp,
     "RTP sendrecv 192.0.2.1:4000 | G256 sendrecv 192.0.2.2:5000", ""},
    {"M3_medium_offers_both_gcm", "never", "savp medium", kAvp, "audio 30000 RTP/SAVP 0 8 sendrecv 1:G256 2:G128",
     "m=audio 5000 RTP/SAVP 0 8\na=crypto:2 $G128", kAnsweredRtp,
     "RTP sendrecv 192.0.2.1:4000 | G128 sendrecv 192.0.2.2:5000", ""},
    {"M3_strongest_takes_no_80_on_savp", "savp strongest", "never", "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $80",
     "refused: the profile demands SRTP, but no crypto line that was offered can be used", nullptr, "", "", ""},
    {"M3_strongest_says_why", "best-effort strongest", "never", "m=audio 4000 RTP/AVP 0 8\na=crypto:1 $80", kSentRtp,
     kAnswerAvp, kAnsweredRtp, kRtp, "AES_CM_128_HMAC_SHA1_80 left out: srtp_ciphers = strongest"},
    {"M3_medium_takes_gcm_of_two", "savp medium", "never",
     "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $80\na=crypto:2 $G128", kSentRtp, kAnswerAvp,
     "audio 20000 RTP/SAVP 0 8 sendrecv 2:G128", "G128 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000",
     "AES_CM_128_HMAC_SHA1_80 left out: srtp_ciphers = medium"},

    // M1: suites without a registration.
    {"M1_unregistered_is_not_taken_by_all", "best-effort", "never",
     "m=audio 4000 RTP/AVP 0 8\na=crypto:1 $N80\na=crypto:2 $F8/32\na=crypto:3 $G256/8", kSentRtp, kAnswerAvp,
     kAnsweredRtp, kRtp, "NULL_HMAC_SHA1_80 left out: not registered, and not named for this party"},
    {"M1_unregistered_is_taken_by_name", "savp suites=F8/32+80", "never",
     "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $F8/32", kSentRtp, kAnswerAvp, "audio 20000 RTP/SAVP 0 8 sendrecv 1:F8/32",
     "F8/32 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000", ""},
    {"M1_unregistered_is_offered_by_name_and_last", "never", "savp suites=N80+32", kAvp,
     "audio 30000 RTP/SAVP 0 8 sendrecv 1:32 2:N80", "m=audio 5000 RTP/SAVP 0 8\na=crypto:2 $N80", kAnsweredRtp,
     "RTP sendrecv 192.0.2.1:4000 | N80 sendrecv 192.0.2.2:5000", ""},
    {"M1_strongest_takes_no_name_either", "best-effort strongest suites=N80", "never",
     "m=audio 4000 RTP/AVP 0 8\na=crypto:1 $N80", kSentRtp, kAnswerAvp, kAnsweredRtp, kRtp,
     "NULL_HMAC_SHA1_80 left out: srtp_ciphers = strongest"},
    {"party_suites_limit_the_offer", "never", "savp suites=80+32", kAvp, "audio 30000 RTP/SAVP 0 8 sendrecv 1:80 2:32",
     "m=audio 5000 RTP/SAVP 0 8\na=crypto:1 $80", kAnsweredRtp,
     "RTP sendrecv 192.0.2.1:4000 | 80 sendrecv 192.0.2.2:5000", "offered RTP/SAVP with AES_CM_128_HMAC_SHA1_80"},
    {"party_suites_limit_what_is_taken", "savp suites=32", "never",
     "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $80\na=crypto:2 $32", kSentRtp, kAnswerAvp,
     "audio 20000 RTP/SAVP 0 8 sendrecv 2:32", "32 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000",
     "AES_CM_128_HMAC_SHA1_80 left out: not among this party's suites"},

    // M6: fallback, and block_unencrypted.
    {"M6_rtp_to_rtp", "savp", "best-effort", kAvp,
     "audio 30000 RTP/AVP 0 8 sendrecv 1:G256 2:G128 3:256 4:192 5:80 6:256/32 7:192/32 8:32 9:F8", kAnswerAvp,
     kAnsweredRtp, kRtp, "RTP: no crypto line was offered"},
    {"M6_srtp_to_rtp_each_leg_by_itself", "savp", "never", "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $80", kSentRtp,
     kAnswerAvp, "audio 20000 RTP/SAVP 0 8 sendrecv 1:80", "80 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000",
     "offered RTP: this party gets no SRTP by policy"},
    {"M6_answer_without_key_falls_back", "never", "best-effort suites=80", kAvp,
     "audio 30000 RTP/AVP 0 8 sendrecv 1:80", kAnswerAvp, kAnsweredRtp, kRtp, "RTP: answered without a key"},
    {"M6_savp_answered_as_avp_falls_back", "never", "savp suites=80", kAvp, "audio 30000 RTP/SAVP 0 8 sendrecv 1:80",
     kAnswerAvp, kAnsweredRtp, kRtp, "RTP: answered without a key"},
    {"M6_block_refuses_an_offer_without_key", "savp block", "never", kAvp,
     "refused: block_unencrypted: no crypto line was offered", nullptr, "", "", ""},
    {"M6_block_refuses_to_offer_rtp", "never", "never block", kAvp,
     "refused: block_unencrypted: this party gets no SRTP by policy", nullptr, "", "", ""},
    {"M6_block_refuses_an_answer_without_key", "never", "best-effort block suites=80", kAvp,
     "audio 30000 RTP/AVP 0 8 sendrecv 1:80", kAnswerAvp, "refused: block_unencrypted: answered without a key", "", ""},
    {"M6_block_lets_srtp_pass", "savp block", "savp block suites=80", "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $80",
     "audio 30000 RTP/SAVP 0 8 sendrecv 1:80", "m=audio 5000 RTP/SAVP 0 8\na=crypto:1 $80",
     "audio 20000 RTP/SAVP 0 8 sendrecv 1:80", "80 sendrecv 192.0.2.1:4000 | 80 sendrecv 192.0.2.2:5000", ""},
    {"M6_block_takes_no_null_suite", "savp block suites=N80", "never", "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $N80",
     "refused: the profile demands SRTP, but no crypto line that was offered can be used", nullptr, "", "", ""},
    {"M6_block_offers_no_null_suite", "never", "savp block suites=N80+80", kAvp,
     "audio 30000 RTP/SAVP 0 8 sendrecv 1:80", "m=audio 5000 RTP/SAVP 0 8\na=crypto:1 $80", kAnsweredRtp,
     "RTP sendrecv 192.0.2.1:4000 | 80 sendrecv 192.0.2.2:5000", ""},
    {"M6_block_declines_video_without_key_only", "savp block", "savp suites=80",
     "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $80\nm=video 4002 RTP/AVP 96\na=rtpmap:96 H264/90000",
     "audio 30000 RTP/SAVP 0 8 sendrecv 1:80; video 0 RTP/AVP 96",
     "m=audio 5000 RTP/SAVP 0 8\na=crypto:1 $80\nm=video 0 RTP/AVP 96",
     "audio 20000 RTP/SAVP 0 8 sendrecv 1:80; video 0 RTP/AVP 96",
     "80 sendrecv 192.0.2.1:4000; off | 80 sendrecv 192.0.2.2:5000; off",
     "declined: block_unencrypted: no crypto line was offered"},
    {"M6_party_that_refused_srtp_gets_rtp", "savp", "savp in-clear", "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $80",
     kSentRtp, kAnswerAvp, "audio 20000 RTP/SAVP 0 8 sendrecv 1:80",
     "80 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000", "offered RTP: the party refused SRTP"},
    {"M6_block_lets_nobody_refuse_srtp", "savp", "savp block in-clear", "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $80",
     "refused: block_unencrypted: the party refused SRTP", nullptr, "", "", ""},

    // Keys pass over protected signalling only.
    {"path_no_key_is_sent_in_the_clear", "never", "savp path=clear", kAvp, kSentRtp, kAnswerAvp, kAnsweredRtp, kRtp,
     "offered RTP: the signalling path is not protected"},
    {"path_no_key_is_sent_with_integrity_alone", "never", "savp path=integrity", kAvp, kSentRtp, kAnswerAvp,
     kAnsweredRtp, kRtp, "offered RTP: the signalling path has integrity but no encryption"},
    {"path_no_key_is_taken_in_the_clear", "best-effort path=clear", "never", "m=audio 4000 RTP/AVP 0 8\na=crypto:1 $80",
     kSentRtp, kAnswerAvp, kAnsweredRtp, kRtp, "RTP: keys are ignored, the signalling path is not protected"},
    {"path_savp_in_the_clear_is_refused", "savp path=clear", "never", "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $80",
     "refused: the profile demands SRTP, but keys are ignored, the signalling path is not protected", nullptr, "", "",
     ""},
    {"path_sdes_insecure_ok", "savp path=clear insecure-ok", "savp path=clear insecure-ok suites=80",
     "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $80", "audio 30000 RTP/SAVP 0 8 sendrecv 1:80",
     "m=audio 5000 RTP/SAVP 0 8\na=crypto:1 $80", "audio 20000 RTP/SAVP 0 8 sendrecv 1:80",
     "80 sendrecv 192.0.2.1:4000 | 80 sendrecv 192.0.2.2:5000", ""},
    {"path_key_in_an_answer_in_the_clear_is_ignored", "never", "best-effort path=clear", kAvp, kSentRtp,
     "m=audio 5000 RTP/AVP 0 8\na=crypto:1 $80", kAnsweredRtp, kRtp,
     "keys are ignored, the signalling path is not protected"},
    {"path_savp_answer_in_the_clear_is_refused", "never", "best-effort path=clear", kAvp, kSentRtp,
     "m=audio 5000 RTP/SAVP 0 8\na=crypto:1 $80",
     "refused: the profile demands SRTP, but the signalling path is not protected", "", ""},

    // The field's cases of RFC 4568.
    {"field_1_answer_renumbers_the_tag", "never", "savp suites=80+32", kAvp,
     "audio 30000 RTP/SAVP 0 8 sendrecv 1:80 2:32", "m=audio 5000 RTP/SAVP 0 8\na=crypto:1 $32", kAnsweredRtp,
     "RTP sendrecv 192.0.2.1:4000 | 32 sendrecv 192.0.2.2:5000", "answered with tag 1 for 2: suite and key count"},
    {"field_1_we_echo_the_offerers_tag", "savp", "never", "m=audio 4000 RTP/SAVP 0 8\na=crypto:7 $80", kSentRtp,
     kAnswerAvp, "audio 20000 RTP/SAVP 0 8 sendrecv 7:80", "80 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000",
     ""},
    {"field_2_two_lines_in_an_answer", "never", "savp suites=80+32", kAvp,
     "audio 30000 RTP/SAVP 0 8 sendrecv 1:80 2:32", "m=audio 5000 RTP/SAVP 0 8\na=crypto:2 $32\na=crypto:1 $80",
     kAnsweredRtp, "RTP sendrecv 192.0.2.1:4000 | 32 sendrecv 192.0.2.2:5000",
     "answered with 2 lines: the first valid counts"},
    {"field_2_first_line_of_an_answer_is_malformed", "never", "savp suites=80+32", kAvp,
     "audio 30000 RTP/SAVP 0 8 sendrecv 1:80 2:32",
     "m=audio 5000 RTP/SAVP 0 8\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc\na=crypto:2 $32", kAnsweredRtp,
     "RTP sendrecv 192.0.2.1:4000 | 32 sendrecv 192.0.2.2:5000", "expected 40 base64 characters"},
    {"field_3_suite_never_offered", "never", "savp suites=G256", kAvp, "audio 30000 RTP/SAVP 0 8 sendrecv 1:G256",
     "m=audio 5000 RTP/SAVP 0 8\na=crypto:1 $80",
     "refused: answered with AES_CM_128_HMAC_SHA1_80, which was never offered", "", ""},
    {"field_3_suite_never_offered_best_effort", "never", "best-effort suites=G256", kAvp,
     "audio 30000 RTP/AVP 0 8 sendrecv 1:G256", "m=audio 5000 RTP/AVP 0 8\na=crypto:1 $80",
     "refused: answered with AES_CM_128_HMAC_SHA1_80, which was never offered", "", ""},
    {"field_3_second_line_was_offered", "never", "savp suites=32", kAvp, "audio 30000 RTP/SAVP 0 8 sendrecv 1:32",
     "m=audio 5000 RTP/SAVP 0 8\na=crypto:1 $80\na=crypto:1 $32", kAnsweredRtp,
     "RTP sendrecv 192.0.2.1:4000 | 32 sendrecv 192.0.2.2:5000",
     "left out: answered with AES_CM_128_HMAC_SHA1_80, which was never offered"},
    {"field_3_key_for_an_offer_without_any", "never", "never", kAvp, kSentRtp,
     "m=audio 5000 RTP/AVP 0 8\na=crypto:1 $80", "refused: answered with a key, although no suite was offered", "", ""},
    {"field_3_answer_of_unusable_lines_is_no_rtp", "never", "best-effort suites=80", kAvp,
     "audio 30000 RTP/AVP 0 8 sendrecv 1:80", "m=audio 5000 RTP/AVP 0 8\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc",
     "refused: no crypto line of the answer can be used", "", ""},
    {"field_3_parameters_never_offered", "never", "savp suites=80", kAvp, "audio 30000 RTP/SAVP 0 8 sendrecv 1:80",
     "m=audio 5000 RTP/SAVP 0 8\na=crypto:1 $80 UNENCRYPTED_SRTP",
     "refused: answered with session parameters that were never offered", "", ""},
    {"field_3_our_own_key_comes_back", "never", "savp suites=80", kAvp, "audio 30000 RTP/SAVP 0 8 sendrecv 1:80",
     "m=audio 5000 RTP/SAVP 0 8\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AQEBAQEBAQEBAQEBAQEBAfHx8fHx8fHx8fHx8fHx",
     "refused: answered with our own key", "", ""},
    {"field_3_savp_answered_without_key", "never", "savp suites=80", kAvp, "audio 30000 RTP/SAVP 0 8 sendrecv 1:80",
     "m=audio 5000 RTP/SAVP 0 8", "refused: the profile demands SRTP, but answered without a key", "", ""},
    {"field_4_weakened_line_comes_behind_whole_ones", "savp", "never",
     "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $80 UNENCRYPTED_SRTP\na=crypto:2 $32", kSentRtp, kAnswerAvp,
     "audio 20000 RTP/SAVP 0 8 sendrecv 2:32", "32 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000", ""},
    {"field_4_weakened_line_is_better_than_none", "savp", "never",
     "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $80 UNENCRYPTED_SRTCP", kSentRtp, kAnswerAvp,
     "audio 20000 RTP/SAVP 0 8 sendrecv 1:80", "80 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000", ""},
    {"field_4_weakened_line_by_policy_not", "best-effort no-weak", "never",
     "m=audio 4000 RTP/AVP 0 8\na=crypto:1 $80 UNAUTHENTICATED_SRTP", kSentRtp, kAnswerAvp, kAnsweredRtp, kRtp,
     "AES_CM_128_HMAC_SHA1_80 left out: its session parameters take protection away"},
    {"field_4_weakened_line_is_blocked", "savp block", "never",
     "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $80 UNENCRYPTED_SRTP",
     "refused: the profile demands SRTP, but no crypto line that was offered can be used", nullptr, "", "", ""},
    {"field_4_unknown_parameter_declines_its_line_only", "savp", "never",
     "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $G256 FUTURE\na=crypto:2 $80", kSentRtp, kAnswerAvp,
     "audio 20000 RTP/SAVP 0 8 sendrecv 2:80", "80 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000",
     "crypto 1 AEAD_AES_256_GCM: session parameter 1: expected one of"},
    {"field_5_key_of_wrong_length_declines_its_line_only", "savp", "never",
     "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 AEAD_AES_256_GCM inline:AAAA\na=crypto:2 $80", kSentRtp, kAnswerAvp,
     "audio 20000 RTP/SAVP 0 8 sendrecv 2:80", "80 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000",
     "expected 59 base64 characters (44 bytes: 32 key + 12 salt), got 4"},
    {"field_6_alias_is_answered_as_it_was_written", "savp", "never",
     "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 AES_CM_256_HMAC_SHA1_80 "
     "inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
     kSentRtp, kAnswerAvp, "audio 20000 RTP/SAVP 0 8 sendrecv 1:AES_CM_256_HMAC_SHA1_80",
     "256 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000", "chosen AES_CM_256_HMAC_SHA1_80"},
    {"field_7_osrtp_taken_on_avp", "best-effort", "never", "m=audio 4000 RTP/AVP 0 8\na=crypto:1 $80", kSentRtp,
     kAnswerAvp, "audio 20000 RTP/AVP 0 8 sendrecv 1:80", "80 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000",
     "chosen AES_CM_128_HMAC_SHA1_80"},
    {"field_7_osrtp_answered_with_key", "never", "best-effort suites=80", kAvp, "audio 30000 RTP/AVP 0 8 sendrecv 1:80",
     "m=audio 5000 RTP/AVP 0 8\na=crypto:1 $80", kAnsweredRtp,
     "RTP sendrecv 192.0.2.1:4000 | 80 sendrecv 192.0.2.2:5000", ""},
    {"field_7_avp_answered_as_savp", "never", "best-effort suites=80", kAvp, "audio 30000 RTP/AVP 0 8 sendrecv 1:80",
     "m=audio 5000 RTP/SAVP 0 8\na=crypto:1 $80", kAnsweredRtp,
     "RTP sendrecv 192.0.2.1:4000 | 80 sendrecv 192.0.2.2:5000", ""},
    {"field_7_two_lines_secure_first", "savp", "savp suites=80",
     "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $80\nm=audio 4002 RTP/AVP 0 8",
     "audio 30000 RTP/SAVP 0 8 sendrecv 1:80; audio 0 RTP/AVP 0 8",
     "m=audio 5000 RTP/SAVP 0 8\na=crypto:1 $80\nm=audio 0 RTP/AVP 0",
     "audio 20000 RTP/SAVP 0 8 sendrecv 1:80; audio 0 RTP/AVP 0 8",
     "80 sendrecv 192.0.2.1:4000; off | 80 sendrecv 192.0.2.2:5000; off",
     "declined: the lesser alternative to the line beside it"},
    {"field_7_two_lines_secure_second", "savp", "never",
     "m=audio 4002 RTP/AVP 0 8\nm=audio 4000 RTP/SAVP 0 8\na=crypto:1 $80",
     "audio 0 RTP/AVP 0 8; audio 30002 RTP/AVP 0 8 sendrecv", "m=audio 0 RTP/AVP 0\nm=audio 5000 RTP/AVP 0 8",
     "audio 0 RTP/AVP 0 8; audio 20002 RTP/SAVP 0 8 sendrecv 1:80",
     "off; 80 sendrecv 192.0.2.1:4000 | off; RTP sendrecv 192.0.2.2:5000", ""},
    {"field_7_two_lines_and_no_usable_key", "best-effort strongest", "never",
     "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $80\nm=audio 4002 RTP/AVP 0 8",
     "audio 0 RTP/SAVP 0 8; audio 30002 RTP/AVP 0 8 sendrecv", "m=audio 0 RTP/SAVP 0\nm=audio 5000 RTP/AVP 0 8",
     "audio 0 RTP/SAVP 0 8; audio 20002 RTP/AVP 0 8 sendrecv",
     "off; RTP sendrecv 192.0.2.1:4002 | off; RTP sendrecv 192.0.2.2:5000",
     "declined: the profile demands SRTP, but no crypto line that was offered can be used"},
    {"G1_rfc_5939_secure_configuration_is_taken", "savp", "never",
     "a=tcap:1 RTP/SAVP RTP/SAVPF\nm=audio 4000 RTP/AVP 0 8\na=acap:1 crypto:4 $80\na=pcfg:1 t=1 a=1", kSentRtp,
     kAnswerAvp, "audio 20000 RTP/SAVP 0 8 sendrecv 4:80", "80 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000",
     "chosen AES_CM_128_HMAC_SHA1_80"},
    {"G1_rfc_5939_without_srtp_stays_as_it_is", "never", "never",
     "m=audio 4000 RTP/AVP 0 8\na=tcap:1 RTP/SAVP\na=acap:1 crypto:4 $80\na=pcfg:1 t=1 a=1", kSentRtp, kAnswerAvp,
     kAnsweredRtp, kRtp, ""},
    {"G1_rfc_5939_without_a_usable_key_stays_as_it_is", "savp strongest", "never",
     "m=audio 4000 RTP/AVP 0 8\na=tcap:1 RTP/SAVP\na=acap:1 crypto:4 $80\na=pcfg:1 t=1 a=1", kSentRtp, kAnswerAvp,
     kAnsweredRtp, kRtp, ""},
    {"G1_rfc_5939_preferred_configuration_and_alternatives", "savp", "never",
     "m=audio 4000 RTP/AVP 0 8\na=tcap:3 RTP/AVP RTP/SAVP\na=acap:7 crypto:1 $32\na=acap:8 crypto:2 $80\n"
     "a=acap:9 ptime:20\na=pcfg:6 t=4 a=7\na=pcfg:2 t=9|4 a=9|8,[9]",
     kSentRtp, kAnswerAvp, "audio 20000 RTP/SAVP 0 8 sendrecv 2:80",
     "80 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000", ""},
    {"G1_rfc_5939_malformed_stays_as_it_is", "savp", "never",
     "m=audio 4000 RTP/AVP 0 8\na=tcap:x\na=acap:1\na=pcfg:1 t=|| a=,\na=pcfg:\na=pcfg:2 t=1", kSentRtp, kAnswerAvp,
     kAnsweredRtp, kRtp, ""},
    {"field_8_empty_crypto_line", "best-effort", "never", "m=audio 4000 RTP/AVP 0 8\na=crypto:", kSentRtp, kAnswerAvp,
     kAnsweredRtp, kRtp, "crypto: expected a tag of one to nine digits"},
    {"savp_without_any_crypto_line", "savp", "never", "m=audio 4000 RTP/SAVP 0 8",
     "refused: the profile demands SRTP, but no crypto line was offered", nullptr, "", "", ""},
    {"savp_from_a_party_without_srtp", "never", "never", "m=audio 4000 RTP/SAVP 0 8\na=crypto:1 $80",
     "refused: the profile demands SRTP, but this party gets no SRTP by policy", nullptr, "", "", ""},

    // Profiles.
    {"profile_avpf_passes", "never", "never", "m=video 4000 RTP/AVPF 96\na=rtpmap:96 VP8/90000\na=rtcp-fb:96 nack pli",
     "video 30000 RTP/AVPF 96 sendrecv", "m=video 5000 RTP/AVPF 96\na=rtpmap:96 VP8/90000\na=rtcp-fb:96 nack pli",
     "video 20000 RTP/AVPF 96 sendrecv", kRtp, ""},
    {"profile_avpf_becomes_savpf", "never", "savp suites=80", "m=video 4000 RTP/AVPF 96\na=rtpmap:96 VP8/90000",
     "video 30000 RTP/SAVPF 96 sendrecv 1:80", "m=video 5000 RTP/SAVPF 96\na=rtpmap:96 VP8/90000\na=crypto:1 $80",
     "video 20000 RTP/AVPF 96 sendrecv", "RTP sendrecv 192.0.2.1:4000 | 80 sendrecv 192.0.2.2:5000", ""},
    {"profile_savpf_becomes_avp_without_feedback", "savp", "never no-feedback",
     "m=video 4000 RTP/SAVPF 96\na=rtpmap:96 VP8/90000\na=crypto:1 $80", "video 30000 RTP/AVP 96 sendrecv",
     "m=video 5000 RTP/AVP 96\na=rtpmap:96 VP8/90000", "video 20000 RTP/SAVPF 96 sendrecv 1:80",
     "80 sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000", ""},
    {"profile_in_lower_case", "never", "never", "m=audio 4000 rtp/avp 0 8", kSentRtp, kAnswerAvp, kAnsweredRtp, kRtp,
     ""},

    // Lines that are not relayed.
    {"T38_is_declined_and_not_offered", "never", "never",
     "m=audio 4000 RTP/AVP 0 8\nm=image 4002 udptl t38\na=T38FaxVersion:0",
     "audio 30000 RTP/AVP 0 8 sendrecv; image 0 udptl t38", "m=audio 5000 RTP/AVP 0 8\nm=image 0 udptl t38",
     "audio 20000 RTP/AVP 0 8 sendrecv; image 0 udptl t38",
     "RTP sendrecv 192.0.2.1:4000; off | RTP sendrecv 192.0.2.2:5000; off",
     "declined: neither audio nor video: not relayed"},
    {"T38_alone_is_refused", "never", "never", "m=image 4002 udptl t38",
     "refused: neither audio nor video: not relayed", nullptr, "", "", ""},
    {"unknown_line_is_declined", "never", "never", "m=application 4002 UDP/BFCP *\nm=audio 4000 RTP/AVP 0",
     "application 0 UDP/BFCP *; audio 30002 RTP/AVP 0 sendrecv", "m=application 0 UDP/BFCP *\nm=audio 5000 RTP/AVP 0",
     "application 0 UDP/BFCP *; audio 20002 RTP/AVP 0 sendrecv",
     "off; RTP sendrecv 192.0.2.1:4000 | off; RTP sendrecv 192.0.2.2:5000", ""},
    {"blank_in_the_profile_is_declined", "never", "never", "m=audio 4000 RT /AVP 0 12",
     "refused: its transport is not RTP's", nullptr, "", "", ""},
    {"dtls_is_declined", "never", "never", "m=audio 4000 UDP/TLS/RTP/SAVPF 0\na=fingerprint:sha-256 AB:CD",
     "refused: DTLS-SRTP is not spoken on this leg", nullptr, "", "", ""},
    {"line_that_the_callee_rejects", "never", "never",
     "m=audio 4000 RTP/AVP 0 8\nm=video 4002 RTP/AVP 96\na=rtpmap:96 H264/90000",
     "audio 30000 RTP/AVP 0 8 sendrecv; video 30002 RTP/AVP 96 sendrecv",
     "m=audio 5000 RTP/AVP 0 8\nm=video 0 RTP/AVP 96", "audio 20000 RTP/AVP 0 8 sendrecv; video 0 RTP/AVP 96",
     "RTP sendrecv 192.0.2.1:4000; off | RTP sendrecv 192.0.2.2:5000; off",
     "rejected: the other party has not taken it"},
    {"line_that_the_callee_forgets", "never", "never",
     "m=audio 4000 RTP/AVP 0 8\nm=video 4002 RTP/AVP 96\na=rtpmap:96 H264/90000",
     "audio 30000 RTP/AVP 0 8 sendrecv; video 30002 RTP/AVP 96 sendrecv", "m=audio 5000 RTP/AVP 0 8",
     "audio 20000 RTP/AVP 0 8 sendrecv; video 0 RTP/AVP 96",
     "RTP sendrecv 192.0.2.1:4000; off | RTP sendrecv 192.0.2.2:5000; off",
     "the answer has no such line: taken as rejected"},
    {"line_that_nobody_offered", "never", "never", kAvp, kSentRtp, "m=audio 5000 RTP/AVP 0 8\nm=video 5002 RTP/AVP 31",
     kAnsweredRtp, kRtp, ""},
    {"line_without_a_codec", "never", "never", "m=audio 4000 RTP/AVP 97 101\na=rtpmap:101 telephone-event/8000",
     "refused: it has no codec", nullptr, "", "", ""},
    {"callee_answers_with_another_transport", "never", "never", kAvp, kSentRtp, "m=audio 5000 UDP/TLS/RTP/SAVPF 0",
     "refused: answered with a transport that was not offered", "", ""},
    {"callee_answers_with_no_codec_of_ours", "never", "never", kAvp, kSentRtp,
     "m=audio 5000 RTP/AVP 97\na=rtpmap:97 opus/48000/2", "refused: answered with no codec that was offered", "", ""},

    // Codecs and payload types.
    {"codec_answer_takes_one_of_two", "never", "never", kAvp, kSentRtp, "m=audio 5000 RTP/AVP 8",
     "audio 20000 RTP/AVP 8 sendrecv", kRtp, ""},
    {"codec_preference_of_the_callee", "never", "never prefer=PCMA", kAvp, "audio 30000 RTP/AVP 8 0 sendrecv",
     "m=audio 5000 RTP/AVP 8 0", "audio 20000 RTP/AVP 8 0 sendrecv", kRtp, ""},
    {"codec_preference_of_the_caller", "never prefer=pcmu", "never", kAvp, kSentRtp, "m=audio 5000 RTP/AVP 8 0",
     kAnsweredRtp, kRtp, ""},
    {"codec_events_are_mapped_between_payload_types", "never", "never",
     "m=audio 4000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16",
     "audio 30000 RTP/AVP 0 101 sendrecv",
     "m=audio 5000 RTP/AVP 0 96\na=rtpmap:96 telephone-event/8000\na=fmtp:96 0-15",
     "audio 20000 RTP/AVP 0 101 sendrecv", kRtp, "telephone-event/8000 is 101 here and 96 on the other leg"},
    {"codec_of_another_clock_is_another_codec", "never", "never",
     "m=audio 4000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000", "audio 30000 RTP/AVP 0 101 sendrecv",
     "m=audio 5000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/48000", "audio 20000 RTP/AVP 0 sendrecv", kRtp, ""},
    {"codec_without_rtpmap_is_left_out", "never", "never", "m=audio 4000 RTP/AVP 0 97",
     "audio 30000 RTP/AVP 0 sendrecv", "m=audio 5000 RTP/AVP 0", "audio 20000 RTP/AVP 0 sendrecv", kRtp, ""},

    // Directions of a first offer; RTCP; addresses.
    {"hold_caller_sendonly", "never", "never", "m=audio 4000 RTP/AVP 0 8\na=sendonly",
     "audio 30000 RTP/AVP 0 8 sendonly", "m=audio 5000 RTP/AVP 0 8\na=recvonly", "audio 20000 RTP/AVP 0 8 recvonly",
     "RTP recvonly 192.0.2.1:4000 | RTP sendonly 192.0.2.2:5000", ""},
    {"hold_callee_answers_inactive", "never", "never", kAvp, kSentRtp, "m=audio 5000 RTP/AVP 0 8\na=inactive",
     "audio 20000 RTP/AVP 0 8 inactive", "RTP inactive 192.0.2.1:4000 | RTP inactive 192.0.2.2:5000", ""},
    {"hold_callee_answers_more_than_was_offered", "never", "never", "m=audio 4000 RTP/AVP 0 8\na=sendonly",
     "audio 30000 RTP/AVP 0 8 sendonly", "m=audio 5000 RTP/AVP 0 8\na=sendrecv", "audio 20000 RTP/AVP 0 8 recvonly",
     "RTP recvonly 192.0.2.1:4000 | RTP sendonly 192.0.2.2:5000", ""},
    {"hold_rfc_2543", "never", "never", "c=IN IP4 0.0.0.0\nm=audio 4000 RTP/AVP 0 8",
     "audio 30000 RTP/AVP 0 8 sendonly", "m=audio 5000 RTP/AVP 0 8\na=recvonly", "audio 20000 RTP/AVP 0 8 recvonly",
     "RTP recvonly nowhere | RTP sendonly 192.0.2.2:5000", ""},
    {"rtcp_mux_is_accepted", "never", "never", "m=audio 4000 RTP/AVP 0 8\na=rtcp-mux", kSentRtp, kAnswerAvp,
     "audio 20000 RTP/AVP 0 8 sendrecv mux", "RTP sendrecv 192.0.2.1:4000 mux | RTP sendrecv 192.0.2.2:5000", ""},
    {"rtcp_mux_is_not_accepted_by_policy", "never no-mux", "never", "m=audio 4000 RTP/AVP 0 8\na=rtcp-mux", kSentRtp,
     kAnswerAvp, kAnsweredRtp, kRtp, ""},
    {"rtcp_mux_is_offered", "never", "never mux", kAvp, "audio 30000 RTP/AVP 0 8 sendrecv mux",
     "m=audio 5000 RTP/AVP 0 8\na=rtcp-mux", kAnsweredRtp,
     "RTP sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000 mux", ""},
    {"rtcp_mux_is_declined_by_the_callee", "never", "never mux", kAvp, "audio 30000 RTP/AVP 0 8 sendrecv mux",
     kAnswerAvp, kAnsweredRtp, kRtp, ""},
    {"rtcp_mux_that_was_not_offered_does_not_count", "never", "never", kAvp, kSentRtp,
     "m=audio 5000 RTP/AVP 0 8\na=rtcp-mux", kAnsweredRtp, kRtp, ""},
    {"address_is_a_name", "never", "never", "c=IN IP4 phone.example\nm=audio 4000 RTP/AVP 0 8", kSentRtp, kAnswerAvp,
     kAnsweredRtp, "RTP sendrecv nowhere | RTP sendrecv 192.0.2.2:5000", ""},
    {"address_ipv6_to_ipv4", "never", "never", "c=IN IP6 2001:db8::9\nm=audio 4000 RTP/AVP 0 8", kSentRtp, kAnswerAvp,
     kAnsweredRtp, "RTP sendrecv [2001:db8::9]:4000 | RTP sendrecv 192.0.2.2:5000", ""},
    {"M11_audio_and_video_each_have_their_keys", "savp", "savp suites=G256+80",
     "m=audio 4000 RTP/SAVP 0\na=crypto:1 $80\nm=video 4002 RTP/SAVP 96\na=rtpmap:96 H264/90000\na=crypto:1 $G256",
     "audio 30000 RTP/SAVP 0 sendrecv 1:G256 2:80; video 30002 RTP/SAVP 96 sendrecv 1:G256 2:80",
     "m=audio 5000 RTP/SAVP 0\na=crypto:2 $80\nm=video 5002 RTP/SAVP 96\na=rtpmap:96 H264/90000\na=crypto:1 $G256",
     "audio 20000 RTP/SAVP 0 sendrecv 1:80; video 20002 RTP/SAVP 96 sendrecv 1:G256",
     "80 sendrecv 192.0.2.1:4000; G256 sendrecv 192.0.2.1:4002 | 80 sendrecv 192.0.2.2:5000; G256 sendrecv "
     "192.0.2.2:5002",
     ""},
};

class Calls : public testing::TestWithParam<Case> {};

TEST_P(Calls, AreNegotiatedAsTheRowSays) {
  const Case& row = GetParam();
  BenchCall call(row.caller, row.callee);
  EXPECT_EQ(call.offer(row.offer), row.sent);
  if (row.answer == nullptr) {
    EXPECT_TRUE(call.sent().refusal);
    return;
  }
  ASSERT_FALSE(call.sent().refusal);
  EXPECT_EQ(call.answer(row.answer), row.answered);
  if (call.plan().refusal) {
    EXPECT_EQ(std::string(row.legs), "");
  } else {
    EXPECT_EQ(words_of(call.offerer_up()) + " | " + words_of(call.answerer_up()), row.legs);
  }
  EXPECT_NE(call.reasons().find(row.reason), std::string::npos) << "reasons:\n" << call.reasons();
}

INSTANTIATE_TEST_SUITE_P(Rows, Calls, testing::ValuesIn(kCases),
                         [](const auto& row) { return std::string(row.param.name); });

/// RFC 5939 3.6.2: the answer says which configuration it is.
TEST(Capabilities, AnswerNamesTheConfiguration) {
  BenchCall call("savp", "never");
  call.offer("a=tcap:1 RTP/SAVP\nm=audio 4000 RTP/AVP 0 8\na=acap:1 crypto:4 $80\na=pcfg:1 t=1 a=1");
  call.answer(kAnswerAvp);
  EXPECT_NE(std::string(to_string(call.plan().answer)).find("\r\na=acfg:1 t=1 a=1\r\n"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::controlplane
