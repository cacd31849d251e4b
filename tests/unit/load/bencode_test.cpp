// Bencoding: what ng says, written and read, and all that is nearly bencoding.
#include "perf/load/bencode.hpp"

#include <gtest/gtest.h>

namespace sallyport::load {
namespace {

TEST(Bencode, WritesAndReadsBackEveryKind) {
  const Bencode::Dictionary message{{"command", "offer"},
                                    {"number", std::int64_t{-42}},
                                    {"replace", Bencode::List{"origin", std::int64_t{0}}},
                                    {"empty", Bencode(Bencode::Dictionary{})}};
  const Bencode::Text text = Bencode(message).encode();
  EXPECT_EQ(text, "d7:command5:offer6:numberi-42e7:replacel6:origini0ee5:emptydee");
  const auto read = Bencode::parse(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->encode(), text);
  EXPECT_EQ(read->text_of("command"), "offer");
  EXPECT_EQ(*read->find("number")->number(), -42);
  EXPECT_EQ(read->find("replace")->list()->size(), 2U);
  EXPECT_EQ(read->find("nothing"), nullptr);
  EXPECT_EQ(read->text_of("number"), "");
}

TEST(Bencode, KeepsEveryByteOfAString) {
  const std::string all_bytes = [] {
    std::string bytes;
    for (int value = 0; value < 256; ++value) bytes.push_back(static_cast<char>(value));
    return bytes;
  }();
  const auto read = Bencode::parse(Bencode(std::string_view(all_bytes)).encode());
  ASSERT_TRUE(read);
  EXPECT_EQ(std::string_view(*read->text()), all_bytes);
}

TEST(Bencode, ReadsTheExtremesOfNumbers) {
  EXPECT_EQ(*Bencode::parse("i9223372036854775807e")->number(), INT64_MAX);
  EXPECT_EQ(*Bencode::parse("i-9223372036854775808e")->number(), INT64_MIN);
  EXPECT_EQ(*Bencode::parse("0:")->text(), "");
}

TEST(Bencode, RefusesWhatIsNearlyBencoding) {
  for (const char* text : {"",
                           "i",
                           "ie",
                           "i-e",
                           "i1",
                           "i01e",
                           "i-0e",
                           "i+1e",
                           "i 1e",
                           "i1.5e",
                           "i9223372036854775808e",
                           "1",
                           "1:",
                           "2:a",
                           "01:a",
                           "-1:a",
                           "18446744073709551615:a",
                           "99999999999999999999:a",
                           "l",
                           "li1e",
                           "d",
                           "d1:a",
                           "d1:ai1e",
                           "di1ei1ee",
                           "d1:ai1e1:ai2ee",
                           "e",
                           "x",
                           "i1ei2e",
                           "lee",
                           "4:spam ",
                           "\n"}) {
    EXPECT_FALSE(Bencode::parse(text)) << text;
  }
}

TEST(Bencode, RefusesWhatIsNestedTooDeep) {
  EXPECT_TRUE(Bencode::parse(std::string(10, 'l') + std::string(10, 'e')));
  EXPECT_FALSE(Bencode::parse(std::string(100'000, 'l') + std::string(100'000, 'e')));
}

TEST(Bencode, RefusesEachBeginningOfAMessage) {
  const std::string whole = "d3:sdp5:v=0\r\n4:listli1e1:ae6:result2:oke";
  ASSERT_TRUE(Bencode::parse(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(Bencode::parse(std::string_view(whole).substr(0, length))) << length;
  }
}

}  // namespace
}  // namespace sallyport::load
