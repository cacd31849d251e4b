// Aligned columns of text, and figures as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::controlplane {

class TextTable {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kRight;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// As many cells as there are columns.
  void add(std::vector<std::string> cells);
  /// A line of its own below the last row, not aligned to the columns.
  void note(std::string text);
  std::string to_string() const;

 private:
  struct Line {
    std::vector<std::string> cells;
    std::string note;
  };
  std::vector<Column> columns_;
  std::vector<Line> lines_;
};

/// 1234567 as "1,234,567".
std::string grouped(std::uint64_t value);
/// With that many digits behind the point, and groups before it.
std::string decimal(double value, int digits);
/// Seconds as "45 s", "12 min 3 s", "5 h 2 min", "3 d 4 h".
std::string duration(double seconds);

}  // namespace sallyport::controlplane
