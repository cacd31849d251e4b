#include "perf/shape.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "crypto/rtp_wire.hpp"

namespace sallyport::perf {
namespace {

constexpr std::uint32_t kLongestBurst = 64;
constexpr std::uint32_t kLongestPacket = 1500;

[[noreturn]] void refuse(std::string_view option, const char* expected) {
  std::fprintf(stderr, "%.*s: expected %s\n", static_cast<int>(option.size()), option.data(), expected);
  std::exit(2);
}

template <typename Number>
Number to_number(std::string_view option, std::string_view text, Number least, Number most) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || value < least || value > most) {
    const std::string expected = "numbers from " + std::to_string(least) + " to " + std::to_string(most);
    refuse(option, expected.c_str());
  }
  return value;
}

void take_list(int& argc, char** argv, std::string_view option, std::vector<std::uint32_t>& list, std::uint32_t least,
               std::uint32_t most) {
  const std::string value = take_option(argc, argv, option);
  if (value.empty()) return;
  list.clear();
  for (std::size_t start = 0; start <= value.size();) {
    const std::size_t comma = std::min(value.find(',', start), value.size());
    list.push_back(to_number(option, std::string_view(value).substr(start, comma - start), least, most));
    start = comma + 1;
  }
}

}  // namespace

std::vector<Shape> Shapes::all() const {
  std::vector<Shape> shapes;
  for (const std::uint32_t count : streams) {
    for (const Shape& shape : of(count)) shapes.push_back(shape);
  }
  return shapes;
}

std::vector<Shape> Shapes::of(std::uint32_t count) const {
  std::vector<Shape> shapes;
  for (const std::uint32_t size : sizes) {
    for (const std::uint32_t burst : bursts) shapes.push_back({count, burst, size});
  }
  return shapes;
}

Shapes take_shapes(int& argc, char** argv) {
  constexpr std::uint32_t kMostStreams = 1'000'000;
  Shapes shapes;
  take_list(argc, argv, "--streams=", shapes.streams, 1, kMostStreams);
  take_list(argc, argv, "--burst=", shapes.bursts, 1, kLongestBurst);
  take_list(argc, argv, "--size=", shapes.sizes, crypto::kRtpFixedHeader, kLongestPacket);
  const std::string seconds = take_option(argc, argv, "--seconds=");
  if (!seconds.empty()) shapes.seconds = to_number("--seconds=", seconds, 0.001, 60.0);
  return shapes;
}

std::string take_option(int& argc, char** argv, std::string_view option) {
  std::string value;
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with(option)) {
      value = argument.substr(option.size());
      if (value.empty()) refuse(option, "a value");
    } else {
      argv[kept++] = argv[i];
    }
  }
  argc = kept;
  return value;
}

std::string row_name(std::string_view name, std::string_view direction, std::string_view suite, const Shape& shape,
                     std::string_view engine) {
  return std::string(name) + "/direction:" + std::string(direction) + "/suite:" + std::string(suite) +
         "/size:" + std::to_string(shape.size) + "/burst:" + std::to_string(shape.burst) +
         "/streams:" + std::to_string(shape.streams) + "/engine:" + std::string(engine);
}

}  // namespace sallyport::perf
