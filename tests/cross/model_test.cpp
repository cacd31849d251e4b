// The model against the test vectors of the RFCs, and against itself where they have none: before it judges the product
// it has to be right by the books.
#include <gtest/gtest.h>

#include <span>

#include "tests/cross/model/hex.hpp"
#include "tests/cross/model/keystream.hpp"
#include "tests/cross/model/parties.hpp"

namespace sallyport::model {
namespace {

Block block(std::string_view hex) {
  const Bytes bytes = from_hex(hex);
  Block out{};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

// RFC 3711 B.1.
constexpr std::string_view kF8Key = "234829008467be186c3de14aae72d62c";
constexpr std::string_view kF8Salt = "32f2870d";
constexpr std::string_view kF8Header = "806e5cba50681de55c621599";
constexpr std::string_view kF8Clear = "70736575646f72616e646f6d6e65737320697320746865206e6578742062657374207468696e67";
constexpr std::string_view kF8Cipher = "019ce7a26e7854014a6366aa95d4eefd1ad4172a14f9faf455b7f1d4b62bd08f562c0eef7c4802";

TEST(ModelVectors, F8OfRfc3711B1) {
  const Block iv = f8_rtp_iv(from_hex(kF8Header), 0xd462564a);
  EXPECT_EQ(to_hex(iv), "006e5cba50681de55c621599d462564a");
  const Bytes clear = from_hex(kF8Clear);
  const Bytes stream = f8_keystream(from_hex(kF8Key), from_hex(kF8Salt), iv, clear.size());
  EXPECT_EQ(to_hex(stream).substr(0, 32), "71ef82d70a172660240709c7fbb19d8e");
  EXPECT_EQ(to_hex(clear ^ stream), kF8Cipher);
}

TEST(ModelVectors, F8OfRfc3711B1AsAPacket) {
  const Session session{.suite = suite_named("F8_128_HMAC_SHA1_80")};
  const SessionKeys keys{from_hex(kF8Key), Bytes(20, 1), from_hex(kF8Salt)};
  const Bytes packet = from_hex(std::string(kF8Header) + std::string(kF8Clear));
  const std::uint64_t index = std::uint64_t{0xd462564a} << 16 | 0x5cba;
  const Bytes sealed = protect(session, keys, {}, Kind::kRtp, packet, index);
  ASSERT_EQ(sealed.size(), packet.size() + 10);
  EXPECT_EQ(to_hex(sealed).substr(0, 2 * packet.size()), std::string(kF8Header) + std::string(kF8Cipher));
}

TEST(ModelVectors, F8IvOfSrtcp) {
  EXPECT_EQ(to_hex(f8_rtcp_iv(from_hex("81c8000d4d617273aabb"), 0x800005d4)), "00000000800005d481c8000d4d617273");
}

struct CounterVector {
  std::string_view name;
  std::string_view key;
  std::string_view first;  ///< blocks 0 to 2
  std::string_view last;   ///< blocks 0xfeff to 0xff01
};
constexpr CounterVector kCounterVectors[] = {
    {"RFC 3711 B.2", "2b7e151628aed2a6abf7158809cf4f3c",
     "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0",
     "ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae6a2cc3787889374fbeb4c81b17ba6c44"},
    {"RFC 6188 7.1", "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
     "92bdd28a93c3f52511c677d08b5515a49da71b2378a854f67050756ded165bac63c4868b7096d88421b563b8c94c9a31",
     "cea518c90fd91ced9cbb18c078a547113dbc4814f4da5f00a08772b63c6a046d6eb246913062a16891433e97dd01a57f"},
    {"RFC 6188 7.3", "eab234764e517b2d3d160d587d8c86219740f65f99b6bcf7",
     "35096cba4610028dc1b57503804ce37c5de986291dcce161d5165ec4568f5c9a474a40c77894bc17180202272a4c264d",
     "d108d1a31a00bad6367ec23eb044b415c8f57129fdeb970b59f917b257662d4ca5dab625811034e8cebdfeb6dc158dd3"},
};

TEST(ModelVectors, CounterModeKeystream) {
  const Block iv = counter_iv(from_hex("f0f1f2f3f4f5f6f7f8f9fafbfcfd"), 0, 0);
  EXPECT_EQ(iv, block("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000"));
  for (const CounterVector& vector : kCounterVectors) {
    const Bytes stream = counter_keystream(from_hex(vector.key), iv, 0xff02 * 16);
    EXPECT_EQ(to_hex(std::span(stream).first(48)), vector.first) << vector.name;
    EXPECT_EQ(to_hex(std::span(stream).last(48)), vector.last) << vector.name;
  }
}

TEST(ModelVectors, CounterModeIvHoldsSsrcAndIndex) {
  EXPECT_EQ(to_hex(counter_iv(Bytes(14, 0), 0x01020304, 0x0a0b0c0d0e0f)), "00000000010203040a0b0c0d0e0f0000");
}

struct DerivationVector {
  std::string_view name;
  std::string_view master_key;
  std::string_view master_salt;
  std::string_view encryption;
  std::string_view salt;
  std::string_view authentication;
};
constexpr DerivationVector kDerivationVectors[] = {
    {"RFC 3711 B.3", "e1f97a0d3e018be0d64fa32c06de4139", "0ec675ad498afeebb6960b3aabe6",
     "c61e7a93744f39ee10734afe3ff7a087", "30cbbc08863d8c85d49db34a9ae1",
     "cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad175578ef722709863"
     "71c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68642c59bbfc2f34db60dbdfb2"},
    {"RFC 6188 7.2", "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6", "3b04803de51ee7c96423ab5b78d2",
     "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4", "fa31791685ca444a9e07c6c64e93",
     "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05"},
    {"RFC 6188 7.4", "73edc66c4fa15776fb57f9505c17136550ffda71f3e8e5f1", "c8522f3acd4ce86d5add78edbb11",
     "31874736a8f1143870c26e4857d8a5b2c4a354407faadabb", "2372b82d639b6d8503a47adc0a6c",
     "355b10973cd95b9eacf4061c7e1a7151e7cfbfcb"},
};

TEST(ModelVectors, KeyDerivation) {
  for (const DerivationVector& vector : kDerivationVectors) {
    const MasterKey master{.key = from_hex(vector.master_key), .salt = from_hex(vector.master_salt), .mki = {}};
    EXPECT_EQ(to_hex(derive(master, 0, 0, vector.encryption.size() / 2)), vector.encryption) << vector.name;
    EXPECT_EQ(to_hex(derive(master, 1, 0, vector.authentication.size() / 2)), vector.authentication) << vector.name;
    EXPECT_EQ(to_hex(derive(master, 2, 0, vector.salt.size() / 2)), vector.salt) << vector.name;
  }
}

/// RFC 3711 4.3.1, 4.3.2: what the labels and the rate select, by the inputs of the PRF.
TEST(ModelVectors, KeyDerivationRateEntersTheCounterBlock) {
  const MasterKey master{.key = Bytes(16, 7), .salt = Bytes(14, 0), .mki = {}};
  Session session{.suite = suite_named("AES_CM_128_HMAC_SHA1_80"), .key_derivation_rate = 4};
  const auto stream = [&master](std::string_view x) { return counter_keystream(master.key, block(x), 16); };
  EXPECT_EQ(session_keys(session, master, Kind::kRtp, 15).encryption, stream("00000000000000000000000000000000"));
  EXPECT_EQ(session_keys(session, master, Kind::kRtp, 16).encryption, stream("00000000000000000000000000010000"));
  EXPECT_EQ(session_keys(session, master, Kind::kRtp, 0xabcdef012345).encryption,
            stream("00000000000000000abcdef012340000"));
  EXPECT_EQ(session_keys(session, master, Kind::kRtcp, 0x7fffffff).encryption, stream("00000000000000030000"
                                                                                      "07ffffff"
                                                                                      "0000"));
  session.key_derivation_rate = 0;
  EXPECT_EQ(session_keys(session, master, Kind::kRtp, 0xabcdef012345).encryption,
            stream("00000000000000000000000000000000"));
}

struct GcmVector {
  std::string_view name;
  std::string_view suite;
  bool encrypted;
  Kind kind;
  std::string_view wire;
};
// RFC 7714 16 and 17, which give session keys. Section 17 prints one packet in its preamble and works on another; this
// is the one that it works on.
constexpr std::string_view kGallia =
    "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573";
constexpr std::string_view kMars =
    "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";
constexpr GcmVector kGcmVectors[] = {
    {"16.1.1", "AEAD_AES_128_GCM", true, Kind::kRtp,
     "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
     "899d7f27beb16a9152cf765ee4390cce"},
    {"16.1.3", "AEAD_AES_128_GCM", false, Kind::kRtp,
     "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573"
     "22493f82d2bce397e9d79e3b19aa4216"},
    {"16.2.1", "AEAD_AES_256_GCM", true, Kind::kRtp,
     "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
     "7aa3db36dfffd6b0f9bb7878d7a76c13"},
    {"16.2.3", "AEAD_AES_256_GCM", false, Kind::kRtp,
     "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573"
     "a866d5910f887463067ceefec45215d4"},
    {"17.1", "AEAD_AES_128_GCM", true, Kind::kRtcp,
     "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b"
     "c84aa45896cf4d2fc5abf87245d9eade800005d4"},
    {"17.2", "AEAD_AES_256_GCM", true, Kind::kRtcp,
     "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad"
     "1d1eb30c4446839f57ff6f6cb26ac3be800005d4"},
    {"17.3", "AEAD_AES_128_GCM", false, Kind::kRtcp,
     "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"
     "841dd9683dd78ec92ae58790125f62b3000005d4"},
    {"17.4", "AEAD_AES_256_GCM", false, Kind::kRtcp,
     "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"
     "91db4afbfeee5a978fab4393ed2615fe000005d4"},
};

TEST(ModelVectors, GcmOfRfc7714) {
  const Bytes salt = from_hex("517569642070726f2071756f");
  EXPECT_EQ(to_hex(gcm_iv(salt, 0x5501a0b2, 0xf17b)), "51753c6580c2726f20718414");
  EXPECT_EQ(to_hex(gcm_iv(salt, 0x4d617273, 0x5d4)), "517524055203726f207170bb");
  for (const GcmVector& vector : kGcmVectors) {
    SCOPED_TRACE(vector.name);
    const Suite& suite = suite_named(vector.suite);
    const Session session{
        .suite = suite, .unencrypted_srtp = !vector.encrypted, .unencrypted_srtcp = !vector.encrypted};
    const Bytes key = from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    const SessionKeys keys{Bytes(key.begin(), key.begin() + static_cast<std::ptrdiff_t>(suite.key_len)), {}, salt};
    const Bytes clear = from_hex(vector.kind == Kind::kRtp ? kGallia : kMars);
    const std::uint64_t index = vector.kind == Kind::kRtp ? 0xf17b : 0x5d4;
    const Bytes sealed = protect(session, keys, {}, vector.kind, clear, index);
    EXPECT_EQ(to_hex(sealed), vector.wire);
    EXPECT_EQ(unprotect(session, keys, vector.kind, take_apart(session, vector.kind, 0, sealed).value(), index), clear);
  }
}

/// RFC 3711 Appendix A at its corners: who is how far away, and where the halves of the sequence space meet.
TEST(ModelIndex, EstimateOfAppendixA) {
  EXPECT_EQ(estimate_roc(5, 0, 32768), 5U);
  EXPECT_EQ(estimate_roc(5, 0, 32769), 4U);
  EXPECT_EQ(estimate_roc(5, 32767, 65535), 5U);
  EXPECT_EQ(estimate_roc(5, 32768, 0), 5U);
  EXPECT_EQ(estimate_roc(5, 32769, 0), 6U);
  EXPECT_EQ(estimate_roc(5, 65535, 32766), 6U);
  EXPECT_EQ(estimate_roc(5, 65535, 32767), 5U);
  EXPECT_EQ(estimate_roc(0, 10, 65000), 0U);
}

TEST(ModelIndex, ReplayListKeepsItsWindow) {
  ReplayList list;
  EXPECT_EQ(list.check(0, 128), Known::kNew);
  list.add(1000);
  EXPECT_EQ(list.check(1000, 128), Known::kSeen);
  EXPECT_EQ(list.check(873, 128), Known::kNew);
  EXPECT_EQ(list.check(872, 128), Known::kTooOld);
  EXPECT_EQ(list.check(872, 4096), Known::kNew);
  EXPECT_EQ(list.check(1001, 128), Known::kNew);
}

/// Everything that a session may be, from the model's sender to its receiver.
TEST(ModelParties, WhatOneSealsTheOtherOpens) {
  for (const Suite& suite : suites()) {
    for (int variant = 0; variant < 64; ++variant) {
      Session session{.suite = suite};
      session.unencrypted_srtp = (variant & 1) != 0;
      session.unencrypted_srtcp = (variant & 2) != 0;
      session.unauthenticated_srtp = (variant & 4) != 0 && !suite.gcm();
      session.key_derivation_rate = (variant & 8) != 0 ? 3 : 0;
      const std::size_t mki_len = (variant & 16) != 0 ? 128 : (variant & 32) != 0 ? 1 : 0;
      const std::vector<MasterKey> keys{{Bytes(suite.key_len, 1), Bytes(suite.salt_len, 2), Bytes(mki_len, 3), 0},
                                        {Bytes(suite.key_len, 4), Bytes(suite.salt_len, 5), Bytes(mki_len, 6), 0}};
      Sender sender(session, keys);
      Receiver receiver(session, keys);
      if (mki_len != 0) sender.use_key(1);
      for (std::uint8_t i = 0; i < 20; ++i) {
        const Kind kind = i % 3 == 0 ? Kind::kRtcp : Kind::kRtp;
        Bytes clear{0x80, 0xc8, 0, i, 0, 0, 0, 9, 0, 0, 0, 9};
        clear.resize(clear.size() + i, i);
        const Bytes sealed = sender.protect(kind, clear).value();
        const std::size_t overhead = session.tag_len(kind) + mki_len + (kind == Kind::kRtcp ? 4 : 0);
        EXPECT_EQ(sealed.size(), clear.size() + overhead);
        const Received received = receiver.receive(kind, sealed);
        ASSERT_EQ(received.verdict, Verdict::kAccepted) << suite.name << " variant " << variant;
        EXPECT_EQ(received.packet, clear);
        EXPECT_EQ(receiver.receive(kind, sealed).verdict, Verdict::kReplayed);
      }
    }
  }
}

TEST(ModelParties, LifetimeEnds) {
  const Suite& suite = suite_named("AES_CM_128_HMAC_SHA1_80");
  Sender sender({.suite = suite}, {{Bytes(16, 1), Bytes(14, 2), {}, 2}});
  const auto packet = [](std::uint8_t sequence) { return Bytes{0x80, 0, 0, sequence, 0, 0, 0, 0, 0, 0, 0, 1}; };
  EXPECT_TRUE(sender.protect(Kind::kRtp, packet(1)));
  EXPECT_TRUE(sender.protect(Kind::kRtp, packet(2)));
  EXPECT_FALSE(sender.protect(Kind::kRtp, packet(3)));
}

}  // namespace
}  // namespace sallyport::model
