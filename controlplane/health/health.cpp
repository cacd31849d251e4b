#include "controlplane/health/health.hpp"

#include <spdlog/spdlog.h>

namespace sallyport::controlplane {
namespace {

void log(const HealthReports& reports) {
  for (const HealthReport& report : reports) {
    spdlog::log(report.good ? spdlog::level::info : spdlog::level::warn, "{}", report.text);
  }
}

}  // namespace

Health::Health(const DataplaneClient& dataplane, std::vector<BufferPool> pools)
    : dataplane_(dataplane), pools_(std::move(pools)) {
  for (const DataplanePort& port : dataplane_.ports()) {
    ports_.emplace_back(port.port->options().name, port.port->options().device, port.port->steers());
  }
  for (const BufferPool& pool : pools_) buffers_.emplace_back(pool.socket, pool.pool->capacity());
  for (std::size_t worker = 0; worker < dataplane_.workers(); ++worker) {
    cores_.emplace_back(worker, dataplane_.core(worker));
  }
}

void Health::look() {
  const Condition::Time now = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < ports_.size(); ++i) log(ports_[i].look(sample(i), now));
  for (std::size_t i = 0; i < buffers_.size(); ++i) log(buffers_[i].look(pools_[i].pool->available(), now));
  for (std::size_t i = 0; i < cores_.size(); ++i) {
    log(cores_[i].look(dataplane_.worker(i).stats().preempted.read(), now));
  }
}

PortSample Health::sample(std::size_t index) const {
  const drivers::EthPort& port = *dataplane_.ports()[index].port;
  PortSample sample{.link = port.link(), .missed = port.missed()};
  for (std::size_t worker = 0; worker < dataplane_.workers(); ++worker) {
    const dataplane::PortStats& stats = dataplane_.worker(worker).stats().ports[index];
    sample.rx += stats.rx.read();
    sample.astray += stats.astray.read();
    sample.tx += stats.tx.read();
    sample.refused += stats.refused.read();
  }
  return sample;
}

std::vector<std::string> Health::warnings() const {
  std::vector<std::string> all;
  for (const PortHealth& port : ports_) {
    for (std::string& warning : port.warnings()) all.push_back(std::move(warning));
  }
  for (const BufferHealth& buffers : buffers_) {
    if (buffers.used_up()) all.push_back(buffers.text());
  }
  return all;
}

}  // namespace sallyport::controlplane
