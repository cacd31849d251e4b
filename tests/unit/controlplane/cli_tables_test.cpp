// Replies of the gateway as tables for people.
#include "controlplane/admin/cli_tables.hpp"

#include <gtest/gtest.h>

#include "controlplane/admin/text_table.hpp"

namespace sallyport::controlplane {
namespace {

using nlohmann::json;

TEST(TextTable, AlignsColumnsAndLeavesNotesAlone) {
  TextTable table({{"name", TextTable::Align::kLeft}, {"count"}});
  table.add({"a", "1,000"});
  table.note("  a note that is longer than the table");
  table.add({"m\xc3\xbcller", "7"});
  EXPECT_EQ(table.to_string(),
            "name    count\n"
            "a       1,000\n"
            "  a note that is longer than the table\n"
            "m\xc3\xbcller      7\n");
}

TEST(TextTable, FiguresAreReadable) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567890), "1,234,567,890");
  EXPECT_EQ(decimal(1234.56, 1), "1,234.6");
  EXPECT_EQ(decimal(-0.25, 2), "-0.25");
  EXPECT_EQ(decimal(100000, 0), "100,000");
  EXPECT_EQ(duration(5), "5 s");
  EXPECT_EQ(duration(60), "1 min");
  EXPECT_EQ(duration(3723), "1 h 2 min");
  EXPECT_EQ(duration(90000), "1 d 1 h");
}

json status_reply() {
  return json::parse(R"json({"ok":true,"version":"0.1.0","uptime_s":75.5,"config_file":"/etc/sallyport/lab.conf",
    "engine":"ipsec_mb (AVX512)","huge_pages":false,"packet_buffers":[{"socket":-1,"total":8191,"in_use":12},{"socket":1,"total":4095,"in_use":0}],
    "warnings":["a.ssrc is fixed"],
    "workers":[{"id":0,"core":1,"load_percent":12.34,"rx_pps":50000.4,"tx_pps":50000.0,"streams":4,"handed_out":0,
                "handed_in":1234,"idle_sleeps":9999999,"preempted":31}],
    "ports":[{"name":"in","device":"af_xdp on veth0","steering":"hand-over","kernel_path":"shared",
              "mac":"02:00:00:00:00:01","addresses":["10.0.0.1/24","2001:db8::1/64"],"link":"up","queues":1,"missed":0,
              "refused":17}],
    "streams":{
  "configured" : 2, "active" : 1}})json");
}

TEST(CliTables, Status) {
  EXPECT_EQ(
      status_text(status_reply()),
      "Sallyport 0.1.0, up 1 min 15 s\n"
      "configuration  /etc/sallyport/lab.conf\n"
      "engine         ipsec_mb (AVX512)\n"
      "huge pages     not in use\n"
      "packet buffers 12 of 8,191 in use\n"
      "packet buffers 0 of 4,095 in use on socket 1\n"
      "streams        2 configured, 1 active\n"
      "WARNING: a.ssrc is fixed\n"
      "\n"
      "worker  core  load %  rx packets/s  tx packets/s  stream sides  handed in  handed out     sleeps  preempted\n"
      "     0     1    12.3        50,000        50,000             4      1,234           0  9,999,999         31\n"
      "\n"
      "port  link  MAC address        addresses                    queues  missed  not taken\n"
      "in    up    02:00:00:00:00:01  10.0.0.1/24, 2001:db8::1/64       1       0         17\n"
      "    af_xdp on veth0; steering: hand-over; kernel path: shared\n");
}

json stats_reply(std::uint64_t rx, bool balanced) {
  json reply = json::parse(R"({"ok":true,"workers":[{"id":1,"rx":0,"tx":90,"from_kernel":2,"handed_in":3,"handed_out":4,
    "generated":5,"punted":6,"consumed":7,"dropped":8,"balanced":true,"preempted":17,"commands":1200,
    "pauses":{"over_us":30,"window_s":10,"kinds":{"idle":{"count":4567,"ms":300.5},"packets":{"count":0,"ms":0.0},
      "switched":{"count":2,"ms":8.0}},"recent":{"count":3,"longest_us":4012.34,"kind":"switched"},
      "own_us":{"packets":21.04,"commands":3.14,"sweep":0.5}},"drops":{"auth_failed":8,"replayed":0},
    "stages":[{"name":"unprotect","packets":1500,"bursts":100,"cycles_per_packet":410.2,"ns_per_packet":158.04},
              {"name":"punt","packets":0,"bursts":0,"cycles_per_packet":0.0,"ns_per_packet":0.0}]}]})");
  reply["workers"][0]["rx"] = rx;
  reply["workers"][0]["balanced"] = balanced;
  return reply;
}

TEST(CliTables, Stats) {
  EXPECT_EQ(
      stats_text(stats_reply(1000, false), {}),
      "worker     rx  from kernel  handed in  generated  tx  punted  handed out  consumed  dropped  accounts\n"
      "     1  1,000            2          3          5  90       6           4         7        8  NOT BALANCED\n"
      "    dropped: auth_failed 8\n"
      "\n"
      "worker 1: 1,200 commands of control; preempted 17 times\n"
      "pauses over 30 us: 4,567 idle, 2 switched; 3 in the last 10 s, at most 4,012.3 us (switched)\n"
      "its own work at a stretch, at most: packets 21.0 us, commands 3.1 us, sweep 0.5 us\n"
      "stage      packets  bursts  packets/burst  cycles/packet  ns/packet\n"
      "unprotect    1,500     100           15.0            410      158.0\n"
      "punt             0       0              -              0        0.0\n");
}

TEST(CliTables, PausesNewestFirst) {
  json reply = json::parse(R"({"workers":[{"id":0,"pauses":[{"ago_s":2.5,"us":31.24,"kind":"idle"},
    {"ago_s":1.25,"us":4000.0,"kind":"switched"}]},{"id":1,"pauses":[]}]})");
  EXPECT_EQ(pauses_text(reply),
            "worker  seconds ago       us  kind\n"
            "     0        1.250  4,000.0  switched\n"
            "     0        2.500     31.2  idle\n");
  json& pauses = reply["workers"][0]["pauses"];
  while (pauses.size() < 1025) pauses.push_back(pauses[0]);
  EXPECT_NE(pauses_text(reply).find("    and 1,005 before; --json shows them all\n"), std::string::npos);
}

TEST(CliTables, RatesComeFromTheDifference) {
  const json before = stats_reply(1000, true);
  const std::string text = stats_text(stats_reply(6000, true), {&before, 2.0});
  EXPECT_NE(text.find("accounts   rx/s  tx/s  dropped/s\n"), std::string::npos) << text;
  EXPECT_NE(text.find("balanced  2,500     0          0\n"), std::string::npos) << text;
  const std::string restarted = stats_text(stats_reply(10, true), {&before, 2.0});
  EXPECT_NE(restarted.find("balanced     -     0          0\n"), std::string::npos) << restarted;
}

json streams_reply(std::uint64_t received) {
  json reply = json::parse(R"({"ok":true,"streams":[{"name":"lab","worker":0,"sides":[
    {"side":"a","local":"10.0.0.1:20000","remote":"10.0.0.2:5004","next_hop":"02:00:00:00:00:02","suite":"RTP","engine":"",
     "rtcp":"pair","ssrc_out":"0x00000001","ssrc_in":"0x00000002","received":0,"received_bytes":1,"sent":99,
     "sent_bytes":1,"lost":5,"expected":1000,"jitter_ms":0.26,"rtcp_received":1,"rtcp_sent":2,"auth_failed":0,
     "replayed":0,"dropped":{},"media":"flowing","last_media_s":0.01},
    {"side":"b","local":"10.0.1.1:20000","remote":"10.0.1.2:5004","next_hop":"unresolved",
     "suite":"AES_CM_128_HMAC_SHA1_80","engine":"ipsec_mb","media":"refused"}]}]})");
  reply["streams"][0]["sides"][0]["received"] = received;
  return reply;
}

TEST(CliTables, Streams) {
  EXPECT_EQ(streams_text(streams_reply(995), {}),
            "stream  side  media    suite                    engine    local           remote         next hop         "
            "  received  sent"
            "       lost  jitter ms  auth failed  replayed  RTCP in/out\n"
            "lab     a     flowing  RTP                      -         10.0.0.1:20000  10.0.0.2:5004  "
            "02:00:00:00:00:02       995    99"
            "  5 (0.5 %)        0.3            0         0          1/2\n"
            "lab     b     refused  AES_CM_128_HMAC_SHA1_80  ipsec_mb  10.0.1.1:20000  10.0.1.2:5004  unresolved       "
            "         -     -"
            "          -          -            -         -          -/-\n");
  EXPECT_EQ(streams_text(json{{"streams", json::array()}}, {}), "no streams are configured\n");
}

TEST(CliTables, WhyAnotherEngineServesASuite) {
  json reply = status_reply();
  reply["engines"] = json::parse(R"json([{"suite":"A","engine":"lanes","reason":null},
    {"suite":"B","engine":"openssl","reason":"ipsec_mb does not have it"},
    {"suite":"C","engine":"openssl","reason":"ipsec_mb does not have it"}])json");
  EXPECT_NE(status_text(reply).find("\nengine         ipsec_mb (AVX512)\n"
                                    "               openssl for B, C: ipsec_mb does not have it\n"),
            std::string::npos)
      << status_text(reply);
}

/// Requirement M10: what others can read is marked wherever the suite is shown.
TEST(CliTables, WhatIsSpecialAboutASidesSrtp) {
  const json reply = json::parse(R"json({"streams":[{"name":"s","sides":[{"side":"a","suite":"NULL_HMAC_SHA1_80",
    "engine":"openssl","security":"authenticated","srtp":{"engine_reason":"ipsec_mb does not have NULL_HMAC_SHA1_80",
    "session_parameters":"KDR=16","accepts_unencrypted_srtcp":true,"exposed":["NULL_HMAC_SHA1_80 does not encrypt"],
    "send_keys":[{"mki":"0x01","lifetime":100},{"mki":"0x02","lifetime":null}],"send_with":2,
    "receive_keys":[{"mki":null,"lifetime":null}],"send_key":{"state":"over","used_percent":100.0},
    "receive_key":{"state":"good","used_percent":0.0}}},{"side":"b","suite":"RTP","engine":"","srtp":null}]}]})json");
  const std::string text = streams_text(reply, {});
  for (const char* part :
       {"NULL_HMAC_SHA1_80 !", "    ! authenticated: NULL_HMAC_SHA1_80 does not encrypt\n",
        "    engine openssl: ipsec_mb does not have NULL_HMAC_SHA1_80\n",
        "    SRTP: KDR=16, accepts unencrypted SRTCP, MKI 0x02 of 2 keys, send key 100.0 % used, OVER\n"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  EXPECT_EQ(text.find("receive key"), std::string::npos) << text;
}

TEST(CliTables, StreamRatesAndDrops) {
  const json before = streams_reply(1000);
  json now = streams_reply(1100);
  now["streams"][0]["sides"][0]["dropped"] = {{"auth_failed", 1200}, {"replayed", 3}};
  const std::string text = streams_text(now, {&before, 2.0});
  EXPECT_NE(text.find("rx/s  tx/s"), std::string::npos) << text;
  EXPECT_NE(text.find("  1,100    99    50     0"), std::string::npos) << text;
  EXPECT_NE(text.find("\n    dropped: auth_failed 1,200, replayed 3\n"), std::string::npos) << text;
}

TEST(CliTables, OtherRepliesFieldByField) {
  EXPECT_EQ(reply_text("reload", json{{"ok", true}, {"kept", 2}, {"names", {"a", "b"}}}, {}), "kept: 2\nnames: a, b\n");
  EXPECT_EQ(reply_text("reload", json{{"ok", true}}, {}), "done\n");
}

TEST(CliTables, AnEmptyReplyIsNoCrash) {
  for (const char* command : {"status", "stats", "pauses", "streams", "version"}) {
    EXPECT_NO_THROW(reply_text(command, json::object(), {})) << command;
    EXPECT_NO_THROW(reply_text(command, json::parse(R"({"workers":[1],"ports":{},"streams":[null]})"), {})) << command;
  }
}

}  // namespace
}  // namespace sallyport::controlplane
