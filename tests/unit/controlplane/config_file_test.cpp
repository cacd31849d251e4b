// The configuration's syntax: comments, quoting, line ends, sizes, and settings of the command line.
#include "controlplane/config_file.hpp"

#include <gtest/gtest.h>

#include "controlplane/config.hpp"

namespace sallyport::controlplane {
namespace {

struct ValueRow {
  std::string_view line;
  std::string_view value;
};

/// The value of "key" in a section of one line; "(fault)" where there is one.
std::string value_of(std::string_view line) {
  Faults faults("FILE");
  const auto sections = tokenize("[s]\n" + std::string(line) + "\n", faults);
  if (faults.count() > 0) return "(fault)";
  return sections.at(0).entries.empty() ? "(nothing)" : std::string(sections[0].entries[0].value);
}

TEST(ConfigFile, ReadsValues) {
  const ValueRow rows[] = {
      {"key=value", "value"},
      {"  key \t=\t value \t", "value"},
      {"key = two words", "two words"},
      {"key = pass#word", "pass#word"},
      {"key = a;b", "a;b"},
      {"key = word # comment", "word"},
      {"key = word\t; comment", "word"},
      {"key = \"pass #word\"", "pass #word"},
      {"key = \"  blanks  \" ; comment", "  blanks  "},
      {R"(key = "a \"quoted\" word")", "a \"quoted\" word"},
      {R"(key = "back\\slash")", "back\\slash"},
      {R"(key = back\slash)", "back\\slash"},
      {R"(key = mid"quote)", "mid\"quote"},
      {"key = a=b==", "a=b=="},
      {"key = \"\"", ""},
      {"key = value\r", "value"},
      {"key = gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
      {"# key = value", "(nothing)"},
      {"   ; key = value", "(nothing)"},
      {"", "(nothing)"},
      {"key = \"a\"b", "(fault)"},
      {"key = \"a\"#b", "(fault)"},
      {"key = \"a", "(fault)"},
      {"key = \"a\\", "(fault)"},
      {"key = \"a\\n\"", "(fault)"},
      {"key =", "(fault)"},
      {"key = #", "(fault)"},
      {"Key = value", "(fault)"},
      {"two words = value", "(fault)"},
      {"= value", "(fault)"},
      {"key", "(fault)"},
      {"[s", "(fault)"},
      {"[other] key = value", "(fault)"},
      {"key = bell\x07", "(fault)"},
      {"key = del\x7f", "(fault)"},
      {std::string_view("key = nul\0", 10), "(fault)"},
  };
  for (const ValueRow& row : rows) EXPECT_EQ(value_of(row.line), row.value) << row.line;
}

TEST(ConfigFile, NumbersLinesAndKeepsOrder) {
  Faults faults("FILE");
  const auto sections = tokenize("\xef\xbb\xbf# first\r\n[a]\r\nx = 1\r\n\r\nx = 2\r\n[b] # comment\ny = 3", faults);
  ASSERT_EQ(faults.count(), 0U);
  ASSERT_EQ(sections.size(), 2U);
  EXPECT_EQ(sections[0].name, "a");
  EXPECT_EQ(sections[0].line, 2U);
  ASSERT_EQ(sections[0].entries.size(), 2U);
  EXPECT_EQ(sections[0].entries[0].line, 3U);
  EXPECT_EQ(sections[0].entries[1].line, 5U);
  EXPECT_EQ(sections[1].entries.at(0).value, "3");
  EXPECT_EQ(sections[1].entries.at(0).line, 7U);
}

TEST(ConfigFile, LineLengthIsBounded) {
  const std::string longest = "key = " + std::string(kMaxLine - 6, 'x');
  EXPECT_EQ(value_of(longest).size(), kMaxLine - 6);
  EXPECT_EQ(value_of(longest + "x"), "(fault)");
}

TEST(ConfigFile, FaultsAreCountedWhereThereAreTooManyToShow) {
  Faults faults("FILE");
  std::string text;
  for (int i = 0; i < 250; ++i) text += "junk\n";
  tokenize(text, faults);
  try {
    faults.raise();
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    ASSERT_EQ(error.faults().size(), 101U);
    EXPECT_EQ(error.faults().back(), "FILE: and 150 more faults");
  }
}

TEST(ConfigFile, ReadsSettingsOfTheCommandLine) {
  Faults faults("FILE");
  const auto sections = tokenize_overrides({"log.level=debug", "port.wan.mac=02:00:00:00:00:01", "port.wan.tap=a b",
                                            "stream.s-1.a.local=10.0.0.1:20000", "log.other=x=y"},
                                           faults);
  ASSERT_EQ(faults.count(), 0U);
  ASSERT_EQ(sections.size(), 3U);
  EXPECT_EQ(find_section(sections, "log")->entries.at(1).value, "x=y");
  EXPECT_EQ(find_section(sections, "port.wan")->entries.at(1).value, "a b");
  EXPECT_EQ(find_section(sections, "stream.s-1")->entries.at(0).key, "a.local");
}

TEST(ConfigFile, RefusesMalformedSettings) {
  for (const char* setting :
       {"", "log.level", "level=debug", "port.wan=x", "log.=x", "log.Level=x", "log.level=a\nb"}) {
    Faults faults("FILE");
    EXPECT_TRUE(tokenize_overrides({setting}, faults).empty()) << setting;
    EXPECT_EQ(faults.count(), 1U) << setting;
  }
}

}  // namespace
}  // namespace sallyport::controlplane
