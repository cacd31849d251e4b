// The capture's file: what is in it, who may read it, and what it does not write over.
#include "controlplane/admin/pcap_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "crypto/error.hpp"
#include "temporary_folder.hpp"

namespace sallyport::controlplane {
namespace {

class PcapFileTest : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::string path_ = folder_.file("a.pcap");
};

TEST_F(PcapFileTest, HoldsPacketsWithNanoseconds) {
  const std::array<std::uint8_t, 5> packet{1, 2, 3, 4, 5};
  {
    PcapFile file(path_);
    file.add(1'700'000'000'123'456'789, 9000, packet);
    file.flush();
  }
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  pcap_t* const read = pcap_open_offline_with_tstamp_precision(path_.c_str(), PCAP_TSTAMP_PRECISION_NANO, error.data());
  ASSERT_NE(read, nullptr) << error.data();
  EXPECT_EQ(pcap_datalink(read), DLT_EN10MB);
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  ASSERT_EQ(pcap_next_ex(read, &header, &bytes), 1);
  EXPECT_EQ(header->ts.tv_sec, 1'700'000'000);
  EXPECT_EQ(header->ts.tv_usec, 123'456'789);
  EXPECT_EQ(header->len, 9000U);
  ASSERT_EQ(header->caplen, packet.size());
  EXPECT_TRUE(std::equal(packet.begin(), packet.end(), bytes));
  EXPECT_EQ(pcap_next_ex(read, &header, &bytes), PCAP_ERROR_BREAK) << "one packet";
  pcap_close(read);
}

TEST_F(PcapFileTest, IsTheUsersAlone) {
  const mode_t before = ::umask(0);
  const PcapFile file(path_);
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST_F(PcapFileTest, WritesOverNothing) {
  std::ofstream(path_) << "mine";
  EXPECT_THROW(PcapFile{path_}, SetupError);
  EXPECT_EQ(std::filesystem::file_size(path_), 4U);
}

TEST_F(PcapFileTest, FollowsNoLink) {
  const std::string target = folder_.file("target");
  ASSERT_EQ(::symlink(target.c_str(), path_.c_str()), 0);
  EXPECT_THROW(PcapFile{path_}, SetupError);
  EXPECT_FALSE(std::filesystem::exists(target));
}

TEST_F(PcapFileTest, IsTakenAwayAgain) {
  PcapFile file(path_);
  file.remove();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace sallyport::controlplane
