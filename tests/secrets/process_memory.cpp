#include "tests/secrets/process_memory.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <ostream>
#include <stdexcept>

namespace sallyport::secrets {
namespace {

constexpr std::size_t kPiece = 8;
constexpr std::size_t kPage = 4096;
constexpr std::size_t kChunk = 1 << 20;
/// What is skipped at once where it is zeros.
constexpr std::size_t kZeros = 512;
/// A scan that finds this much has shown what it can.
constexpr std::size_t kMostFindings = 200'000;

/// What the child tells its parent.
struct Spot {
  std::uintptr_t address;
  std::uint16_t owner;
  SecretKind kind;
};

/// Most of memory is zeros, and no needle is.
std::size_t leading_zeros(const std::uint8_t* bytes, std::size_t length) {
  std::size_t zeros = 0;
  for (; zeros + kZeros <= length; zeros += kZeros) {
    std::uint8_t any = 0;
    for (std::size_t i = 0; i < kZeros; ++i) any |= bytes[zeros + i];
    if (any != 0) break;
  }
  return zeros >= kPiece ? zeros - kPiece : 0;  // a piece may begin with zeros
}

/// Calls found(address, needle) for each piece in [first, end) of the file.
template <class Found>
void look_through(int file, std::uintptr_t first, std::uintptr_t end, const NeedleSet& needles, Found&& found) {
  std::vector<std::uint8_t> chunk(kChunk + kPiece);
  std::size_t kept = 0;  // bytes of the chunk before, for pieces that lie across
  for (std::uintptr_t at = first; at < end;) {
    const std::size_t wanted = std::min<std::size_t>(kChunk, end - at);
    const ssize_t got = pread(file, chunk.data() + kept, wanted, static_cast<off_t>(at));
    if (got <= 0) {  // [vvar] and device memory
      at += std::min<std::size_t>(kPage, end - at);
      kept = 0;
      continue;
    }
    const std::size_t length = kept + static_cast<std::size_t>(got);
    for (std::size_t i = 0; i + kPiece <= length; ++i) {
      if (i % kZeros == 0) i += leading_zeros(chunk.data() + i, length - i - kPiece);
      std::uint64_t value;
      std::memcpy(&value, chunk.data() + i, kPiece);
      if (const Needle* needle = needles.find(value)) found(at - kept + i, *needle);
    }
    const std::size_t keep = std::min(length, kPiece - 1);
    std::memmove(chunk.data(), chunk.data() + length - keep, keep);
    kept = keep;
    at += static_cast<std::size_t>(got);
  }
}

int open_or_throw(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw std::runtime_error("cannot read " + path);
  return file;
}

std::vector<Spot> spots_in(const std::string& path, const std::vector<Region>& regions, const NeedleSet& needles) {
  const int file = open_or_throw(path);
  std::vector<Spot> spots;
  for (const Region& region : regions) {
    look_through(file, region.first, region.end, needles, [&spots](std::uintptr_t address, const Needle& needle) {
      if (spots.size() < kMostFindings) spots.push_back({address, needle.owner, needle.kind});
    });
  }
  close(file);
  return spots;
}

std::vector<Finding> with_regions(const std::vector<Spot>& spots, const std::vector<Region>& regions) {
  std::vector<Finding> findings;
  for (const Spot& spot : spots) {
    const auto region = std::ranges::find_if(
        regions, [&spot](const Region& r) { return r.first <= spot.address && spot.address < r.end; });
    findings.push_back({spot.address, spot.owner, spot.kind, *region});
  }
  return findings;
}

void write_all(int file, const std::vector<Spot>& spots) {
  const auto* next = reinterpret_cast<const char*>(spots.data());
  for (std::size_t left = spots.size() * sizeof(Spot); left != 0;) {
    const ssize_t written = write(file, next, left);
    if (written <= 0) _exit(1);
    next += written;
    left -= static_cast<std::size_t>(written);
  }
}

std::vector<Spot> read_all(int file) {
  std::vector<Spot> spots;
  std::vector<char> bytes;
  std::array<char, 4096> chunk;
  for (ssize_t got; (got = read(file, chunk.data(), chunk.size())) > 0;) {
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + got);
  }
  spots.resize(bytes.size() / sizeof(Spot));
  if (!spots.empty()) std::memcpy(spots.data(), bytes.data(), spots.size() * sizeof(Spot));
  return spots;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Finding& finding) {
  std::array<char, 64> where;
  std::snprintf(where.data(), where.size(), " at %#lx, %#lx into ", finding.address,
                finding.address - finding.region.first);
  return out << to_string(finding.kind) << " of " << finding.owner << where.data()
             << (finding.region.name.empty() ? "memory without a name" : finding.region.name)
             << (finding.region.dumped ? "" : " (not dumped)");
}

std::vector<Region> regions_of(pid_t process) {
  std::ifstream smaps("/proc/" + std::to_string(process) + "/smaps");
  std::vector<Region> regions;
  bool readable = false;
  bool written = false;  // or may be: what is as it is in its file holds no secret
  bool backed = false;
  for (std::string line; std::getline(smaps, line);) {
    std::uintptr_t first = 0;
    std::uintptr_t end = 0;
    std::array<char, 8> rights{};
    int name_at = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %7s %*s %*s %*s%n", &first, &end, rights.data(), &name_at) == 3) {
      const std::size_t name = line.find_first_not_of(' ', static_cast<std::size_t>(name_at));
      regions.push_back({first, end, name == std::string::npos ? "" : line.substr(name), true});
      readable = rights[0] == 'r';
      written = rights[1] == 'w';
      backed = false;
    } else if (line.starts_with("Anonymous:")) {
      written = written || line.find(" 0 kB") == std::string::npos;
    } else if (line.starts_with("Rss:") || line.starts_with("Swap:") || line.find("_Hugetlb:") != std::string::npos) {
      backed = backed || line.find(" 0 kB") == std::string::npos;
    } else if (line.starts_with("VmFlags:")) {
      regions.back().dumped = line.find(" dd") == std::string::npos;
      if (!readable || !written || !backed) regions.pop_back();
    }
  }
  return regions;
}

std::vector<Finding> find_in(pid_t process, const NeedleSet& needles) {
  const std::vector<Region> regions = regions_of(process);
  if (regions.empty()) throw std::runtime_error("no memory of process " + std::to_string(process) + " is to be read");
  return with_regions(spots_in("/proc/" + std::to_string(process) + "/mem", regions, needles), regions);
}

std::vector<Finding> find_here(const NeedleSet& needles) {
  const std::vector<Region> regions = regions_of(getpid());
  std::array<int, 2> ends;
  if (regions.empty() || pipe(ends.data()) != 0) throw std::runtime_error("memory is not to be read");
  const pid_t child = fork();
  if (child == 0) {
    write_all(ends[1], spots_in("/proc/self/mem", regions, needles));
    _exit(0);
  }
  close(ends[1]);
  const std::vector<Spot> spots = read_all(ends[0]);
  close(ends[0]);
  int status = 1;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) throw std::runtime_error("the search failed");
  return with_regions(spots, regions);
}

std::vector<Finding> find_in_file(const std::string& path, const NeedleSet& needles) {
  const int file = open_or_throw(path);
  const auto end = static_cast<std::uintptr_t>(lseek(file, 0, SEEK_END));
  close(file);
  const std::vector<Region> whole{{0, end, path, true}};
  return with_regions(spots_in(path, whole, needles), whole);
}

}  // namespace sallyport::secrets
