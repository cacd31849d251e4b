#include "controlplane/admin/text_table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace sallyport::controlplane {
namespace {

constexpr std::string_view kGap = "  ";

/// Characters, not bytes: continuation bytes of UTF-8 take no column.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void append_row(std::string& out, const std::vector<std::string>& cells, const std::vector<TextTable::Column>& columns,
                const std::vector<std::size_t>& widths) {
  std::string row;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string padding(widths[i] - width(cells[i]), ' ');
    const bool right = columns[i].align == TextTable::Align::kRight;
    if (i > 0) row.append(kGap);
    row.append(right ? padding : cells[i]).append(right ? cells[i] : padding);
  }
  row.erase(row.find_last_not_of(' ') + 1);
  out.append(row).append("\n");
}

}  // namespace

void TextTable::add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  lines_.push_back({std::move(cells), {}});
}

void TextTable::note(std::string text) { lines_.push_back({{}, std::move(text)}); }

std::string TextTable::to_string() const {
  std::vector<std::string> titles;
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    titles.push_back(columns_[i].title);
    widths.push_back(width(columns_[i].title));
    for (const Line& line : lines_) {
      if (!line.cells.empty()) widths[i] = std::max(widths[i], width(line.cells[i]));
    }
  }
  std::string out;
  append_row(out, titles, columns_, widths);
  for (const Line& line : lines_) {
    if (line.cells.empty()) {
      out.append(line.note).append("\n");
    } else {
      append_row(out, line.cells, columns_, widths);
    }
  }
  return out;
}

std::string grouped(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string decimal(double value, int digits) {
  if (!std::isfinite(value)) return "-";
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, std::abs(value));
  const std::string_view all = text;
  const std::size_t point = std::min(all.find('.'), all.size());
  std::string whole(all.substr(0, point));
  for (std::size_t at = whole.size(); at > 3;) whole.insert(at -= 3, ",");
  return (value < 0 ? "-" : "") + whole.append(all.substr(point));
}

std::string duration(double seconds) {
  const auto all = static_cast<std::uint64_t>(std::max(0.0, seconds));
  const auto two = [](std::uint64_t large, const char* large_unit, std::uint64_t small, const char* small_unit) {
    return std::to_string(large) + large_unit + (small == 0 ? "" : " " + std::to_string(small) + small_unit);
  };
  if (all < 60) return std::to_string(all) + " s";
  if (all < 3600) return two(all / 60, " min", all % 60, " s");
  if (all < 86400) return two(all / 3600, " h", all / 60 % 60, " min");
  return two(all / 86400, " d", all / 3600 % 24, " h");
}

}  // namespace sallyport::controlplane
