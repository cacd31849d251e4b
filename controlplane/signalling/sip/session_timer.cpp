#include "controlplane/signalling/sip/session_timer.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "controlplane/signalling/sip/header_values.hpp"

namespace sallyport::controlplane::sip {
namespace {

using std::chrono::seconds;

constexpr std::uint32_t kLongest = 0x7fffffff;

struct SessionExpires {
  seconds interval;
  std::string refresher;  ///< "uac", "uas", or empty
};

/// "1800;refresher=uac".
std::optional<SessionExpires> read(const Message& message) {
  const std::string_view text = message.value("Session-Expires");
  const auto interval = parse_count(trim(text.substr(0, text.find(';'))), kLongest);
  if (!interval || *interval == 0) return std::nullopt;
  const std::size_t at = text.find("refresher=");
  std::string refresher;
  if (at != std::string_view::npos) refresher = trim(text.substr(at + 10).substr(0, text.substr(at + 10).find(';')));
  return SessionExpires{seconds(*interval), std::move(refresher)};
}

void write(Message& message, seconds interval, std::string_view refresher) {
  message.set("Session-Expires", std::to_string(interval.count()).append(";refresher=").append(refresher));
}

}  // namespace

bool lists(const Message& message, std::string_view header, std::string_view tag) {
  const auto values = message.all(header);
  return std::any_of(values.begin(), values.end(), [&](std::string_view value) {
    const auto parts = split_list(value);
    return parts &&
           std::any_of(parts->begin(), parts->end(), [&](std::string_view part) { return same_name(part, tag); });
  });
}

void ask_for_timer(Message& request, const SessionTimes& times, seconds longer, bool refresh) {
  if (times.expires == seconds(0)) return;
  write(request, std::max(times.expires, longer), refresh ? "uac" : "uas");
  request.set("Min-SE", std::to_string(std::max(times.shortest, longer).count()));
}

std::optional<SessionTimer> timer_of_answer(const Message& answer) {
  const auto said = read(answer);
  if (!said) return std::nullopt;
  const bool ours = said->refresher == "uac";
  // We refresh by UPDATE; whoever says that it knows none cannot have asked for that itself.
  if (ours && answer.first("Allow") != nullptr && !lists(answer, "Allow", "UPDATE")) return std::nullopt;
  return SessionTimer{said->interval, ours};
}

bool is_too_brief(const Message& request, const SessionTimes& times) {
  const auto asked = read(request);
  return asked && asked->interval < times.shortest && lists(request, "Supported", "timer");
}

void refuse_as_too_brief(ServerTransaction& transaction, const SessionTimes& times) {
  Message answer = transaction.reply(422, "Session Interval Too Small");
  answer.add("Min-SE", std::to_string(times.shortest.count()));
  transaction.respond(std::move(answer));
}

std::optional<SessionTimer> answer_timer(const Message& request, Message& answer, const SessionTimes& times) {
  const auto asked = read(request);
  const bool knows = lists(request, "Supported", "timer") || lists(request, "Require", "timer");
  if (!asked && (!knows || times.expires == seconds(0))) return std::nullopt;
  // One that a proxy wants too brief cannot be refused to a party that knows nothing of it, nor be made longer.
  if (asked && asked->interval < times.shortest) return std::nullopt;
  SessionTimer timer{asked ? asked->interval : times.expires, false};
  // Whoever knows of timers refreshes, but where it wants us to; for one that does not, a proxy asks.
  timer.ours = !knows || (asked && asked->refresher == "uas");
  // We refresh by UPDATE. A party without it is one that we cannot hold to a timer.
  if (timer.ours && !lists(request, "Allow", "UPDATE")) return std::nullopt;
  write(answer, timer.interval, timer.ours ? "uas" : "uac");
  if (knows) answer.set("Require", "timer");
  return timer;
}

}  // namespace sallyport::controlplane::sip
