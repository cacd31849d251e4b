// What a bench runs over: packets of which size, of how many streams, in bursts of how many; from the command line of
// every program in this folder, and as the names of its rows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::perf {

struct Shape {
  std::uint32_t streams = 256;
  std::uint32_t burst = 32;
  std::uint32_t size = 172;  ///< bytes of an RTP packet: 12 header and 160 of G.711
};

/// What a program was asked for: all combinations of its lists.
struct Shapes {
  std::vector<std::uint32_t> streams{256};
  std::vector<std::uint32_t> bursts{32};
  std::vector<std::uint32_t> sizes{172};
  double seconds = 0.1;  ///< of work per figure

  std::vector<Shape> all() const;
  /// Those with that many streams.
  std::vector<Shape> of(std::uint32_t count) const;
};

/// Takes --streams=N,N --burst=N,N --size=N,N and --seconds=S out of the arguments. Exits with a message on a bad
/// value.
Shapes take_shapes(int& argc, char** argv);

/// Takes `option`VALUE, as in "--engine=", out of the arguments; empty where it is not there.
std::string take_option(int& argc, char** argv, std::string_view option);

/// "NAME/direction:protect/suite:.../size:.../burst:.../streams:.../engine:..."
std::string row_name(std::string_view name, std::string_view direction, std::string_view suite, const Shape& shape,
                     std::string_view engine);

}  // namespace sallyport::perf
