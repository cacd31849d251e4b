// The torture messages of RFC 4475 (tests/vectors/sip), each with the answer that parser and framing give it. What only
// the user agent can answer is accepted here, and the table says with what it is to be answered there. Exceptions to
// the RFC's advice, with their reason: baddate (Date is for people, an odd one is no reason to refuse a call; 3.1.2.12
// allows both).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "controlplane/signalling/sip/header_values.hpp"
#include "sip_text.hpp"

namespace sallyport::controlplane::sip {
namespace {

constexpr int kAccepted = 0;
constexpr int kDropped = -1;

struct Vector {
  const char* name;
  const char* section;  ///< of RFC 4475
  int answer;           ///< kAccepted, kDropped, or the status
  const char* note;     ///< what the user agent core is to do with it
};

constexpr Vector kVectors[]{
    {"wsinv", "3.1.1.1", kAccepted, ""},
    {"intmeth", "3.1.1.2", kAccepted, "501 or 405: unknown method"},
    {"esc01", "3.1.1.3", kAccepted, "the user is sips%3Auser%40example.com, no URI in a URI"},
    {"escnull", "3.1.1.4", kAccepted, "a NUL does not end the user"},
    {"esc02", "3.1.1.5", kAccepted, "501 or 405: RE%47IST%45R is not REGISTER"},
    {"lwsdisp", "3.1.1.6", kAccepted, ""},
    {"longreq", "3.1.1.7", kAccepted, ""},
    {"dblreq", "3.1.1.8", kAccepted, "what follows in the datagram is dropped"},
    {"semiuri", "3.1.1.9", kAccepted, ""},
    {"transports", "3.1.1.10", kAccepted, ""},
    {"mpart01", "3.1.1.11", kAccepted, "405: MESSAGE"},
    {"unreason", "3.1.1.12", kAccepted, "dropped: of no request of ours"},
    {"noreason", "3.1.1.13", kAccepted, "dropped: of no request of ours"},
    {"badinv01", "3.1.2.1", 400, ""},
    {"clerr", "3.1.2.2", 400, ""},
    {"ncl", "3.1.2.3", 400, ""},
    {"scalar02", "3.1.2.4", 400, ""},
    {"scalarlg", "3.1.2.5", kDropped, ""},
    {"quotbal", "3.1.2.6", 400, ""},
    {"ltgtruri", "3.1.2.7", 400, ""},
    {"lwsruri", "3.1.2.8", 400, ""},
    {"lwsstart", "3.1.2.9", 400, ""},
    {"trws", "3.1.2.10", 400, ""},
    {"escruri", "3.1.2.11", 400, ""},
    {"baddate", "3.1.2.12", kAccepted, "exception, see above"},
    {"regbadct", "3.1.2.13", 400, ""},
    {"badaspec", "3.1.2.14", 400, ""},
    {"baddn", "3.1.2.15", 400, ""},
    {"badvers", "3.1.2.16", 505, ""},
    {"mismatch01", "3.1.2.17", 400, ""},
    {"mismatch02", "3.1.2.18", 400, "the RFC allows 501 too"},
    {"bigcode", "3.1.2.19", kDropped, ""},
    {"badbranch", "3.2.1", kAccepted, "matched by RFC 2543's rule"},
    {"insuf", "3.3.1", 400, ""},
    {"unkscm", "3.3.2", kAccepted, "416"},
    {"novelsc", "3.3.3", kAccepted, "416"},
    {"unksm2", "3.3.4", kAccepted, "refused by the registrar: a To that is no sip URI"},
    {"bext01", "3.3.5", kAccepted, "420 with Unsupported"},
    {"invut", "3.3.6", kAccepted, "415 with Accept"},
    {"regaut01", "3.3.7", kAccepted, "401"},
    {"multi01", "3.3.8", 400, ""},
    {"mcl01", "3.3.9", 400, ""},
    {"bcast", "3.3.10", kAccepted, "dropped by the transactions: two Vias"},
    {"zeromf", "3.3.11", kAccepted, "answered as usual: 483 is for who would forward it"},
    {"cparam01", "3.3.12", kAccepted, "the parameter is the field's"},
    {"cparam02", "3.3.13", kAccepted, "the parameter is the URI's"},
    {"regescrt", "3.3.14", kAccepted, "the Route header is not copied"},
    {"sdp01", "3.3.15", kAccepted, "406"},
    {"inv2543", "3.4.1", kAccepted, ""},
};

std::string read(const std::string& name) {
  std::ifstream file(std::string(SALLYPORT_VECTORS) + "/sip/" + name + ".dat", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// As a datagram is taken (RFC 3261 18.3).
Parsed take(std::string_view text) {
  const std::size_t head = head_size(text).value_or(text.size());
  const BodyLength length = body_length(text.substr(0, head));
  const std::size_t body = length.bytes.value_or(text.size() - head);
  Parsed parsed = parse(text.substr(0, head), test::secret(text.substr(head, body)));
  if (parsed.status == 0) parsed.status = length.status != 0 ? length.status : body > text.size() - head ? 400 : 0;
  return parsed;
}

int answer_to(const Parsed& parsed) {
  if (!parsed.message) return kDropped;
  if (parsed.status != 0 && !parsed.message->is_request()) return kDropped;
  return parsed.status;
}

TEST(SipTorture, EachMessageGetsItsAnswer) {
  for (const Vector& vector : kVectors) {
    const std::string text = read(vector.name);
    ASSERT_FALSE(text.empty()) << vector.name;
    const Parsed parsed = take(text);
    EXPECT_EQ(answer_to(parsed), vector.answer)
        << vector.name << ", RFC 4475 " << vector.section << ": " << parsed.problem;
  }
}

TEST(SipTorture, NoVectorIsLeftOut) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(SALLYPORT_VECTORS) + "/sip")) {
    files.push_back(entry.path().stem());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> named;
  for (const Vector& vector : kVectors) named.emplace_back(vector.name);
  std::sort(named.begin(), named.end());
  EXPECT_EQ(files, named);
}

/// What was accepted is written and read again as the same, so that nothing changes its meaning on its way through.
TEST(SipTorture, WhatIsAcceptedSurvivesBeingWritten) {
  for (const Vector& vector : kVectors) {
    if (vector.answer != kAccepted) continue;
    const Parsed parsed = take(read(vector.name));
    const SecretString written = parsed.message->to_text();
    const Message again = test::message_of(std::string_view(written));
    EXPECT_EQ(again.to_text(), written) << vector.name;
    EXPECT_EQ(again.headers().size(),
              parsed.message->headers().size() + (parsed.message->first("Content-Length") ? 0 : 1));
  }
}

Message accepted(const char* name) { return take(read(name)).message.value(); }

TEST(SipTorture, AShortTortuousInvite) {
  const Message message = accepted("wsinv");
  EXPECT_EQ(message.uri(), "sip:vivekg@chair-dnrc.example.com;unknownparam");
  EXPECT_EQ(NameAddress::parse(message.value("To"))->tag(), "1918181833n");
  EXPECT_EQ(NameAddress::parse(message.value("From"))->display, "J Rosenberg \\\"");
  EXPECT_EQ(CSeq::parse(message.value("CSeq"))->number, 9U);
  ASSERT_EQ(message.all("Via").size(), 3U);
  EXPECT_EQ(Via::parse(message.all("Via")[0])->host, "192.0.2.2");
  EXPECT_EQ(Via::parse(message.all("Via")[1])->branch(), "z9hG4bK9ikj8");
  EXPECT_EQ(Via::parse(message.all("Via")[2])->transport, "UDP");
  EXPECT_EQ(message.value("NewFangledHeader"), "newfangled value continued newfangled value");
  EXPECT_EQ(message.value("UnknownHeaderWithUnusualValue"), ";;,,;;,;");
  const auto contact = NameAddress::parse(message.value("Contact"));
  EXPECT_EQ(contact->display, "Quoted string \"\"");
  EXPECT_EQ(*find_parameter(contact->parameters, "q"), "0.33");
  EXPECT_EQ(message.body().size(), 150U);
}

TEST(SipTorture, UnusualCharactersAndEscapes) {
  const Message odd = accepted("intmeth");
  EXPECT_EQ(Uri::parse(odd.uri())->host, "example.com");
  EXPECT_EQ(Uri::parse(odd.uri())->user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
  EXPECT_FALSE(Uri::parse(odd.uri())->has_headers);
  EXPECT_EQ(NameAddress::parse(odd.value("From"))->tag(), "_token~1'+`*%!-.");
  EXPECT_EQ(NameAddress::parse(odd.value("To"))->display, "BEL:  NUL:  DEL: ");
  EXPECT_EQ(Uri::parse(accepted("esc01").uri())->user, "sips%3Auser%40example.com");
  EXPECT_EQ(NameAddress::parse(accepted("esc01").value("To"))->uri.user, "user");
  EXPECT_EQ(NameAddress::parse(accepted("escnull").value("To"))->uri.user, "null-%00-null");
  EXPECT_EQ(accepted("esc02").all("Contact").size(), 2U) << "C%6Fntact is not Contact";
  EXPECT_EQ(Uri::parse(accepted("semiuri").uri())->user, "user;par=u%40example.net");
}

TEST(SipTorture, ParametersBelongWhereTheyStand) {
  const auto field = NameAddress::parse(accepted("cparam01").value("Contact"));
  EXPECT_NE(find_parameter(field->parameters, "unknownparam"), nullptr);
  const auto uri = NameAddress::parse(accepted("cparam02").value("Contact"));
  EXPECT_EQ(find_parameter(uri->parameters, "unknownparam"), nullptr);
  EXPECT_NE(find_parameter(uri->uri.parameters, "unknownparam"), nullptr);
  EXPECT_EQ(NameAddress::parse(accepted("regescrt").value("Contact"))->uri.header("Route"), "<sip:sip.example.com>");
}

TEST(SipTorture, ADatagramEndsWithItsFirstMessage) {
  EXPECT_EQ(accepted("dblreq").method(), "REGISTER");
  EXPECT_TRUE(accepted("dblreq").body().empty());
  EXPECT_EQ(accepted("mpart01").body().size(), 553U);
  EXPECT_EQ(accepted("inv2543").body().size(), read("inv2543").size() - *head_size(read("inv2543")));
}

}  // namespace
}  // namespace sallyport::controlplane::sip
