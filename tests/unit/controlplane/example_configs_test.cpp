// The example configurations are sound, once the keys that they tell how to make are there.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "config_fixture.hpp"

namespace sallyport::controlplane {
namespace {

/// As `openssl rand -base64 LENGTH` prints it.
std::string random_key(int length) {
  std::vector<unsigned char> bytes(static_cast<std::size_t>(length));
  RAND_bytes(bytes.data(), length);
  std::string text(64, '\0');
  text.resize(
      static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), length)));
  return text + "\n";
}

std::string example(const std::string& name) {
  std::ifstream file(std::string(SALLYPORT_CONFIGS) + "/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ExampleConfigs : public testing::Test {
 protected:
  ExampleConfigs() { std::filesystem::create_directory(folder_.file("keys")); }
  void key(const std::string& name, int length) { folder_.write("keys/" + name + ".key", random_key(length)); }
  const TemporaryFolder folder_;
};

TEST_F(ExampleConfigs, LabVeth) {
  key("to-secure", 30);
  key("from-secure", 30);
  const std::string path = folder_.write("lab-veth.conf", example("lab-veth.conf"), 0644);
  EXPECT_EQ(faults_of(path), std::vector<std::string>{});
  EXPECT_EQ(load_config(path, {}).streams.size(), 1U);
}

TEST_F(ExampleConfigs, SiteCalls) {
  folder_.write("keys/alice.password", "wonderland\n");
  folder_.write("keys/bob.password", "builder\n");
  const std::string path = folder_.write("site-calls.conf", example("site-calls.conf"), 0644);
  EXPECT_EQ(faults_of(path), std::vector<std::string>{});
  EXPECT_EQ(load_config(path, {}).sip.lines[0].password, "wonderland");
}

TEST_F(ExampleConfigs, LabMemif) {
  key("left-send", 44);
  key("left-receive", 44);
  key("right-send", 28);
  key("right-receive", 28);
  EXPECT_EQ(faults_of(folder_.write("lab-memif.conf", example("lab-memif.conf"), 0644)), std::vector<std::string>{});
}

TEST_F(ExampleConfigs, LabGenerators) {
  key("to-secure", 28);
  key("from-secure", 28);
  const std::string path = folder_.write("lab-generators.conf", example("lab-generators.conf"), 0644);
  EXPECT_EQ(faults_of(path), std::vector<std::string>{});
}

TEST_F(ExampleConfigs, LabSrtp) {
  for (const char* name : {"phone-send", "phone-receive", "f8-send", "f8-receive", "trunk-receive"}) key(name, 30);
  std::string first = random_key(30);
  std::string second = random_key(30);
  first.pop_back();
  second.pop_back();
  folder_.write("keys/trunk-send.key", "inline:" + first + "|2^31|1:4;inline:" + second + "|2^31|2:4\n");
  const std::string path = folder_.write("lab-srtp.conf", example("lab-srtp.conf"), 0644);
  EXPECT_EQ(faults_of(path), std::vector<std::string>{});
  EXPECT_TRUE(load_config(path, {}).warnings.empty());
}

TEST_F(ExampleConfigs, Nic) {
  key("send", 28);
  key("receive", 28);
  const std::string path = folder_.write("nic.conf", example("nic.conf"), 0644);
  EXPECT_EQ(faults_of(path, {"workers.cores=all", "stream.trunk-1.a.send_key=file:keys/send.key",
                             "stream.trunk-1.a.receive_key=file:keys/receive.key"}),
            std::vector<std::string>{});
}

}  // namespace
}  // namespace sallyport::controlplane
