#include "controlplane/logging.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace sallyport::controlplane {

void set_up_logging(const std::string& level) {
  auto logger = std::make_shared<spdlog::logger>("sallyport", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(
      std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
  set_log_level(level);
}

/// A logger of its own, with the same sink and form: the level of the other does not silence it.
void audit(const std::string& text) {
  const auto logger = spdlog::default_logger()->clone("audit");
  logger->set_level(spdlog::level::info);
  logger->flush_on(spdlog::level::info);
  logger->info("audit: {}", text);
}

void set_log_level(const std::string& level) { spdlog::set_level(spdlog::level::from_str(level)); }

}  // namespace sallyport::controlplane
