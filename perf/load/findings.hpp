// What the judge counted, per lane and in sum. Plain numbers; kFindings names them for reports.
#pragma once

#include <array>
#include <cstdint>

namespace sallyport::load {

struct Findings {
  // What was offered, and what we did to it on purpose.
  std::uint64_t offered = 0;  ///< packets of the schedule, withheld ones included
  std::uint64_t withheld = 0;
  std::uint64_t sent_twice = 0;
  std::uint64_t sent_late = 0;  ///< behind their successor
  std::uint64_t bad_tags = 0;
  std::uint64_t malformed = 0;  ///< not RTP any more

  // What came back.
  std::uint64_t received = 0;    ///< datagrams for this lane's endpoint, RTP
  std::uint64_t right = 0;       ///< packets that came back in time with every byte as it should be
  std::uint64_t duplicated = 0;  ///< copies beyond the first
  std::uint64_t reordered = 0;   ///< behind a later packet (RFC 4737 3.3)
  std::uint64_t auth_failed = 0;

  // What is wrong: not explained by what we did on purpose.
  std::uint64_t lost = 0;
  std::uint64_t late = 0;
  std::uint64_t wrong_payload = 0;  ///< a byte or the length differs
  std::uint64_t wrong_header = 0;   ///< a fixed field differs, or SSRC, sequence or timestamp left the lane's mapping
  std::uint64_t extra_copies = 0;
  std::uint64_t disorder = 0;
  std::uint64_t unauthentic = 0;
  std::uint64_t wrong_source = 0;
  std::uint64_t unexpected = 0;  ///< foreign, misdelivered, malformed, or never sent

  // Sender reports, where they were asked for.
  std::uint64_t reports_offered = 0;
  std::uint64_t reports_right = 0;
  std::uint64_t reports_wrong = 0;
  std::uint64_t reports_lost = 0;

  bool operator==(const Findings&) const = default;
};

/// A finding with its name in tables and JSON.
struct NamedFinding {
  const char* name;
  const char* meaning;
  std::uint64_t Findings::*value;
  bool fault;
};

inline constexpr std::array kFindings{
    NamedFinding{"offered", "packets offered", &Findings::offered, false},
    NamedFinding{"withheld", "withheld on purpose", &Findings::withheld, false},
    NamedFinding{"sent_twice", "sent twice on purpose", &Findings::sent_twice, false},
    NamedFinding{"sent_late", "sent behind their successor on purpose", &Findings::sent_late, false},
    NamedFinding{"bad_tags", "sent with a wrong tag on purpose", &Findings::bad_tags, false},
    NamedFinding{"malformed", "sent malformed on purpose", &Findings::malformed, false},
    NamedFinding{"received", "packets received", &Findings::received, false},
    NamedFinding{"right", "right: in time, every byte as it should be", &Findings::right, false},
    NamedFinding{"duplicated", "second and further copies", &Findings::duplicated, false},
    NamedFinding{"reordered", "came behind a later packet", &Findings::reordered, false},
    NamedFinding{"auth_failed", "tag refused by our SRTP", &Findings::auth_failed, false},
    NamedFinding{"lost", "lost", &Findings::lost, true},
    NamedFinding{"late", "late", &Findings::late, true},
    NamedFinding{"wrong_payload", "wrong payload", &Findings::wrong_payload, true},
    NamedFinding{"wrong_header", "wrong header or changed mapping", &Findings::wrong_header, true},
    NamedFinding{"extra_copies", "duplicated", &Findings::extra_copies, true},
    NamedFinding{"disorder", "reordered", &Findings::disorder, true},
    NamedFinding{"unauthentic", "not authentic", &Findings::unauthentic, true},
    NamedFinding{"wrong_source", "from a wrong address", &Findings::wrong_source, true},
    NamedFinding{"unexpected", "unexpected or malformed", &Findings::unexpected, true},
    NamedFinding{"reports_offered", "RTCP reports offered", &Findings::reports_offered, false},
    NamedFinding{"reports_right", "RTCP reports right", &Findings::reports_right, false},
    NamedFinding{"reports_wrong", "RTCP reports wrong", &Findings::reports_wrong, true},
    NamedFinding{"reports_lost", "RTCP reports lost", &Findings::reports_lost, true},
};
static_assert(kFindings.size() * sizeof(std::uint64_t) == sizeof(Findings), "every finding has a name");

inline Findings& operator+=(Findings& sum, const Findings& other) noexcept {
  for (const NamedFinding& finding : kFindings) sum.*finding.value += other.*finding.value;
  return sum;
}

/// Everything that keeps the exit status from being 0.
inline std::uint64_t faults(const Findings& findings) noexcept {
  std::uint64_t sum = 0;
  for (const NamedFinding& finding : kFindings) sum += finding.fault ? findings.*finding.value : 0;
  return sum;
}

}  // namespace sallyport::load
